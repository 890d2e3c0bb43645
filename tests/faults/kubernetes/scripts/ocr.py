"""Needs a shared library that the image does not hold."""

import ctypes

print("ocr worker starting, engine tesseract", flush=True)
ctypes.CDLL("libtesseract.so.5")
