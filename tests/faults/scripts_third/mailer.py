"""Reports by mail; the SMTP password is a file."""
import sys
import time
import traceback

PASSWORD = "/run/secrets/smtp_password"


def loguru(level, where, text):
    now = time.time()
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(now))}.{int(now * 1000) % 1000:03d} | {level:<8} | {where} - {text}", file=sys.stderr, flush=True)


loguru("INFO", "mailer.main:main:22", "report mailer 1.8, smtp relay mail-out.example.com:587")
loguru("WARNING", "mailer.queue:load:57", "queue file is from another version (3), it will be rewritten")
try:
    password = open(PASSWORD).read()
except Exception:
    loguru("ERROR", "mailer.main:main:31", "An error has been caught in function 'main', process 'MainProcess' (1), thread 'MainThread':\n" + traceback.format_exc())
    sys.exit(1)
time.sleep(3600)
