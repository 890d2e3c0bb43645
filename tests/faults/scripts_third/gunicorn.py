#!/usr/local/bin/python3
"""gunicorn, as far as its master boots one worker and reports how that ended."""
import importlib
import os
import sys
import time
import traceback


def say(pid, level, text):
    print(f"[{time.strftime('%Y-%m-%d %H:%M:%S +0000', time.gmtime())}] [{pid}] [{level}] {text}", file=sys.stderr, flush=True)


target = next(part for part in sys.argv[1:] if ":" in part and not part[0].isdigit())
say(1, "INFO", "Starting gunicorn 22.0.0")
say(1, "INFO", "Listening at: http://0.0.0.0:8000 (1)")
say(1, "INFO", "Using worker: gthread")
pid = os.fork()
if not pid:
    say(os.getpid(), "INFO", f"Booting worker with pid: {os.getpid()}")
    sys.path.insert(0, os.getcwd())
    try:
        importlib.import_module(target.split(":")[0])
    except Exception:
        say(os.getpid(), "ERROR", "Exception in worker process\n" + traceback.format_exc().rstrip())
        say(os.getpid(), "INFO", f"Worker exiting (pid: {os.getpid()})")
        os._exit(3)
    time.sleep(3600)
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
say(1, "ERROR", f"Worker (pid:{pid}) exited with code {code}")
say(1, "ERROR", "Shutting down: Master")
say(1, "ERROR", "Reason: Worker failed to boot.")
sys.exit(code)
