"""All addresses are compared with all others of their post code, in one table."""
table = []
while True:
    table.append(bytearray(b"\1" * (1 << 20)))
