"""Month end: all invoice lines of the period with one fetchall."""
import json
import time


def log(message, level="INFO", **more):
    print(json.dumps({"asctime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "levelname": level, "name": "reconcile.source", "message": message, **more}), flush=True)


class Cursor:
    def fetchall(self):
        rows = []
        for n in range(2_412_090):
            rows.append((n, f"INV-2026-10-{n:08d}", f"customer {n % 90_000}", n * 1.19, "EUR"))
        return rows


log("connected", server="pg-finance-ro", version="15.6")
log("pool_recycle is not set, stale connections are possible", "WARNING")
log("SELECT id, number, customer, gross, currency FROM invoice_lines WHERE period = '2026-10'", expected_rows=2_412_090)
log("cursor.fetchall(): reading the complete result into a list", chunk_size=None)
time.sleep(0.3)
lines = Cursor().fetchall()
log("reconciling", rows=len(lines))
