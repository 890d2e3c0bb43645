"""Reads the bank's calendar when it starts."""

import time
from datetime import datetime

DAYS = ("2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-11-31", "2026-12-25")


def load_calendar():
    return [datetime.strptime(day, "%Y-%m-%d").date() for day in DAYS]


def main():
    print("loan-scoring 7.2 starting, calendar CH", flush=True)
    time.sleep(1)
    calendar = load_calendar()
    print(f"calendar: {len(calendar)} holidays", flush=True)


main()
