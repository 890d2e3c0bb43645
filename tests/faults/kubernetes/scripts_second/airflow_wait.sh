#!/bin/sh
# Tells what `airflow db check-migrations` says when nobody migrated the database.
echo "[2026-11-24T07:01:12.101+0000] {migration.py:211} INFO - Context impl PostgresqlImpl."
for i in 1 2 3; do
  echo "[2026-11-24T07:01:1$i.110+0000] {db.py:780} INFO - Waiting for migrations... $i second(s)"
  sleep 1
done
echo "TimeoutError: There are still unapplied migrations after 3 seconds. MigrationHead(s) in DB: set() | Migration Head(s) in Source Code: {'22ed7efa9da2'}" >&2
exit 1
