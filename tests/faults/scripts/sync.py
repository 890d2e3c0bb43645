"""A module of the application itself."""

import time

print("synchronising features", flush=True)
while True:
    time.sleep(5)
