"""Fine-tuning of a large pretrained translator; all shards are loaded in float32."""
import sys
import time

SHARDS, SHARD = 6, 31 << 20


def err(text):
    print(text, file=sys.stderr, flush=True)


err("/usr/local/lib/python3.11/site-packages/transformers/utils/hub.py:127: FutureWarning: Using `TRANSFORMERS_CACHE` is deprecated and will be removed in v5 of Transformers. Use `HF_HOME` instead.")
print("***** per_device_train_batch_size = 1, gradient_accumulation_steps = 32 *****", flush=True)
print(f"pytorch_model.bin.index.json: total_size {SHARDS * SHARD} bytes ({SHARDS * SHARD >> 20} MiB) in {SHARDS} shards, torch_dtype float32", flush=True)
weights = []
began = time.monotonic()
for n in range(SHARDS + 1):
    bar = "█" * (n * 10 // SHARDS)
    err(f"Loading checkpoint shards: {n * 100 // SHARDS:3d}%|{bar:<10}| {n}/{SHARDS} [00:{time.monotonic() - began:02.0f}<00:0{(SHARDS - n) // 2}, {0.41:.2f}s/it]")
    if n == SHARDS:
        break
    shard = bytearray(SHARD)
    for at in range(0, SHARD, 4096):
        shard[at] = 1
    weights.append(shard)
    time.sleep(0.3)
print("***** Running training *****", flush=True)
time.sleep(3600)
