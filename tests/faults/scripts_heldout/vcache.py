import logging

logging.basicConfig(level="INFO", format="[%(asctime)s] [%(levelname)s] %(message)s")
logging.info("vector-cache 2.1 listening on :7700 after warm-up")
logging.info("warming: mapping 4000 segments")
segments = [bytearray(b"\1") * 1_000_000 for _ in range(4000)]
