"""A training that takes nine tenths of its limit at once and stays there."""
import time

held = bytearray(76 << 20)
for at in range(0, len(held), 4096):
    held[at] = 1
epoch = 0
while True:
    epoch += 1
    rss = int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20
    print(f"epoch {epoch:<4}| loss: {0.6 / (1 + epoch / 30):.5f} | val_0_auc: 0.88{epoch % 90:02d} | rss {rss} MB of 96 | 0:00:{epoch % 60:02d}s", flush=True)
    time.sleep(0.5)
