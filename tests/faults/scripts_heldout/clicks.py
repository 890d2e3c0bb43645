import time


def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20


print("%s [INFO] consumer: joined group clicks-agg, assigned clicks-0, clicks-1" % time.strftime("%H:%M:%S"), flush=True)
sessions = {}
for offset in range(1, 10_000_000):
    sessions[offset] = bytearray(b"\1") * 60_000
    if offset % 20 == 0:
        print(
            "%s [INFO] consumer: offset=%d sessions_open=%d lag=3 rss=%dMiB" % (time.strftime("%H:%M:%S"), 88_000_000 + offset, len(sessions), rss()),
            flush=True,
        )
    time.sleep(0.004)
