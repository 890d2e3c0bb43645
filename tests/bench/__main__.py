"""Every benchmark, one after the other: `make bench`. Those of a large cluster and of MLflow, S3 and DVC are commands of their own: they take ten minutes or more, and all of the machine."""

from __future__ import annotations

from tests.bench import judging, kubernetes, merging, services, signatures, start


def main() -> None:
    """Print the figures of all."""
    for part in (start, signatures, judging, merging):
        print(f"== {(part.__doc__ or '').splitlines()[0]}")
        part.main()
    for part in (kubernetes, services):
        print(f"== {(part.__doc__ or '').splitlines()[0]}\nby itself: python -m {part.__name__}")


if __name__ == "__main__":
    main()
