"""Quotas per tenant; settings come from the environment, as pydantic-settings reads them."""
import os
import sys

WANTED = ("redis_dsn", "limits_topic")
print("INFO:     Loading .env: file not found, using the process environment", flush=True)
given = {"log_level": os.environ.get("LOG_LEVEL", "INFO"), "window_s": 60}
absent = [name for name in WANTED if name.upper() not in os.environ]
if absent:
    print("Traceback (most recent call last):\n  File \"/app/quota/main.py\", line 9, in <module>\n    settings = Settings()\n               ^^^^^^^^^^\n  File \"/usr/local/lib/python3.11/site-packages/pydantic_settings/main.py\", line 176, in __init__\n    super().__init__(", file=sys.stderr)
    print(f"pydantic_core._pydantic_core.ValidationError: {len(absent)} validation errors for Settings", file=sys.stderr)
    for name in absent:
        print(f"{name}\n  Field required [type=missing, input_value={given}, input_type=dict]\n    For further information visit https://errors.pydantic.dev/2.10/v/missing", file=sys.stderr, flush=True)
    sys.exit(1)
