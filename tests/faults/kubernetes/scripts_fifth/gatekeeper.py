"""An admission webhook that wants resource limits, in the words of Gatekeeper."""

import http.server
import json
import ssl


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        bare = [one["name"] for one in request["object"]["spec"]["containers"] if "limits" not in one.get("resources", {})]
        answer = {"uid": request["uid"], "allowed": not bare}
        if bare:
            answer["status"] = {"code": 403, "message": f"[container-must-have-limits] container <{bare[0]}> has no resource limits"}
        body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("0.0.0.0", 8443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/certs/tls.crt", "/certs/tls.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print('{"level":"info","logger":"webhook","msg":"serving webhook server","port":8443}', flush=True)
server.serve_forever()
