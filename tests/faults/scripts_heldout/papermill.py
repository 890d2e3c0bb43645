#!/usr/local/bin/python
import subprocess
import sys
import time

print("Input Notebook:  /work/segments.ipynb\nOutput Notebook: /work/out/segments.ipynb", file=sys.stderr, flush=True)
kernel = subprocess.Popen([sys.executable, "-c", "import time\nframe=[]\ntime.sleep(1)\nwhile True: frame.append(bytearray(b'1')*2000000)"])
for cell in range(3):
    print(f"Executing:  {cell * 11:2d}%|{'#' * cell:<9}| {cell}/9 [00:0{cell}<00:09,  1.10cell/s]", file=sys.stderr, flush=True)
    time.sleep(0.3)
kernel.wait()


class DeadKernelError(RuntimeError):
    pass


DeadKernelError.__module__ = "nbclient.exceptions"
raise DeadKernelError("Kernel died")
