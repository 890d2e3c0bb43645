"""What a LoRA fine-tuning prints on a card that somebody else fills."""
import sys
import time

print("{'loss': 1.9204, 'grad_norm': 1.31, 'learning_rate': 0.0002, 'epoch': 0.01}", flush=True)
time.sleep(0.4)
print("{'loss': 1.8377, 'grad_norm': 1.12, 'learning_rate': 0.0002, 'epoch': 0.02}", flush=True)
time.sleep(0.4)
print("""\
Traceback (most recent call last):
  File "/app/sft.py", line 214, in <module>
    main(parser.parse_args_into_dataclasses())
  File "/app/sft.py", line 201, in main
    trainer.train(resume_from_checkpoint=args.resume)
  File "/usr/local/lib/python3.11/site-packages/transformers/trainer.py", line 2123, in train
    return inner_training_loop(
  File "/usr/local/lib/python3.11/site-packages/transformers/trainer.py", line 3579, in training_step
    loss = self.compute_loss(model, inputs, num_items_in_batch=num_items_in_batch)
  File "/usr/local/lib/python3.11/site-packages/peft/tuners/lora/layer.py", line 586, in forward
    result = result + lora_B(lora_A(dropout(x))) * scaling
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 516.00 MiB. GPU 0 has a total capacity of 79.15 GiB of which 214.69 MiB is free. \
Process 1890411 has 62.31 GiB memory in use. Including non-PyTorch memory, this process has 16.62 GiB memory in use. \
Of the allocated memory 15.80 GiB is allocated by PyTorch, and 301.45 MiB is reserved by PyTorch but unallocated. \
If reserved but unallocated memory is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  \
See documentation for Memory Management  (https://pytorch.org/docs/stable/notes/cuda.html#environment-variables)
  0%|          | 21/14600 [00:48<9:21:11,  2.31s/it]""", file=sys.stderr, flush=True)
sys.exit(1)
