"""Benchmarks, by service: `python -m benchmarks.<service>`."""
