"""Thumbnails with libvips."""
import ctypes
import logging
import os

logging.basicConfig(level=logging.INFO, format='{"time":"%(asctime)s","lvl":"%(levelname)s","mod":"%(name)s","msg":"%(message)s"}')
logging.getLogger("thumbs").info("starting, %d cores, cache /var/cache/thumbs", os.cpu_count())
logging.getLogger("thumbs.cache").warning("no cache index found, building an empty one")


class Vips:
    def __init__(self):
        self.lib = ctypes.CDLL("libvips.so.42")


vips = Vips()
