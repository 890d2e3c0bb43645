"""A gateway that works and ends cleanly on SIGTERM, whoever sends it."""
import json
import signal
import sys
import time


def log(severity, message, **more):
    print(json.dumps({"severity": severity, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "message": message, **more}), flush=True)


def stop(number, _):
    log("NOTICE", "signal received, draining", signal=signal.Signals(number).name, open_streams=41)
    log("INFO", "drained, bye")
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
log("INFO", "stream gateway is up", port=7443, streams=0)
n = 0
while True:
    time.sleep(0.5)
    n += 14
    log("INFO", "streams", open=n)
