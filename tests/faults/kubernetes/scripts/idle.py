"""Works quietly with next to no memory."""

import time

print("consumer: joined group, 3 partitions", flush=True)
while True:
    time.sleep(1)
