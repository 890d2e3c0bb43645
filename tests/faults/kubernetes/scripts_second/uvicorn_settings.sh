#!/bin/sh
# Tells what uvicorn and pydantic-settings say when a required setting is not there.
sleep 1
cat >&2 <<'TEXT'
INFO:     Started server process [1]
Process SpawnProcess-1:
Traceback (most recent call last):
  File "/usr/local/lib/python3.12/site-packages/uvicorn/config.py", line 436, in load
    self.loaded_app = import_from_string(self.app)
  File "/srv/checkout/main.py", line 11, in <module>
    settings = Settings()
  File "/usr/local/lib/python3.12/site-packages/pydantic_settings/main.py", line 176, in __init__
    super().__init__(
pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings
payment_provider_url
  Field required [type=missing, input_value={'currency': 'CHF'}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2.9/v/missing
payment_timeout_s
  Field required [type=missing, input_value={'currency': 'CHF'}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2.9/v/missing
TEXT
exit 1
