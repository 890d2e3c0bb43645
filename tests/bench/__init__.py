"""Benchmarks: each prints figures and the ratio to the raw work beside it. None of them is a test."""
