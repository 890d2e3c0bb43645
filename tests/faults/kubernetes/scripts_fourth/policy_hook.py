"""An admission webhook that refuses pods whose containers state no memory request, in the words of Kyverno."""

import http.server
import json
import ssl


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        pod = review["request"]["object"]
        bare = [one["name"] for one in pod["spec"]["containers"] if "memory" not in (one.get("resources", {}).get("requests") or {})]
        answer = {"uid": review["request"]["uid"], "allowed": not bare}
        if bare:
            answer["status"] = {"code": 400, "message": f"\n\nresource Pod/{review['request']['namespace']}/{pod['metadata'].get('generateName', '')} was blocked due to the following policies\n\nrequire-requests:\n  validate-memory: 'validation failure: container {bare[0]} has no memory request'\n"}
        body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("0.0.0.0", 9443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tls/tls.crt", "/tls/tls.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print("policy engine: serving on :9443", flush=True)
server.serve_forever()
