"""Figures, each beside its peer or limit measured in the same run: `python -m benchmarks`."""
