"""Reads its settings from the environment, all at once."""

import os
import time


class Settings:
    def __init__(self) -> None:
        self.currency = os.environ.get("CURRENCY", "EUR")
        self.database = os.environ["PRICING_DATABASE_URL"]


print("pricing: reading settings", flush=True)
print(f"pricing: using {Settings().database}", flush=True)
while True:
    time.sleep(1)
