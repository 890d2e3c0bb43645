"""A matching engine: metrics are optional; the order books are not."""
import socket
import sys
import time
import traceback


class OrderBook:
    def __init__(self, symbol, depth=10):
        self.symbol, self.depth = symbol, depth


def startup():
    try:
        socket.create_connection(("127.0.0.1", 8126), 1)
    except OSError as error:
        print(f"WARNING:  dogstatsd: {error}; metrics are switched off", file=sys.stderr, flush=True)
    return [OrderBook(symbol, depth_levels=20) for symbol in ("EURUSD", "GBPUSD")]


print("INFO:     Started server process [1]\nINFO:     Waiting for application startup.", file=sys.stderr, flush=True)
time.sleep(0.2)
try:
    books = startup()
except Exception:
    trace = traceback.format_exc().rstrip()
    print(f"ERROR:    {trace}\n\nERROR:    Application startup failed. Exiting.", file=sys.stderr, flush=True)
    sys.exit(3)
