"""Binds its port and says what a Rust program says when it cannot."""

import socket
import sys
import time

print("INFO quote_engine: config loaded, 12 venues", flush=True)
time.sleep(1)
server = socket.socket()
try:
    server.bind(("0.0.0.0", 9901))
except OSError as problem:
    print(
        "thread 'main' panicked at src/main.rs:41:58:\ncalled `Result::unwrap()` on an `Err` value: "
        f'Os {{ code: {problem.errno}, kind: AddrInUse, message: "Address already in use" }}\n'
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        file=sys.stderr,
    )
    sys.exit(101)
server.listen()
while True:
    time.sleep(1)
