"""A service that works, and whose users send nonsense; every such request leaves a traceback."""
import json
import time
import traceback

print("* Serving, 4 threads", flush=True)
n = 0
while True:
    n += 1
    time.sleep(0.3)
    if n % 5 == 0:
        try:
            json.loads("{not json")
        except ValueError:
            print("ERROR [req-%05d] POST /v1/chat 400\n%s" % (n, traceback.format_exc()), flush=True)
    elif n % 7 == 0:
        print("ERROR [req-%05d] upstream llm-gw: ConnectionResetError: [Errno 104] Connection reset by peer; retry 1/3 worked" % n, flush=True)
    elif n % 11 == 0:
        print("WARN  [req-%05d] user text: 'my pod was OOMKilled, exit code 137, out of memory, what now?'" % n, flush=True)
    else:
        print("INFO  [req-%05d] POST /v1/chat 200 %d ms" % (n, 180 + n % 50), flush=True)
