"""A parameter search with xgboost's own evaluation lines, nothing said of memory."""
import itertools
import time

print("[09:12:44] WARNING: /workspace/src/learner.cc:740: \nParameters: { \"predictor\" } are not used.\n", flush=True)
grid = itertools.cycle([(6, 0.1), (8, 0.05), (10, 0.02)])
for trial, (depth, eta) in enumerate(grid):
    print(f"trial {trial}: max_depth={depth} eta={eta} subsample=0.8", flush=True)
    for n in range(0, 100, 10):
        print(f"[{n}]\ttrain-logloss:{0.68 - n * eta / 40:.5f}\tvalidation-logloss:{0.69 - n * eta / 55:.5f}", flush=True)
        time.sleep(0.2)
