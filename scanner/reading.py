"""What the scanner hands on: one code that was read."""

from dataclasses import dataclass

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one code says.

    `text` is whatever a stranger printed: check it before use. `corners` are in pixels of the
    picture, from the code's own top left in its reading order. `stage` names the step of the
    cascade that read it.
    """

    text: str
    corners: Corners
    stage: str
