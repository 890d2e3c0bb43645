"""Needs a package that the image does not hold."""

print("recommender 2.4 starting", flush=True)
import lightgbm  # noqa: E402, F401
