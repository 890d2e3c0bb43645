import http.server
import json
import sys
import time


def log(level, msg, **more):
    print(json.dumps({"severity": level, "time": time.strftime("%FT%TZ", time.gmtime()), "message": msg, **more}), flush=True)


log("INFO", "starting", version="1.14.2")
log("INFO", "routes loaded", count=14)
try:
    http.server.HTTPServer(("0.0.0.0", 8080), http.server.SimpleHTTPRequestHandler)
except OSError as error:
    log("CRITICAL", "cannot serve", error=str(error), addr="0.0.0.0:8080")
    log("INFO", "draining", inflight=0)
    log("INFO", "shutdown complete")
    sys.exit(1)
