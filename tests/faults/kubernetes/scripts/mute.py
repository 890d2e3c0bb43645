"""Leaves with 1 and tells nobody why."""

import os
import time

time.sleep(1)
os._exit(1)
