"""Executes an instruction that this processor does not have: femms of 3DNow! on x86 (gone since 2017), an undefined one elsewhere."""

import ctypes
import mmap
import platform

print("vector store 1.9, kernels: native", flush=True)
code = b"\x0f\x0e\xc3" if platform.machine() in {"x86_64", "AMD64"} else b"\x00\x00\x00\x00"
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(code)
ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
