"""Tells what a GPU program says where no device can be had."""

import sys
import time

print("loading pipeline acme/diffusion-xl to cuda", flush=True)
time.sleep(0.5)
print("/usr/local/lib/python3.11/site-packages/torch/cuda/__init__.py:138: UserWarning: Can't initialize NVML", file=sys.stderr, flush=True)


def _lazy_init() -> None:
    raise RuntimeError("CUDA driver initialization failed, you might not have a CUDA gpu.")


_lazy_init()
