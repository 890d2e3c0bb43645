"""A first batch that is larger than all the memory there is."""

import argparse
import time

parser = argparse.ArgumentParser()
parser.add_argument("--batch-size", type=int, default=256)
args = parser.parse_args()

model = bytearray(b"\x01") * 4_700_000
print("model resnet18: 1,204,224 parameters, 4.5 MiB")
print(f"train set: 50,000 images on disk, batch size {args.batch_size}, image 3x128x128 float32")
time.sleep(0.3)
print(f"epoch 1/90: collating batch 1, {args.batch_size} x 3 x 128 x 128 float32 = {args.batch_size * 196_608 >> 20} MiB")
batch = [bytearray(b"\x01") * 196_608 for _ in range(args.batch_size)]
print("epoch 1/90: batch 1 done")
