"""A JVM's heap that grows towards its -Xmx, which is more than the container may have."""

import os
import time

print(f"Picked up JAVA_TOOL_OPTIONS: {os.environ['JAVA_TOOL_OPTIONS']}", flush=True)
print("07:31:02.511 INFO  [main] o.s.b.core.launch.support.SimpleJobLauncher - Job: [SimpleJob: [name=settle]] launched", flush=True)
heap = []
for pause in range(1, 200):
    heap.append(bytearray(b"\1") * (4 << 20))
    print(f"[{pause * 0.2:.3f}s][info][gc] GC({pause}) Pause Young (Normal) (G1 Evacuation Pause) {pause * 4}M->{pause * 4 - 1}M(1024M) 3.1ms", flush=True)
    time.sleep(0.2)
