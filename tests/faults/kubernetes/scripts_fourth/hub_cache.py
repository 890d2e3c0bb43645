"""Fetches a tokenizer into a cache beside everything else, in the words of huggingface_hub."""

import os
import time

print("embed: sentence-transformers/all-MiniLM-L6-v2", flush=True)
time.sleep(1)
cache = os.path.join(os.environ.get("HF_HOME", "/.cache/huggingface"), "hub")
try:
    os.makedirs(cache)
except OSError as problem:
    print(f"There was a problem when trying to write in your cache folder ({cache}). You should set the environment variable TRANSFORMERS_CACHE to a writable directory.", flush=True)
    raise problem
time.sleep(86400)
