import threading
import time

print("ocr-api: starting 32 decoder threads", flush=True)
for _ in range(32):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
