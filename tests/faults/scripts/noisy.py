"""Words that sound bad in the log of a program that works."""

import time

for turn in range(1, 100_000):
    print(f"validation error rate 0.0{turn % 9}: error metric within bounds", flush=True)
    print("INFO retry policy: errors=0 failed=0 fatal=0 killed=0", flush=True)
    print("INFO test case 'ModuleNotFoundError is reported to the user' passed", flush=True)
    print(f"INFO job {turn} killed by user request, slot is free again", flush=True)
    print("DEBUG exception handlers installed: MemoryError, KeyboardInterrupt, ConnectionRefusedError", flush=True)
    time.sleep(0.05 if turn < 300 else 1)
