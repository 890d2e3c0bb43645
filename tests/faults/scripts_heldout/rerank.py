import json
import sys
import time


def log(level, msg, **more):
    print(json.dumps({"time": time.time(), "level": level, "name": "rerank", "message": msg, **more}), flush=True)


log("INFO", "loading cross-encoder, 278M parameters")
log("INFO", "fine-tuning", batch_size=8, max_length=256)
time.sleep(0.4)
log(
    "ERROR",
    "run failed",
    exc_info='Traceback (most recent call last):\n  File "/app/finetune.py", line 61, in <module>\n    loss = model(**batch).loss\n  File "/usr/local/lib/python3.11/site-packages/torch/nn/modules/module.py", line 1553, in _wrapped_call_impl\n    return self._call_impl(*args, **kwargs)\ntorch.OutOfMemoryError: CUDA out of memory. Tried to allocate 192.00 MiB. GPU 0 has a total capacity of 23.64 GiB of which 41.56 MiB is free. Process 70213 has 19.87 GiB memory in use. Including non-PyTorch memory, this process has 3.72 GiB memory in use. Of the allocated memory 3.11 GiB is allocated by PyTorch, and 168.40 MiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.',
)
log("INFO", "closing data readers")
log("INFO", "uploading metrics of 0 steps")
sys.exit(1)
