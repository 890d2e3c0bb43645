import os
import random
import sys

print("train: 118287 images, 4 loader workers, file_system sharing strategy", flush=True)


def share(batch):
    name = f"/torch_{os.getpid()}_{random.randrange(1 << 31)}_{batch}"
    handle = os.open("/dev/shm" + name, os.O_CREAT | os.O_RDWR)
    try:
        os.posix_fallocate(handle, 0, 3_200_000)
    except OSError as error:
        raise RuntimeError(f"unable to write to file <{name}>: {os.strerror(error.errno)} ({error.errno})") from error


for batch in range(200):
    share(batch)
    print(f"[train] iter {batch} loss 0.69", file=sys.stderr, flush=True)
