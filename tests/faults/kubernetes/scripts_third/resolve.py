"""Looks its database's name up, really, and says what its runtime says when there is none."""

import os
import socket
import sys
import time

host = os.environ["DB_HOST"]
time.sleep(1)
try:
    socket.getaddrinfo(host, 3306)
except OSError as problem:
    words = {
        "node": f"Error: getaddrinfo ENOTFOUND {host}\n    at GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:dns:120:26) {{\n  errno: -3008,\n  code: 'ENOTFOUND',\n  syscall: 'getaddrinfo',\n  hostname: '{host}',\n  fatal: true\n}}\n\nNode.js v22.11.0",
        "php": f"PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] [2002] php_network_getaddresses: getaddrinfo for {host} failed: {problem.strerror} in /var/www/src/Db.php:31",
        "ruby": f"/usr/local/bundle/gems/mysql2-0.5.6/lib/mysql2/client.rb:97:in `connect': Unknown MySQL server host '{host}' (-2) (Mysql2::Error::ConnectionError)",
        "rust": f'Error: Configuration(Io(Custom {{ kind: Uncategorized, error: "failed to lookup address information: {problem.strerror}" }})): {host}',
    }
    print(words[os.environ.get("RUNTIME", "node")], file=sys.stderr)
    sys.exit(1)
while True:
    time.sleep(1)
