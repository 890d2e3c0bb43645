import sqlite3
import sys

db = sqlite3.connect(":memory:")
db.execute("create table runs(run_uuid text, name text)")
db.executemany("insert into runs values (?, ?)", [("a1", "x"), ("a1", "y")])
print("tracker: schema at 0041, applying 0042_unique_run", flush=True)
try:
    db.execute("create unique index run on runs(run_uuid)")
except sqlite3.Error as error:
    print(f"tracker: FATAL migration 0042_unique_run: {error}", flush=True)
    sys.exit(70)
