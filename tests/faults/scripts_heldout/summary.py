import time


def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20


weights = bytearray(b"\1") * 45_000_000
print(
    "***** Running training *****\n  Num examples = 204045\n  Instantaneous batch size per device = 4\n  Total optimization steps = 51012", flush=True
)
for step in range(50, 501, 50):
    print({"loss": round(3.1 - step / 900, 4), "learning_rate": 4.9e-05, "epoch": round(step / 51012, 4), "cpu_mem_rss_mb": rss()}, flush=True)
    time.sleep(0.3)
print("Saving model checkpoint to /out/checkpoint-500", flush=True)
print("Configuration saved in /out/checkpoint-500/config.json", flush=True)
print("consolidating the optimizer state on rank 0", flush=True)
parts = []
for name in ("model", "exp_avg", "exp_avg_sq", "serialised"):
    parts.append(bytearray(weights))
    time.sleep(0.3)
print("Model weights saved in /out/checkpoint-500/model.safetensors", flush=True)
