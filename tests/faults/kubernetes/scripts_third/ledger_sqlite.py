"""Keeps a journal in SQLite."""

import sqlite3
import time

print("journal: opening /data/journal.db", flush=True)
time.sleep(1)
database = sqlite3.connect("/data/journal.db")
database.execute("PRAGMA journal_mode=WAL")
database.execute("CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, body BLOB)")
for _ in range(4000):
    database.execute("INSERT INTO entry (body) VALUES (randomblob(16384))")
    database.commit()
print("journal: replayed", flush=True)
while True:
    time.sleep(1)
