#!/usr/local/bin/python3
"""A dbt run that ends well, with two warnings."""
import time

for n, (kind, text) in enumerate((("START", "sql view model marts.dim_customer"), ("OK", "created sql view model marts.dim_customer"), ("WARN", "2 failing rows in not_null_orders_error_code (severity warn)"), ("OK", "created sql table model marts.fct_errors_by_day")), 1):
    print(f"{time.strftime('%H:%M:%S')}  {n} of 4 {kind} {text} {'.' * 12} [{kind} in 0.{n}1s]", flush=True)
    time.sleep(0.3)
print(f"{time.strftime('%H:%M:%S')}  Completed with 1 warning:\n{time.strftime('%H:%M:%S')}  Done. PASS=3 WARN=1 ERROR=0 SKIP=0 TOTAL=4", flush=True)
