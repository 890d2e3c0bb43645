"""Probes of a Kubernetes cluster: its workloads, pods, containers, nodes, events and logs, and what stands in their way."""
