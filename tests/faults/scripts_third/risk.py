"""A service that works: it answers on /healthz, and ends cleanly when asked to."""
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def say(level, logger, text):
    now = time.time()
    print(f"{time.strftime('%H:%M:%S', time.localtime(now))}.{int(now * 1000) % 1000:03d} {level:<5} {logger} - {text}", flush=True)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status":"UP"}')

    def log_message(self, *args):
        pass


def stop(*_):
    say("INFO", "risk.Main", "SIGTERM: 0 requests in flight, closing 12 pricing curves, done")
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
server = ThreadingHTTPServer(("0.0.0.0", 8080), Handler)
say("INFO", "risk.Curves", "12 pricing curves loaded in 0.4 s")
say("INFO", "risk.Main", "listening on 0.0.0.0:8080, ready")
server.serve_forever()
