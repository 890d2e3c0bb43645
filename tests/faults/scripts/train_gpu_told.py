"""Tells what a CUDA allocator says when memory is not to be had. The text is told, not lived: no GPU is needed."""

import os
import sys
import time


class OutOfMemoryError(RuntimeError):
    pass


OutOfMemoryError.__module__ = "torch"

_TEXTS = {
    "a": (
        "CUDA out of memory. Tried to allocate 512.00 MiB. GPU 0 has a total capacity of 23.65 GiB of which 118.06 MiB is free. "
        "Process 20117 has 19.42 GiB memory in use. Process 31544 has 4.08 GiB memory in use. Of the allocated memory 3.61 GiB is allocated by PyTorch, "
        "and 71.20 MiB is reserved by PyTorch but unallocated."
    ),
    "b": (
        "CUDA out of memory. Tried to allocate 1.50 GiB. GPU 0 has a total capacity of 23.65 GiB of which 803.06 MiB is free. "
        "Including non-PyTorch memory, this process has 22.85 GiB memory in use. Of the allocated memory 13.02 GiB is allocated by PyTorch, "
        "and 9.41 GiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting "
        "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation."
    ),
    "c": (
        "CUDA out of memory. Tried to allocate 224.00 MiB. GPU 0 has a total capacity of 23.65 GiB of which 60.06 MiB is free. "
        "Including non-PyTorch memory, this process has 23.58 GiB memory in use. Of the allocated memory 23.20 GiB is allocated by PyTorch, "
        "and 1.81 MiB is reserved by PyTorch but unallocated."
    ),
    "d": (
        "CUDA out of memory. Tried to allocate 6.12 GiB. GPU 0 has a total capacity of 23.65 GiB of which 2.40 GiB is free. "
        "Including non-PyTorch memory, this process has 21.24 GiB memory in use. Of the allocated memory 20.72 GiB is allocated by PyTorch, "
        "and 142.10 MiB is reserved by PyTorch but unallocated."
    ),
}


def load_model(case: str) -> None:
    print("loading acme/chat-13b in float16" if case == "c" else "loading acme/encoder-base", flush=True)
    if case == "c":
        model_to_device(case)
    print("model on cuda:0, 1.31 GiB allocated", flush=True)


def model_to_device(case: str) -> None:
    model = _Model(case)
    model.to("cuda:0")


class _Model:
    def __init__(self, case: str) -> None:
        self.case = case

    def to(self, device: str) -> None:
        raise OutOfMemoryError(_TEXTS[self.case])

    def forward(self, batch: int) -> None:
        raise OutOfMemoryError(_TEXTS[self.case])


def train(case: str) -> None:
    model = _Model(case)
    print(f"epoch 0: batch size {os.environ.get('BATCH_SIZE', '8')}, 3120 steps", flush=True)
    done = 1840 if case == "b" else 6 if case == "a" else 0
    for step in range(0, done, max(1, done // 8)):
        print(f"epoch 0 step {step} loss {3 / (1 + step / 90):.4f}", flush=True)
        time.sleep(0.05)
    model.forward(int(os.environ.get("BATCH_SIZE", "8")))


load_model(os.environ["RUN_GROUP"])
train(os.environ["RUN_GROUP"])
sys.exit(0)
