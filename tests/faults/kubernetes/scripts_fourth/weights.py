"""Loads weights that are larger than its container."""

import time

print("rerank: bge-reranker-v2-m3, weights /models/bge/model.safetensors (2.27 GB)", flush=True)
time.sleep(1)
tensors = []
for _ in range(300):
    tensors.append(bytearray(b"\1") * (1 << 20))
    time.sleep(0.004)
print("rerank: ready", flush=True)
time.sleep(86400)
