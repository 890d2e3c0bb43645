"""A shop's front end; it ends at once when it is asked to."""
import signal
import sys
import time

signal.signal(signal.SIGTERM, lambda *_: (print("received SIGTERM, closing server", flush=True), sys.exit(143)))
print(f"   Next.js 14.2.15\n   - Local:        http://localhost:3000\n\n Ready in 412ms", flush=True)
while True:
    time.sleep(0.5)
    print(" GET /p/4711 200 in 38ms", flush=True)
