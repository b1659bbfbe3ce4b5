"""Measurements, each in processes of its own: ``make bench``, ``python -m benchmarks.polling``."""
