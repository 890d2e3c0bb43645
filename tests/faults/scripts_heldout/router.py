import json

print("router: reading /etc/router/routes.json", flush=True)
with open("/etc/router/routes.json") as file:
    routes = json.load(file)
