import sys
import time


def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20


print("Generating train split: 400000 examples [00:00, 812000.11 examples/s]", flush=True)
print("load_from_disk('/data/headlines', keep_in_memory=True)", flush=True)
rows = []
for example in range(1, 400001):
    rows.append(list(range(example, example + 24)))
    if example % 10000 == 0:
        print(
            f"Map (num_proc=1): {example * 100 // 400000:3d}%|{'#' * (example // 40000):<10}| {example}/400000 in memory, process {rss()} MB",
            file=sys.stderr,
            flush=True,
        )
print("***** Running training *****", flush=True)
time.sleep(600)
