"""Embeds the documents of one shard and prints their mean length."""

import os
import time

index = int(os.environ["JOB_COMPLETION_INDEX"])
documents = [d for d in ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta") if len(d) % 4 == index]
print(f"shard {index}: {len(documents)} documents", flush=True)
time.sleep(1)
print(f"shard {index}: longest is {max(documents, key=len)}, done", flush=True)
