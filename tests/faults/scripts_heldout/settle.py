import os
import sys
import time

count = len(os.listdir("/state"))
open(f"/state/{count}", "w").close()
if count < 2:
    print("model registry answers 503, exiting so that the engine tries again", flush=True)
    sys.exit(1)
print("serving", flush=True)
while True:
    time.sleep(1)
