"""Benchmarks: how quick Blink is, measured the same way each time. See README.md."""
