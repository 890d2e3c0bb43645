import os
import signal
import time


def log(level, text):
    print(f"[{time.strftime('%Y-%m-%d %H:%M:%S +0000', time.gmtime())}] [1] [{level}] {text}", flush=True)


log("INFO", "Listening at: http://0.0.0.0:8000 (1)")
while True:
    child = os.fork()
    if not child:
        time.sleep(600)
    log("INFO", f"Booting worker with pid: {child}")
    time.sleep(1.5)
    log("CRITICAL", f"WORKER TIMEOUT (pid:{child})")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    log("ERROR", f"Worker (pid:{child}) was sent SIGKILL! Perhaps out of memory?")
