"""Tells what a CUDA allocator says when memory is not to be had. Told, not lived: no GPU is needed."""

import os
import time


class OutOfMemoryError(RuntimeError):
    pass


OutOfMemoryError.__module__ = "torch"

TEXTS = {
    "north": (
        "CUDA out of memory. Tried to allocate 1.12 GiB. GPU 0 has a total capacity of 39.39 GiB of which 402.50 MiB is free. "
        "Process 88120 has 33.70 GiB memory in use. Process 91477 has 5.29 GiB memory in use. Of the allocated memory 4.70 GiB is allocated by PyTorch, "
        "and 98.40 MiB is reserved by PyTorch but unallocated."
    ),
    "south": (
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 39.39 GiB of which 1.02 GiB is free. "
        "Including non-PyTorch memory, this process has 38.35 GiB memory in use. Of the allocated memory 21.44 GiB is allocated by PyTorch, "
        "and 16.31 GiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting "
        "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation."
    ),
}


class Model:
    def forward(self, batch: int) -> None:
        raise OutOfMemoryError(TEXTS[os.environ["SITE"]])


print("model acme/vision-large on cuda:0, 4.41 GiB allocated", flush=True)
for step in range(0, 900 if os.environ["SITE"] == "south" else 3, 100):
    print(f"step {step} loss {2 / (1 + step / 50):.3f}", flush=True)
    time.sleep(0.05)
Model().forward(16)
