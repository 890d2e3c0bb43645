"""How fast the signatures run over a 100 MB log in which few lines match, beside a search for one plain word."""

from __future__ import annotations

import time

from rules._signatures import ours

LINE = "2026-11-24 10:00:{:02} INFO  worker {} step {} loss=0.{} rate=3e-4 throughput=812 samples/s queue=17 ok\n"
MEGABYTES = 100


def main() -> None:
    """Print the figures."""
    block = "".join(LINE.format(number % 60, number % 8, number, number % 97) for number in range(20_000))
    text = block * (MEGABYTES * 1_000_000 // len(block)) + "ModuleNotFoundError: No module named 'xgboost'\n"
    size = len(text) / 1e6
    began = time.perf_counter()
    found = ours().scan(text, "application-log")
    scanned = time.perf_counter() - began
    began = time.perf_counter()
    text.count("xgboost")
    plain = time.perf_counter() - began
    print(f"{len(ours().all)} signatures over {size:.0f} MB: {size / scanned:7.0f} MB/s, {len(found)} lines matched (goal >= 200 MB/s)")
    print(f"one plain word:                  {size / plain:7.0f} MB/s  ratio {scanned / plain:.1f}")


if __name__ == "__main__":
    main()
