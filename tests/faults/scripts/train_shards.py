"""A model that does not fit: the memory is gone before the first step."""

import time

print("fine-tuning acme/chat-7b, dtype bfloat16, gradient_checkpointing=False")
weights = []
for shard in range(6):
    print(f"Loading checkpoint shards: {shard * 100 // 6:3d}%| {shard}/6")
    weights.append(bytearray(b"\x01") * (64 << 20))
    time.sleep(0.15)
print("Loading checkpoint shards: 100%| 6/6")
print("***** Running training *****")
