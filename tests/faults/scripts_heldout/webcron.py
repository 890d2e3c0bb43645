import time

print("queue-runner: ready", flush=True)
while True:
    time.sleep(1)
