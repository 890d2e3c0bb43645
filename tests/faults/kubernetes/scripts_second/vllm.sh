#!/bin/sh
# Tells what vLLM says when the context asked for does not fit into the card's cache.
echo "INFO 11-24 06:50:12 api_server.py:528] vLLM API server version 0.6.4"
echo "INFO 11-24 06:50:20 model_runner.py:1077] Loading model weights took 14.9888 GB"
sleep 2
echo "INFO 11-24 06:50:41 gpu_executor.py:122] # GPU blocks: 1387, # CPU blocks: 2048"
cat >&2 <<'TEXT'
[rank0]: Traceback (most recent call last):
[rank0]:   File "/usr/local/lib/python3.12/dist-packages/vllm/worker/worker.py", line 276, in initialize_cache
[rank0]:     raise_if_cache_size_invalid(num_gpu_blocks, self.cache_config.block_size,
[rank0]: ValueError: The model's max seq len (131072) is larger than the maximum number of tokens that can be stored in KV cache (22192). Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.
TEXT
exit 1
