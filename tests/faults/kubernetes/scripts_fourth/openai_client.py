"""Two libraries of the image do not fit each other: the one hands the other an argument that it no longer takes."""

import time

from openai import OpenAI

print("llm-proxy: upstream https://llm.internal.example.com/v1", flush=True)
time.sleep(1)
client = OpenAI(api_key="none")
