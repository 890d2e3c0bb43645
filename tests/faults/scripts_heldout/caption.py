import sys
import time

for step in range(1180, 1201, 5):
    print(f"step {step} tokens/s 8123 seq_len {512 + step * 37 % 900} loss 2.1{step % 10}", flush=True)
    time.sleep(0.1)
print(
    """[rank0]: Traceback (most recent call last):
[rank0]:   File "/app/finetune.py", line 142, in train_step
[rank0]:     logits = self.head(hidden)
[rank0]:   File "/usr/local/lib/python3.11/site-packages/torch/nn/modules/linear.py", line 125, in forward
[rank0]:     return F.linear(input, self.weight, self.bias)
[rank0]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.46 GiB. GPU 0 has a total capacity of 39.39 GiB of which 512.31 MiB is free. Including non-PyTorch memory, this process has 38.88 GiB memory in use. Of the allocated memory 21.03 GiB is allocated by PyTorch, and 17.19 GiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  See documentation for Memory Management  (https://pytorch.org/docs/stable/notes/cuda.html#environment-variables)""",
    file=sys.stderr,
    flush=True,
)
print("[rank0]:[W1124 destroy_process_group() was not called before program exit]", file=sys.stderr)
sys.exit(1)
