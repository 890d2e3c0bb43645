import time

print("[I] A new study created in memory with name: width-search", flush=True)
for trial in range(4):
    try:
        if trial == 2:
            weights = bytearray(1 << 60)
    except MemoryError as error:
        print(f"[W] Trial {trial} failed with parameters: {{'width': 8388608}} because of the following error: MemoryError().", flush=True)
        continue
    time.sleep(0.2)
    print(f"[I] Trial {trial} finished with value: 0.8{trial}", flush=True)
print("[I] best value: 0.83, model saved to /out/best.pt", flush=True)
