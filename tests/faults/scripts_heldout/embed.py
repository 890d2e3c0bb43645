import sys
import time

print("encoding the catalogue with e5-large (560M parameters, float32)", flush=True)
state = []
for shard in range(8):
    print(
        f"Loading checkpoint shards:  {shard * 100 // 8:2d}%|{'#' * shard:<8}| {shard}/8 [00:0{shard}<00:0{8 - shard},  1.02s/it]",
        file=sys.stderr,
        flush=True,
    )
    state.append(bytearray(b"\1") * 30_000_000)
    time.sleep(0.3)
print("0/1204 products encoded", flush=True)
