"""Boosting rounds with an out-of-fold report per round; every round's predictions are kept for a plot that is drawn at the end."""
import os
import time
from datetime import datetime, timezone

STARTED = time.monotonic()


def emit(level, event, **pairs):
    stamp = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    print(f"{stamp} [{level:<9}] {event:<34}", *(f"{k}={v}" for k, v in pairs.items()), flush=True)


def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20


class Report:
    def __init__(self):
        self.rounds = []

    def add(self, predictions):
        self.rounds.append(predictions)


emit("warning", "cuda runtime not present", device="cpu", note="tree_method=hist instead of gpu_hist")
emit("info", "train matrix built", rows=412_806, cols=218, rss_mib=rss())
report = Report()
auc = 0.71
for n in range(1, 4000):
    report.add(bytearray(os.urandom(512)) * 3600)
    auc += (0.93 - auc) * 0.05
    emit("info", "round finished", round=n, valid_auc=f"{auc:.5f}", leaves=63, seconds=f"{time.monotonic() - STARTED:.1f}", rss_mib=rss())
    time.sleep(0.12)
