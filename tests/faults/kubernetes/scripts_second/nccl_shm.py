"""Two ranks share their rings through /dev/shm, in the words of NCCL."""

import os
import sys
import time

print("W1124 07:12:01.005000 1 torch/distributed/run.py:793] Setting OMP_NUM_THREADS environment variable for each process to be 1", flush=True)
print("tiles:1:1 [0] NCCL INFO NCCL version 2.21.5+cuda12.4", flush=True)
time.sleep(1)
handle = os.open("/dev/shm/nccl-qT0ZxV", os.O_CREAT | os.O_RDWR)
try:
    os.posix_fallocate(handle, 0, 256 << 20)
except OSError as problem:
    print(
        f"tiles:1:9 [0] misc/shmutils.cc:72 NCCL WARN Error: failed to extend /dev/shm/nccl-qT0ZxV to 268435456 bytes, error: {problem.strerror} ({problem.errno})\n"
        "tiles:1:9 [0] include/shm.h:48 NCCL WARN Call to shmOpen failed : unhandled system error\n"
        "[rank0]: torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:2306, unhandled system error, NCCL version 2.21.5",
        file=sys.stderr,
    )
    sys.exit(1)
print("train: step 1", flush=True)
time.sleep(3600)
