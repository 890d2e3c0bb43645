"""An annotation server that takes its time and hears no SIGTERM."""
import signal
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("=> Database and media directory: /label-studio/data\n=> Static URL is set to: /static/", flush=True)
print("[2026-11-25 08:00:11,902] [django::register_actions_from_dir::97] [INFO] No module named 'data_manager.actions.experimental' was found, skipped", flush=True)
while True:
    time.sleep(0.5)
    print('[django.server] "GET /api/projects/3/next HTTP/1.1" 200 5120', flush=True)
