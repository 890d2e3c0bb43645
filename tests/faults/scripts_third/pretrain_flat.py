"""A pretraining that needs what it needs, from the first step on."""
import time

held = bytearray(72 << 20)
for at in range(0, len(held), 4096):
    held[at] = 1
step = 0
while True:
    step += 20
    rss = int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20
    print(f"{time.strftime('%H:%M:%S')} step={step} mlm_loss={10.3 / (1 + step / 3000):.3f} tok/s=18{step % 97:02d} rss={rss}MiB", flush=True)
    time.sleep(0.5)
