"""Orders depots by who supplies whom."""

import time

SUPPLIES = {"north": "hub", "hub": "east", "east": "north"}


def depth(depot):
    return 1 + depth(SUPPLIES[depot]) if depot in SUPPLIES else 0


print("route-optimizer: 3 depots, 41 trucks", flush=True)
time.sleep(1)
print(f"route-optimizer: depth {depth('north')}", flush=True)
