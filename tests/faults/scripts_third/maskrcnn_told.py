"""What a detector under hydra prints when a card's memory is in pieces."""
import sys
import time

for it in (8380, 8400, 8420):
    size = 640 + it * 32 % 608
    print(f"[{time.strftime('%m/%d %H:%M:%S')} d2.utils.events]: eta: 4:10:31  iter: {it}  total_loss: 0.6{it % 97}  image short side: {size}  max_mem: 14233M", flush=True)
    time.sleep(0.3)
print("""\
Error executing job with overrides: ['trainer.max_iter=90000', 'data.multiscale=true', 'trainer.device=cuda:0']
Traceback (most recent call last):
  File "/app/train_net.py", line 61, in main
    run(cfg)
  File "/usr/local/lib/python3.11/site-packages/detectron2/engine/train_loop.py", line 494, in run_step
    loss_dict = self.model(data)
  File "/usr/local/lib/python3.11/site-packages/detectron2/modeling/poolers.py", line 246, in forward
    output = _create_zeros(pooler_fmt_boxes, x[0].shape[1], *self.output_size, x[0])
torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.94 GiB. GPU 0 has a total capacity of 23.69 GiB of which 1.11 GiB is free. \
Including non-PyTorch memory, this process has 22.55 GiB memory in use. Of the allocated memory 13.90 GiB is allocated by PyTorch, \
and 8.12 GiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting \
PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  See documentation for Memory Management

Set the environment variable HYDRA_FULL_ERROR=1 for a complete stack trace.""", file=sys.stderr, flush=True)
sys.exit(1)
