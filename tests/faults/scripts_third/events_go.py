"""A consumer whose logs are zap's: brokers from KAFKA_BROKERS, or a default that is good for a laptop."""
import json
import os
import socket
import sys
import time


def zap(level, caller, msg, **more):
    print(json.dumps({"level": level, "ts": round(time.time(), 6), "caller": caller, "msg": msg, **more}), file=sys.stderr, flush=True)


brokers = os.environ.get("KAFKA_BROKERS")
if not brokers:
    brokers = "localhost:9092"
    zap("warn", "config/config.go:38", "KAFKA_BROKERS is not set, using the default", brokers=brokers)
zap("info", "cmd/consumer.go:22", "joining consumer group", group="clickstream-enricher", topics=["clicks.v3"])
for attempt in range(1, 4):
    host, port = brokers.split(":")
    try:
        socket.create_connection((host, int(port)), 2)
    except OSError as error:
        zap("error", "kafka/client.go:114", "unable to open connection to broker", attempt=attempt, error=f"dial tcp 127.0.0.1:{port}: connect: {os.strerror(error.errno).lower()}")
        time.sleep(0.2 * attempt)
zap("fatal", "cmd/consumer.go:47", "kafka: client has run out of available brokers to talk to", stacktrace="main.main\n\t/src/cmd/consumer.go:47\nruntime.main\n\t/usr/local/go/src/runtime/proc.go:271")
sys.exit(1)
