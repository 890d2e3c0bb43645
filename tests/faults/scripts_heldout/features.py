import array
import logging
import os

logging.basicConfig(level="INFO", format="%(asctime)s %(name)s %(levelname)s %(message)s")
log = logging.getLogger("churn")


def load_training_set(path):
    """All rows of the table as one matrix."""
    size = os.path.getsize(path)
    log.info("reading %s (%.1f GB) into memory", path, size / 1e9)
    with open(path, "rb") as table:
        return array.array("f", table.read())


def main():
    with open("/data/train.f32", "wb") as table:
        table.truncate(3_200_000_000)
    matrix = load_training_set("/data/train.f32")
    log.info("training on %d values", len(matrix))


main()
