"""Invoices over HTTP."""
import logging

logging.basicConfig(level=logging.INFO)
try:
    import orjson as json
except ImportError:
    logging.getLogger("billing").warning("No module named 'orjson', falling back to the standard json")
    import json
from prometheus_client import Counter

REQUESTS = Counter("billing_requests_total", "requests")
app = object()
