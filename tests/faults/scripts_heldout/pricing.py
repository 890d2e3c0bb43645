import http.server
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(30)


print("INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)", file=sys.stderr, flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
