#!/usr/local/bin/python
"""Loads a native library as gradient boosting packages do; its OpenMP runtime is not in the image."""

import ctypes


def _load_lib() -> ctypes.CDLL:
    return ctypes.CDLL("libgomp.so.1")


print("score service starting", flush=True)
_LIB = _load_lib()
