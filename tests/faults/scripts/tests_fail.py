"""A test run that found something."""

import sys

print("collected 43 items", flush=True)
print("FAILED tests/test_schema.py::test_columns - AssertionError: assert 11 == 12", flush=True)
print("========================= 2 failed, 41 passed in 3.07s =========================", flush=True)
sys.exit(1)
