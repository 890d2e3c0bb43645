"""Lists the Jobs of its namespace with its service account, in the words of the Python client."""

import os
import ssl
import time
import urllib.error
import urllib.request

PLACE = "/var/run/secrets/kubernetes.io/serviceaccount"


class ApiException(Exception):
    pass


namespace = open(f"{PLACE}/namespace").read()
url = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}/apis/batch/v1/namespaces/{namespace}/jobs"
print(f"drift-watch: watching training jobs in {namespace}", flush=True)
time.sleep(1)
request = urllib.request.Request(url, headers={"Authorization": "Bearer " + open(f"{PLACE}/token").read()})
try:
    urllib.request.urlopen(request, context=ssl.create_default_context(cafile=f"{PLACE}/ca.crt")).close()
except urllib.error.HTTPError as problem:
    text = f"({problem.code})\nReason: {problem.reason}\nHTTP response body: {problem.read().decode().strip()}\n"
    raise ApiException(text) from None
time.sleep(86400)
