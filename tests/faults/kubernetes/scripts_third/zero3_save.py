"""Trains with flat memory; saving gathers all shards in one process, in the words of DeepSpeed."""

import time

shard = bytearray(b"\1") * (30 << 20)
for step in range(10, 110, 10):
    time.sleep(0.25)
    rss = int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20
    print(f"[Rank 0] step={step}, skipped=0, lr=[2e-05], host RSS {rss} MB", flush=True)
print("[Rank 0] [engine.py:3558:save_16bit_model] Saving model weights to /out/step-100/pytorch_model.bin (stage3_gather_16bit_weights_on_model_save=true)", flush=True)
time.sleep(1)
whole = []
for _ in range(80):
    whole.append(bytearray(b"\1") * (3 << 20))
    time.sleep(0.01)
print("[Rank 0] saved", flush=True)
