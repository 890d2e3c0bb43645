"""The model is built, the first step is begun."""
import time

model = [bytearray(b"\6" * (1 << 20)) for _ in range(30)]
print("wandb: WARNING Symlinked 0 file into the W&B run directory, call wandb.save again to sync new files.", flush=True)
print("model BartForConditionalGeneration built", flush=True)
print("***** Running training *****\n  Num examples = 287,113\n  Num Epochs = 3", flush=True)
print("  0%|          | 0/26916 [00:00<?, ?it/s]", flush=True)
time.sleep(0.6)
activations = [bytearray(b"\7" * (1 << 20)) for _ in range(400)]
print("  0%|          | 1/26916 [00:01<7:28:31]", flush=True)
time.sleep(3600)
