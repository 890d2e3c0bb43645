"""A name server that knows no name and says so, as a real one does; it ends with the engine that it was started for."""

import os
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.setsockopt(socket.IPPROTO_IP, 15, 1)  # IP_FREEBIND: the engine makes the address later
server.bind((sys.argv[1], 53))
server.settimeout(1)
parent = os.getppid()
while os.getppid() == parent:
    try:
        query, client = server.recvfrom(512)
    except TimeoutError:
        continue
    header = query[:2] + b"\x81\x83" + query[4:6] + bytes(6)
    end = query.index(b"\x00", 12) + 5
    server.sendto(header + query[12:end], client)
