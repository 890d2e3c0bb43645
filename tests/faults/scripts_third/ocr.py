"""A text recogniser whose kernels were compiled for a newer processor: one instruction of theirs does not exist here."""
import ctypes
import mmap
import platform

print("ocr: onnxruntime 1.20.1, providers ['CPUExecutionProvider'], 2 threads", flush=True)
print("ocr: [W:onnxruntime:, device_discovery.cc:164 DiscoverDevicesForPlatform] GPU device discovery failed: no /sys/class/drm/card0", flush=True)
print("ocr: optimising graph det_v4.onnx (mkldnn avx512_core_amx kernels)", flush=True)
page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(b"\x0f\x0b" if platform.machine() == "x86_64" else b"\x00\x00\x00\x00")
ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
