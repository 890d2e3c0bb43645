"""Planted faults and healthy look-alikes on a real Docker engine, with the verdict a truthful expert would give each."""
