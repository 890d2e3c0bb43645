"""A time series store that reserves its write-ahead log's first segments before anything else."""
import os
import sys
import time

SEGMENT, SEGMENTS = 8 << 20, 4


def logfmt(level, caller, **more):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    quoted = (f'{k}="{v}"' if " " in str(v) else f"{k}={v}" for k, v in more.items())
    print(f"ts={stamp}.{int(time.time() * 1000) % 1000:03d}Z caller={caller} level={level}", *quoted, file=sys.stderr, flush=True)


logfmt("info", "main.go:627", msg="Starting metrics store", version="2.54.1")
logfmt("warn", "main.go:705", msg="retention size is not set, data is kept for 15d")
logfmt("info", "head.go:626", component="tsdb", msg="Replaying on-disk memory mappable chunks if any")
os.makedirs("/var/lib/tsdb/wal", exist_ok=True)
for n in range(SEGMENTS):
    path = f"/var/lib/tsdb/wal/{n:08d}"
    file = os.open(path, os.O_CREAT | os.O_RDWR)
    try:
        os.posix_fallocate(file, 0, SEGMENT)
    except OSError as error:
        logfmt("error", "main.go:1163", err=f"opening storage failed: preallocate {path}: {os.strerror(error.errno).lower()}")
        sys.exit(2)
time.sleep(3600)
