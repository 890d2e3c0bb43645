"""A chat gateway that never forgets a closed socket, in the words of Node.js."""

import time

print("chat-gateway listening on :3000 (node v22.11.0)", flush=True)
closed = []
for minute in range(1, 10_000):
    closed.append(bytearray(b"\1") * 900_000)
    if minute % 8 == 0:
        rss = int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20
        print(f'{{"level":30,"msg":"stats","clients":41,"listeners":{minute * 11},"rss_mb":{rss}}}', flush=True)
    time.sleep(0.1)
