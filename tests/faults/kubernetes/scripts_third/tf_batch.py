"""The first step with a batch that is far too large, in the words of TensorFlow."""

import os
import time

batch = int(os.environ.get("BATCH_SIZE", "32"))
print(f"tiles-train: batch_size={batch}, image 512x512x3, model 11.2 MB", flush=True)
time.sleep(1)
print(f"W tensorflow/core/framework/cpu_allocator_impl.cc:83] Allocation of {batch * 512 * 512 * 3 * 4} exceeds 10% of free system memory.", flush=True)
images = []
for _ in range(batch):
    images.append(bytearray(b"\1") * (512 * 512 * 3 * 4 // 8))
print("step 1", flush=True)
time.sleep(3600)
