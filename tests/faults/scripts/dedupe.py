"""Builds one frame of all days; an address-space limit turns the growth into an error of its own."""


def load_days(count: int) -> list[bytearray]:
    frame = []
    for day in range(count):
        frame.append(bytearray(b"\x01") * (24 << 20))
        print(f"loaded day {day + 1} of {count}, {24 * (day + 1)} MiB in one frame", flush=True)
    return frame


def main() -> None:
    print("dedupe: loading 365 days at once", flush=True)
    load_days(365)


main()
