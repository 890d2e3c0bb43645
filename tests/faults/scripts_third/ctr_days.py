"""Daily click model: even training, an evaluation per epoch that takes about twice as much for a moment."""
import time

print("I1125 trainer.py:88] train on day=2026-11-24, eval on day=2026-11-25 (41,200 rows)", flush=True)
model = bytearray(26 << 20)
for at in range(0, len(model), 4096):
    model[at] = 1


def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20


def glog(line, text):
    print(f"I{time.strftime('%m%d %H:%M:%S')} trainer.py:{line}] {text}", flush=True)


for epoch in range(1, 60):
    for step in range(10):
        time.sleep(0.5)
        if step % 5 == 0:
            glog(131, f"epoch {epoch} step {epoch * 1000 + step * 100} logloss {0.5 / (1 + epoch / 9):.4f} rss {rss()} MB")
    glog(140, f"epoch {epoch} evaluation on 41,200 rows starts, rss {rss()} MB")
    scores = bytearray(52 << 20)
    for at in range(0, len(scores), 4096):
        scores[at] = 1
    glog(152, f"epoch {epoch} evaluation ended auc 0.77{epoch % 10} rss {rss()} MB")
    del scores
