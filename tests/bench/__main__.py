"""Every benchmark, one after the other: `make bench`."""

from __future__ import annotations

from tests.bench import judging, signatures, start


def main() -> None:
    """Print the figures of all."""
    for part in (start, signatures, judging):
        print(f"== {(part.__doc__ or '').splitlines()[0]}")
        part.main()


if __name__ == "__main__":
    main()
