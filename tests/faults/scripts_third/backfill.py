"""An Airflow task: vectors for all documents that have none yet; the encoder is loaded first."""
import time


def say(where, text, level="INFO"):
    now = time.time()
    print(f"[{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now * 1000) % 1000:03d}+0000] {{{where}}} {level} - {text}", flush=True)


say("taskinstance.py:2604", "Dependencies all met for dep_context=requeueable deps ti=<TaskInstance: embed_backfill.encode scheduled__2026-11-24T00:00:00+00:00 [queued]>")
say("logging_mixin.py:188", "documents without a vector: 48,211; done so far: 0; batch_size=8", "INFO")
say("SentenceTransformer.py:218", "Load pretrained SentenceTransformer: intfloat/multilingual-e5-large (148 MB on disk, fp32)")
weights = []
for n in range(37):
    weights.append(bytearray(b"\1" * (4 << 20)))
    if n % 4 == 0:
        say("logging_mixin.py:188", f"model.safetensors: {n * 4}/148 MB read")
    time.sleep(0.12)
say("logging_mixin.py:188", "encoding batch 1/6027")
time.sleep(3600)
