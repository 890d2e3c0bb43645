"""Spools its input to a scratch space before it works."""

import os


def spool() -> None:
    with open("/scratch/spool.bin", "ab", buffering=0) as target:
        for part in range(1, 65):
            target.write(bytes(1 << 20))
            print(f"spooled part {part}", flush=True)


print(f"scratch holds {len(os.listdir('/scratch'))} files", flush=True)
spool()
