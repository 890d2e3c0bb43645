#!/usr/local/bin/python
"""Stands for the launcher: runs the script in its own process."""

import runpy
import sys

arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--n")]
sys.argv = arguments
runpy.run_path(arguments[0], run_name="__main__")
