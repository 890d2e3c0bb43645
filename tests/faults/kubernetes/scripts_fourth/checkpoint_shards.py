"""Reads the shards of a checkpoint that has no room, in the words of transformers."""

import sys
import time

print("finetune: mistralai/Mistral-7B-v0.3, 7.25B parameters, per_device_train_batch_size=1, lora r=16", flush=True)
kept = []
for shard in range(9):
    print(f"Loading checkpoint shards:  {shard * 11}%|{'#' * shard:9}| {shard}/9", file=sys.stderr, flush=True)
    for _ in range(40):
        kept.append(bytearray(b"\1") * (1 << 20))
        time.sleep(0.01)
print("finetune: start", flush=True)
time.sleep(3600)
