"""Asks the tracking server and gives up after some refusals, in the words of its language."""

import os
import socket
import sys
import time

host, port = os.environ.get("TRACKING", "mlflow:5000").split(":")
print("starting, tracking server http://%s:%s" % (host, port), flush=True)
for attempt in range(3):
    try:
        socket.create_connection((host, int(port)), 3).close()
        time.sleep(86400)
    except OSError as problem:
        why = problem
        time.sleep(0.7)
texts = {
    "python": f"mlflow.exceptions.MlflowException: API request to http://{host}:{port}/api/2.0/mlflow/registered-models/get failed with exception HTTPConnectionPool(host='{host}', port={port}): Max retries exceeded with url: /api/2.0/mlflow/registered-models/get (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f2b>: Failed to establish a new connection: [Errno {why.errno}] {why.strerror}'))",
    "go": f'{{"level":"fatal","caller":"registry/client.go:77","msg":"fetch model","error":"Get \\"http://{host}:{port}/api/2.0/mlflow/model-versions/search\\": dial tcp 10.96.41.7:{port}: connect: connection refused"}}',
    "java": f'Exception in thread "main" java.net.ConnectException: Connection refused: {host}/10.96.41.7:{port}\n\tat org.mlflow.tracking.MlflowClient.sendGet(MlflowClient.java:401)',
}
print(texts[os.environ.get("SPEAKS", "python")], file=sys.stderr)
sys.exit(1)
