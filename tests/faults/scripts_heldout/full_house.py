import time


def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20


index = bytearray(b"\1") * 55_000_000
while True:
    print(f"lookup 20000 q/s, index resident {rss()} MB", flush=True)
    time.sleep(0.5)
