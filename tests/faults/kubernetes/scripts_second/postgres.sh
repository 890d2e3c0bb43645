#!/bin/sh
# Makes its data folder, really, as postgres' entrypoint does.
if ! mkdir -p /var/lib/postgresql/data/pgdata; then
  echo "initdb: error: could not create directory \"/var/lib/postgresql/data/pgdata\": Permission denied" >&2
  exit 1
fi
echo "LOG:  database system is ready to accept connections"
exec tail -f /dev/null
