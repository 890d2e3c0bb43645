#!/bin/sh
echo "[2026-11-03T09:12:01,120][INFO ][o.e.n.Node               ] [indexer-0] JVM arguments [-Xms512m, -Xmx512m, -XX:+UseG1GC, -XX:+ExitOnOutOfMemoryError, -XX:+HeapDumpOnOutOfMemoryError]"
echo "[2026-11-03T09:12:09,540][INFO ][o.e.n.Node               ] [indexer-0] started"
sleep 0.5
echo "[2026-11-03T09:13:44,871][WARN ][o.e.m.j.JvmGcMonitorService] [indexer-0] [gc][95] overhead, spent [14.2s] collecting in the last [14.8s]"
echo "java.lang.OutOfMemoryError: Java heap space"
echo "Dumping heap to /usr/share/indexer/data/java_pid1.hprof ..."
echo "Heap dump file created [604182113 bytes in 2.101 secs]"
echo "Terminating due to java.lang.OutOfMemoryError: Java heap space" >&2
exit 3
