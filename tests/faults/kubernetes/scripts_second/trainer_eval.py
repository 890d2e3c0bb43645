"""Trains with flat memory; its evaluation keeps the logits of every batch until the end."""

import time

print("***** Running training *****\n  Num examples = 48,000\n  Num Epochs = 3\n  Instantaneous batch size per device = 8", flush=True)
model = bytearray(b"\1") * (34 << 20)
for step in range(20, 220, 20):
    time.sleep(0.3)
    rss = int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20
    print(f"{{'loss': {2.4 - step / 400:.4f}, 'grad_norm': 1.21, 'learning_rate': 4.8e-05, 'epoch': {step / 600:.2f}, 'cpu_mem_mib': {rss}}}", flush=True)
print("***** Running Evaluation *****\n  Num examples = 20000\n  Batch size = 64", flush=True)
logits = []
for batch in range(313):
    logits.append(bytearray(b"\1") * (2 << 20))
    time.sleep(0.01)
