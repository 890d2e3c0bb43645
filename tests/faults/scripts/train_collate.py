"""A batch size with three zeros too many."""

import argparse


def collate(batch_size: int, shape: tuple[int, int, int]) -> bytearray:
    size = batch_size * shape[0] * shape[1] * shape[2] * 4
    print(f"allocating input batch of shape ({batch_size}, {shape[0]}, {shape[1]}, {shape[2]}), {size / 2**30:.1f} GiB")
    return bytearray(size)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch-size", type=int, default=128)
    args = parser.parse_args()
    print("model vit-tiny loaded, 5.7M parameters (22 MiB)")
    print("starting epoch 1")
    collate(args.batch_size, (3, 224, 224))


main()
