"""An authentication gateway in the network namespace of its mesh proxy."""
import os
import socket
import sys
import time


def logrus(level, msg, **more):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    print(f'time="{stamp}" level={level} msg="{msg}"', *(f"{k}={v}" for k, v in more.items()), file=sys.stderr, flush=True)


logrus("info", "auth gateway v1.14.2", commit="8f2c1aa")
logrus("warning", "JWKS cache is cold, first requests will be slow")
logrus("info", "oidc discovery document loaded", issuer="https://sso.example.com/realms/main")
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    server.bind(("0.0.0.0", 8080))
    server.listen()
except OSError as error:
    logrus("fatal", f"http server: listen tcp :8080: bind: {os.strerror(error.errno).lower()}")
    sys.exit(1)
time.sleep(3600)
