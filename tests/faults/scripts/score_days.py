"""Loads every day of a quarter before the first is scored."""

print("loading 90 days of features in one go", flush=True)
days = []
for day in range(90):
    days.append(bytearray(b"\x01") * (4 << 20))
print("scored 90 days", flush=True)
