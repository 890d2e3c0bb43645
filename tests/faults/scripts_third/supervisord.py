"""A supervisor whose worker once ends with a segmentation fault; it starts another, and that works."""
import ctypes
import os
import signal
import time


def say(level, text):
    now = time.time()
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(now))},{int(now * 1000) % 1000:03d} {level} {text}", flush=True)


def work(first):
    time.sleep(1.5)
    if first:
        ctypes.string_at(0)
    n = 0
    while True:
        n += 1
        print(f"resize[{os.getpid()}] job {n} done in 0.3 s", flush=True)
        time.sleep(0.5)


say("INFO", "supervisord started with pid 1")
for n in range(9):
    pid = os.fork()
    if not pid:
        work(n == 0)
    say("INFO", f"spawned: 'resize' with pid {pid}")
    say("INFO", "success: resize entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)")
    status = os.waitpid(pid, 0)[1]
    say("WARN", f"exited: resize (terminated by {signal.Signals(os.WTERMSIG(status)).name}; not expected)")
