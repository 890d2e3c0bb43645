import os
import sqlite3


def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20


size = int(os.environ["FETCH_SIZE"])
db = sqlite3.connect(":memory:")
print(f"ledger-export: cursor open, fetch_size={size}", flush=True)
query = "with recursive n(i) as (select 1 union all select i+1 from n) select i, printf('%064d', i), printf('%0128d', i) from n limit 100000000"
cursor = db.execute(query)
print(f"ledger-export: memory before the first batch {rss()} MB, fetching {size} rows at once", flush=True)
rows = cursor.fetchmany(size)
print(f"ledger-export: wrote batch 1 ({len(rows)} rows)", flush=True)
