"""An older web framework over a newer library."""

import time

print("starting demand-api with 2 workers", flush=True)
time.sleep(1)
from flask import Flask

app = Flask()
