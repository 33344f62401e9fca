"""Measurements: `python -m benchmarks` writes the tables that the README shows."""
