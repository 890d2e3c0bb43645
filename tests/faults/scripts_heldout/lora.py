import logging
import sys
import time

logging.basicConfig(level="INFO", format="%(asctime)s %(name)s:%(lineno)d] %(message)s")
log = logging.getLogger("tune")
log.info("devices: [CudaDevice(id=0)] (NVIDIA L4, 22.5 GiB, 0.3 GiB in use)")
log.info("initialising parameters: 6.74 B, float32, 25.1 GiB")
time.sleep(0.3)
print(
    """W external/xla/xla/tsl/framework/bfc_allocator.cc:501] Allocator (GPU_0_bfc) ran out of memory trying to allocate 25.11GiB (rounded to 26961969152) requested by op
Traceback (most recent call last):
  File "/app/tune.py", line 38, in <module>
    params = jax.device_put(load_params(config))
  File "/usr/local/lib/python3.11/site-packages/jax/_src/api.py", line 2485, in device_put
    out_flat = device_put_p.bind(*x_flat, devices=device_flat)
jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 26961968128 bytes.""",
    file=sys.stderr,
)
sys.exit(1)
