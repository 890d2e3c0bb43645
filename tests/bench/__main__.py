"""Every benchmark, one after the other: `make bench`. That of a large cluster is a command of its own: it takes root, a quarter of an hour and all of the machine."""

from __future__ import annotations

from tests.bench import judging, kubernetes, signatures, start


def main() -> None:
    """Print the figures of all."""
    for part in (start, signatures, judging):
        print(f"== {(part.__doc__ or '').splitlines()[0]}")
        part.main()
    print(f"== {(kubernetes.__doc__ or '').splitlines()[0]}\nby itself: python -m tests.bench.kubernetes")


if __name__ == "__main__":
    main()
