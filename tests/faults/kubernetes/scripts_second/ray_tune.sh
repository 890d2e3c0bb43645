#!/bin/sh
# Tells what Ray says when its own memory monitor ends a trial.
echo "(RayTrainWorker pid=412) Setting up process group for: env:// [rank=0, world_size=2]"
echo "Trial TorchTrainer_4f1c2 started with configuration: train_loop_config/batch_size 256"
sleep 2
cat >&2 <<'TEXT'
ray.exceptions.OutOfMemoryError: Task was killed due to the node running low on memory.
Memory on the node (IP: 10.0.4.7, ID: 9a1f0c) where the task (actor ID: 5c0e, name=_Inner.__init__, pid=412, memory used=9.11GB) was running was 30.42GB / 31.00GB (0.981289), which exceeds the memory usage threshold of 0.95. Ray killed this worker (ID: 77ab) because it was the most recently scheduled task.
Top 10 memory users:
PID	MEM(GB)	COMMAND
412	9.11	ray::_Inner.train
398	8.87	ray::_RayTrainWorker__execute.get_next
55	1.02	/opt/ray/lib/python3.11/site-packages/ray/core/src/ray/gcs/gcs_server
Refer to the documentation on how to address the out of memory issue: https://docs.ray.io/en/latest/ray-core/scheduling/ray-oom-prevention.html.
TEXT
exit 1
