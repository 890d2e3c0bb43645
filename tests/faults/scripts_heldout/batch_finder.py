import time

print("GPU available: False, used: False", flush=True)
print("Finding a batch size: mode power, max_trials 25, starting from 16", flush=True)
size = 16
while True:
    activations = [bytearray(b"\1") * 150_000 for _ in range(size)]
    time.sleep(0.3)
    print(f"Batch size {size} succeeded, trying batch size {size * 2}", flush=True)
    del activations
    size *= 2
