"""A Spring Boot service that needs a minute and a half before it listens."""

import http.server
import signal
import sys
import time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
print("  .   ____          _            __ _ _\n :: Spring Boot ::                (v3.3.5)\n", flush=True)
for line, takes in (
    ("INFO 1 --- [report] [main] c.a.r.ReportApplication : Starting ReportApplication v2.7.1 using Java 21.0.5 with PID 1", 3),
    ("INFO 1 --- [report] [main] .s.d.r.c.RepositoryConfigurationDelegate : Bootstrapping Spring Data JPA repositories in DEFAULT mode.", 4),
    ("INFO 1 --- [report] [main] com.zaxxer.hikari.HikariDataSource : HikariPool-1 - Start completed.", 42),
    ("INFO 1 --- [report] [main] liquibase.changelog : Reading 412 change sets", 42),
):
    print(line, flush=True)
    time.sleep(takes)
print("INFO 1 --- [report] [main] o.s.b.w.embedded.tomcat.TomcatWebServer : Tomcat started on port 8080 (http)", flush=True)
http.server.HTTPServer(("0.0.0.0", 8080), http.server.SimpleHTTPRequestHandler).serve_forever()
