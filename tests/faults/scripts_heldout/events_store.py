import sqlite3

db = sqlite3.connect("/data/events.db")
db.execute("create table if not exists events(body blob)")
print("events-store: compacting the journal", flush=True)
for _ in range(40):
    db.execute("insert into events values (zeroblob(100000))")
    db.commit()
