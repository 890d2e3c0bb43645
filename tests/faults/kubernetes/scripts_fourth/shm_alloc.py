"""A worker wants a batch in shared memory, in the words of PyTorch."""

import os
import sys
import time

print("pretrain: 8 loader workers, sequence length 4096, file_descriptor sharing", flush=True)
time.sleep(1)
handle = os.open("/dev/shm/torch_31_2288", os.O_CREAT | os.O_RDWR)
try:
    os.posix_fallocate(handle, 0, 192 << 20)
except OSError as problem:
    print(f"RuntimeError: unable to allocate shared memory(shm) for file </torch_31_2288_0>: {problem.strerror} ({problem.errno})", file=sys.stderr)
    sys.exit(1)
time.sleep(3600)
