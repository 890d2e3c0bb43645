"""A study some of whose trials fail, as they may; it ends well."""
import time


def say(level, text):
    now = time.time()
    print(f"[{level} {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(now))},{int(now * 1000) % 1000:03d}] {text}", flush=True)


say("I", "A new study created in RDB with name: intent-bert-lr")
for n in range(8):
    time.sleep(0.4)
    if n in (2, 5):
        say("W", f"Trial {n} failed with parameters: {{'batch_size': 512, 'lr': 0.0{n}}} because of the following error: OutOfMemoryError('CUDA out of memory. Tried to allocate 3.10 GiB. GPU 0 has a total capacity of 15.77 GiB of which 1.02 GiB is free.').")
    else:
        say("I", f"Trial {n} finished with value: 0.8{n}1 and parameters: {{'batch_size': {2 ** (4 + n % 3)}, 'lr': 0.00{n}}}. Best is trial 0 with value: 0.801.")
say("I", "Study finished: 6 of 8 trials complete, 2 failed. Model of trial 7 registered.")
