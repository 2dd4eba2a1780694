"""What one preview sees: each frame read with the help of those before it."""

import time
from typing import TYPE_CHECKING

from scanner.decode import BUDGET_S, THOROUGH_BUDGET_S
from scanner.errors import PictureUnreadable
from scanner.reading import Kind, Place, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

    from scanner.cascade import Search
    from scanner.following import Followed
    from scanner.second_look import Look

_FOLLOWED = 2
# Searching a frame for what zxing did not locate costs 20 to 60 ms: a fifth of the time at most,
# and much less once nothing was found so often.
_SEEKING_SHARE, _PATIENT_SHARE = 0.2, 0.05
_FRUITLESS = 8


class Sight:
    """Fed with every frame of a preview, in order. For one thread."""

    def __init__(self, kinds: "Iterable[Kind]" = (Kind.QR,)) -> None:
        self.places: tuple[Place, ...] = ()
        """What the last frame only located."""
        self._kinds = frozenset(kinds)
        self._followed: list[Followed] = []
        self._seek_from = 0.0
        self._fruitless = 0

    def forget(self) -> None:
        """Another scene begins."""
        self.places = ()
        self._followed.clear()
        self._seek_from = 0.0
        self._fruitless = 0

    def read(
        self,
        picture: "npt.NDArray[np.generic]",
        *,
        thorough: bool = False,
        taken_at: float | None = None,
    ) -> list[Reading]:
        """As scanner.decode.decode. `taken_at` is the frame's own time, by default now: on it
        depends how often a frame is searched for what is hard to find. Raises PictureUnreadable.
        """
        import cv2

        from scanner.cascade import Search
        from scanner.grayscale import as_gray

        self.places = ()
        now = time.monotonic() if taken_at is None else taken_at
        until = time.monotonic() + (THOROUGH_BUDGET_S if thorough else BUDGET_S)
        try:
            search = Search(as_gray(picture), until, self._kinds)
            self._read(search, now, thorough=thorough)
        except cv2.error as error:
            raise PictureUnreadable from error
        self.places = search.sighting.places
        return search.sighting.readings

    def _read(self, search: "Search", now: float, *, thorough: bool) -> None:
        search.plain()
        self._followed = [code for code in self._followed if self._goes_on(code, search)]
        # Also beside a code that was read: two tickets are a choice, none is picked silently.
        search.look_at_located()
        unclear = not search.sighting.readings and not search.has_understood
        if thorough or (unclear and now >= self._seek_from):
            began = time.monotonic()
            # Telephones in the dark mode show codes bright on dark: every other search is theirs.
            search.seek(inverted=bool(self._fruitless % 2), thorough=thorough)
            share = _SEEKING_SHARE if self._fruitless < _FRUITLESS else _PATIENT_SHARE
            self._seek_from = now + (time.monotonic() - began) / share
            nothing = not search.sighting.readings and not search.sighting.unread
            self._fruitless = self._fruitless + 1 if nothing else 0
        if thorough and not search.sighting.readings:
            search.last_resort()
        known = {id(code.last) for code in self._followed}
        for unread in sorted(search.sighting.unread, key=lambda look: -look.credit):
            if id(unread) not in known:
                self._begin_to_follow(unread)

    def _begin_to_follow(self, unread: "Look") -> None:
        """Unless the place is followed already, with more credit."""
        from scanner.following import Followed

        for at, code in enumerate(self._followed):
            if code.covers(unread):
                if unread.credit > code.last.credit:
                    self._followed[at] = Followed(unread)
                return
        if len(self._followed) < _FOLLOWED:
            self._followed.append(Followed(unread))

    def _goes_on(self, code: "Followed", search: "Search") -> bool:
        """Whether the code is still there and still unread."""
        return search.follow(code) and code.last.verdict is None
