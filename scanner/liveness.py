"""Whether a camera that still sends pictures is alive."""

from typing import TYPE_CHECKING

from scanner.frames import STALL_S

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_QUICK, _SLOW = 5.0, 1.0
"""Pictures a second: what once was quicker than the one and falls below the other has stalled."""
_FLAT = 2.0
"""Deviation of the brightness below which a picture shows nothing."""


class Liveness:
    """Fed with each picture that arrives, as the camera encoded it. For one thread."""

    def __init__(self, patience_s: float = STALL_S) -> None:
        self._patience_s = patience_s
        self._content = b""
        self._changed_at = 0.0
        self._since: tuple[int, float] | None = None
        self._was_quick = False

    def is_frozen(
        self, content: bytes, taken_at: float, picture: "npt.NDArray[np.uint8] | None"
    ) -> bool:
        """The same picture, to the last bit, for too long: a sensor always has noise.

        But not in the dark or blinded, where all pixels are equal.
        """
        if content != self._content:
            self._content, self._changed_at = content, taken_at
            return False
        too_long = taken_at - self._changed_at > self._patience_s
        return too_long and (picture is None or float(picture[::4, ::4].std()) > _FLAT)

    def has_collapsed(self, number: int, taken_at: float) -> bool:
        """`number` counts what the camera sent, also what nobody fetched."""
        if self._since is None:
            self._since = (number, taken_at)
            return False
        first, began = self._since
        if taken_at - began < self._patience_s:
            return False
        rate = (number - first) / (taken_at - began)
        self._since = (number, taken_at)
        self._was_quick = self._was_quick or rate > _QUICK
        return self._was_quick and rate < _SLOW
