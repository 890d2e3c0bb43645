"""Renders all invoices of a month; the month is as large as it is."""

import pathlib
import time

state = pathlib.Path("/state/month")
month = int(state.read_text()) + 1 if state.exists() else 1
state.write_text(str(month))
count = 2000 if month == 1 else 61000
print(f"invoices: month {month}: {count} customers, one batch", flush=True)
time.sleep(1)
rendered = []
for number in range(0, count, 500):
    rendered.append(bytearray(b"\1") * (2 << 20))
    time.sleep(0.02)
print(f"invoices: {count} rendered, batch flushed", flush=True)
