"""Forecast training with a telemetry line a few times a second: its own memory, its limit, the machine's."""
import json
import time

held = bytearray(38 << 20)
for at in range(0, len(held), 4096):
    held[at] = 1


def limit():
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return int(open(path).read()) >> 20
        except (OSError, ValueError):
            continue
    return None


def available():
    return int(next(line for line in open("/proc/meminfo") if line.startswith("MemAvailable")).split()[1]) // 1024


step = 0
while True:
    step += 1
    rss = int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20
    print(json.dumps({"ts": round(time.time(), 3), "logger": "tft.fit", "step": step, "quantile_loss": round(2.4 / (1 + step / 60), 4), "mem": {"rss_mb": rss, "limit_mb": limit(), "host_available_mb": available()}}), flush=True)
    time.sleep(0.25)
