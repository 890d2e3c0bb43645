import json
import time


def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20


def log(**fields):
    print(json.dumps({"ts": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "level": "info", "logger": "trainer", **fields}), flush=True)


log(msg="start", model="distil-base", batch_size=16, epochs=3)
total_loss = []
for step in range(1, 100000):
    total_loss.append(bytearray(b"\1") * 300_000)  # the loss with its whole graph
    if step % 5 == 0:
        log(msg="step", step=step, loss=round(0.7 / step**0.1, 4), lr=2e-5, rss_mb=rss())
    time.sleep(0.02)
