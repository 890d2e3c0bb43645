#!/bin/sh
# Tells what a JVM says when its heap is full.
echo "26/11/24 03:12:44 INFO SparkContext: Running Spark version 4.0.1"
echo "26/11/24 03:12:52 INFO DAGScheduler: Submitting 400 missing tasks from ShuffleMapStage 7"
sleep 2
echo "26/11/24 03:13:20 ERROR Executor: Exception in task 112.0 in stage 7.0 (TID 912)" >&2
echo "java.lang.OutOfMemoryError: Java heap space" >&2
echo "	at java.base/java.util.Arrays.copyOfRange(Arrays.java:3849)" >&2
echo "	at org.apache.spark.sql.execution.joins.BuildLeft.hashTable(HashedRelation.scala:412)" >&2
exit 52
