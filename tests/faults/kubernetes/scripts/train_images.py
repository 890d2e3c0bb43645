"""Builds one batch of images that is larger than everything it has."""

import argparse
import time

parser = argparse.ArgumentParser()
parser.add_argument("--batch-size", type=int, default=32)
args = parser.parse_args()
print("model: resnet18, 11.7 M parameters, 45 MiB with optimizer")
model = bytearray(b"\1") * (12 << 20)
print(f"epoch 1/30: assembling batch 1 of {args.batch_size} x 3 x 224 x 224 float32 = {args.batch_size * 150528 * 4 >> 20} MiB")
time.sleep(1)
batch = []
for _ in range(args.batch_size):
    batch.append(bytearray(b"\1") * (150528 * 4))
print("step 1 loss 6.91")
