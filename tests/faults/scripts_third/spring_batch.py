"""What a Spring Batch job prints when its heap is full and -XX:+ExitOnOutOfMemoryError is set."""
import os
import sys
import time


def say(level, logger, text):
    now = time.time()
    print(f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now * 1000) % 1000:03d}Z {level:>5} 1 --- [           main] {logger:<40} : {text}", flush=True)


print("Picked up JAVA_TOOL_OPTIONS: " + os.environ.get("JAVA_TOOL_OPTIONS", ""), file=sys.stderr, flush=True)
print("\n :: Spring Boot ::                (v3.2.4)\n", flush=True)
say("INFO", "c.a.dwh.export.ExportApplication", "Starting ExportApplication v2.9.1 using Java 17.0.10 with PID 1")
say("WARN", "o.s.b.c.c.annotation.BatchRegistrar", "Bean jobRegistry overrides an existing definition")
say("INFO", "o.s.batch.core.job.SimpleStepHandler", "Executing step: [readCustomersStep]")
say("INFO", "o.s.batch.core.step.AbstractStep", "Step: [readCustomersStep] executed in 41s203ms")
say("INFO", "o.s.batch.core.job.SimpleStepHandler", "Executing step: [writeWorkbookStep]")
for used in (231, 246, 253, 255, 255):
    print(f"[{40 + used / 10:.3f}s][info][gc] GC({used * 3}) Pause Full (G1 Compaction Pause) {used}M->{used}M(256M) {used * 2.7:.3f}ms", flush=True)
    time.sleep(0.2)
print("Terminating due to java.lang.OutOfMemoryError: Java heap space", flush=True)
sys.exit(3)
