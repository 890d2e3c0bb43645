"""Faults and healthy look-alikes planted on a real Kubernetes node."""
