"""What an inference server prints on a machine whose driver does not suit its CUDA."""
import sys
import time


def say(level, where, text):
    print(f"{level} {time.strftime('%m-%d %H:%M:%S')} [{where}] {text}", flush=True)


say("INFO", "__init__.py:239", "Automatically detected platform cuda.")
say("INFO", "api_server.py:1034", "vLLM API server version 0.8.4")
say("WARNING", "config.py:2704", "Casting torch.bfloat16 to torch.float16.")
time.sleep(0.3)
print("""\
Traceback (most recent call last):
  File "/usr/local/bin/vllm", line 8, in <module>
    sys.exit(main())
  File "/usr/local/lib/python3.11/site-packages/vllm/v1/engine/core.py", line 329, in __init__
    self.model_executor = executor_class(vllm_config)
  File "/usr/local/lib/python3.11/site-packages/torch/cuda/__init__.py", line 319, in _lazy_init
    torch._C._cuda_init()
RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? \
Error 803: system has unsupported display driver / cuda driver combination""", file=sys.stderr, flush=True)
sys.exit(1)
