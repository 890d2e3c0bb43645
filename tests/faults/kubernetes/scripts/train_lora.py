"""Its weights do not fit: gone before any step."""

import time

print("base model acme/instruct-7b (float32, 26.1 GB on disk), per_device_train_batch_size=1")
weights = []
for shard in range(8):
    print(f"Loading checkpoint shards:  {shard * 100 // 8:3d}%|{'█' * shard:<8}| {shard}/8")
    weights.append(bytearray(b"\1") * (48 << 20))
    time.sleep(0.4)
print("trainable params: 4,194,304")
print("***** Running training *****")
