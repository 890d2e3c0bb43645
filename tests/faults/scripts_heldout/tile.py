import sys
import time

raster = bytearray(b"\1") * 24_000_000
print(f"tile {sys.argv[1]}: warping", flush=True)
time.sleep(4)
print(f"tile {sys.argv[1]}: done", flush=True)
