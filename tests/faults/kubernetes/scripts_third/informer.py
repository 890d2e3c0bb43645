"""An operator that lists what it watches, with its service account, and says what client-go says when it may not."""

import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request

PLACE = "/var/run/secrets/kubernetes.io/serviceaccount"
base = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
token = open(f"{PLACE}/token").read()
trust = ssl.create_default_context(cafile=f"{PLACE}/ca.crt")
print('I1125 09:12:40.118204       1 main.go:88] "Starting manager" version="v0.14.2"', flush=True)
for attempt in range(3):
    request = urllib.request.Request(f"{base}/apis/apps/v1/deployments", headers={"Authorization": f"Bearer {token}"})
    try:
        urllib.request.urlopen(request, context=trust).close()
        break
    except urllib.error.HTTPError as problem:
        message = json.loads(problem.read())["message"]
        print(f'E1125 09:12:4{attempt}.530117       1 reflector.go:205] "Failed to watch" err="failed to list *v1.Deployment: {message}" reflector="k8s.io/client-go/informers/factory.go:160" type="*v1.Deployment"', flush=True)
    time.sleep(1)
else:
    print('E1125 09:12:44.001882       1 main.go:141] "Problem running manager" err="failed to wait for deployment caches to sync: timed out waiting for cache to be synced"', file=sys.stderr)
    sys.exit(1)
while True:
    time.sleep(1)
