"""The row `decode` with twice the made tickets and every picture turned, by name only."""

from benchmarks.decode import measured
from benchmarks.ground import Ground
from benchmarks.table import Line


def measure(_ground: Ground) -> list[Line]:
    """Fifty made tickets a level."""
    return measured(50, 1)
