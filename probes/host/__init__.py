"""Probes of the machine that this runs on: memory, load, disks, the kernel's log, listening sockets."""
