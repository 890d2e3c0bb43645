"""Connects to MongoDB, really, and says what its driver says when nobody answers."""

import os
import socket
import sys
import time

host, port = os.environ.get("MONGO_HOST", "mongo"), 27017
print(f"connecting to mongodb://{host}:{port}/shop", flush=True)
why = ""
for _ in range(3):
    try:
        socket.create_connection((host, port), timeout=2).close()
        break
    except OSError as problem:
        why = f"[Errno {problem.errno}] {problem.strerror}" if problem.strerror else str(problem)
        time.sleep(1)
else:
    words = {
        "python": f"pymongo.errors.ServerSelectionTimeoutError: {host}:{port}: {why} (configured timeouts: socketTimeoutMS: 20000.0ms, connectTimeoutMS: 20000.0ms), Timeout: 3.0s, Topology Description: <TopologyDescription id: 6744, topology_type: Unknown, servers: [<ServerDescription ('{host}', {port}) server_type: Unknown, rtt: None, error=AutoReconnect('{host}:{port}: {why}')>]>",
        "node": f"MongooseServerSelectionError: connect ECONNREFUSED {host}:{port}\n    at _handleConnectionErrors (/app/node_modules/mongoose/lib/connection.js:1165:11)\n    at NativeConnection.openUri (/app/node_modules/mongoose/lib/connection.js:1096:11)",
        "java": f"com.mongodb.MongoTimeoutException: Timed out while waiting for a server that matches ReadPreferenceServerSelector{{readPreference=primary}}. Client view of cluster state is {{type=UNKNOWN, servers=[{{address={host}:{port}, type=UNKNOWN, state=CONNECTING, exception={{com.mongodb.MongoSocketOpenException: Exception opening socket}}, caused by {{java.net.ConnectException: Connection refused}}}}]",
    }
    print(words[os.environ.get("DRIVER", "python")], file=sys.stderr)
    sys.exit(1)
print("connected", flush=True)
while True:
    time.sleep(1)
