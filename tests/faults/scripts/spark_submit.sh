#!/bin/sh
# Tells what a JVM says when its heap is full.
echo "24/11/24 02:11:07 INFO SparkContext: Running Spark version 3.5.1"
echo "24/11/24 02:11:09 INFO MemoryStore: MemoryStore started with capacity 127.2 MiB"
echo "24/11/24 02:11:15 INFO DAGScheduler: Submitting 200 missing tasks from ResultStage 4"
sleep 1
echo "24/11/24 02:11:41 ERROR Executor: Exception in task 31.0 in stage 4.0 (TID 231)" >&2
echo "java.lang.OutOfMemoryError: Java heap space" >&2
echo "	at java.base/java.util.Arrays.copyOf(Arrays.java:3537)" >&2
echo "	at org.apache.spark.sql.execution.UnsafeExternalRowSorter.insertRow(UnsafeExternalRowSorter.java:125)" >&2
echo "24/11/24 02:11:41 ERROR SparkUncaughtExceptionHandler: Uncaught exception in thread Thread[Executor task launch worker for task 31.0 in stage 4.0 (TID 231),5,main]" >&2
exit 52
