"""An admission webhook: refuses every pod that does not say who owns it."""

import http.server
import json
import ssl


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = review["request"]
        owned = "owner" in (request["object"]["metadata"].get("labels") or {})
        answer = {"uid": request["uid"], "allowed": owned}
        if not owned:
            answer["status"] = {"code": 403, "message": "every pod needs the label 'owner' (policy P-17)"}
        body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("0.0.0.0", 8443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tls/tls.crt", "/tls/tls.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print("admission: listening on :8443", flush=True)
server.serve_forever()
