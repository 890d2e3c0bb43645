#!/bin/sh
# Tells what gunicorn says when the module has no object of the name given.
echo "[2026-11-24 06:11:02 +0000] [1] [INFO] Starting gunicorn 23.0.0" >&2
echo "[2026-11-24 06:11:02 +0000] [1] [INFO] Listening at: http://0.0.0.0:8000 (1)" >&2
echo "[2026-11-24 06:11:02 +0000] [7] [INFO] Booting worker with pid: 7" >&2
sleep 1
echo "Failed to find attribute 'app' in 'booking.wsgi'." >&2
echo "[2026-11-24 06:11:03 +0000] [7] [INFO] Worker exiting (pid: 7)" >&2
echo "[2026-11-24 06:11:03 +0000] [1] [ERROR] Worker (pid:7) exited with code 4." >&2
echo "[2026-11-24 06:11:03 +0000] [1] [ERROR] Shutting down: Master" >&2
echo "[2026-11-24 06:11:03 +0000] [1] [ERROR] Reason: App failed to load." >&2
exit 4
