"""Tells what a bar-code gun types from what a hand types. No Qt; times are milliseconds.

A gun is a keyboard: letters 1 to 30 ms apart, then as a rule Enter. Hands leave 60 ms and more
between keys, and less only for the two or three keys of a roll. So letters wait, for as long as
the next one may still come at a gun's speed, before they reach a field; and a gun's never do.
"""

import enum
from dataclasses import dataclass

# How long the first letters wait for the next one: a delay that is not felt while typing.
FIRST_WAIT_MS = 40
# From the third letter on it is hardly a hand any more, and some guns stutter.
NEXT_WAIT_MS = 60
# The end of a burst that lacks its suffix.
SILENCE_MS = 100
LONGEST = 4300  # the most that one QR code holds as letters, and a little

_ROLL = 3
_ENOUGH = 6
# A bare ticket number has no more than four characters; its suffix is then the proof.
_ENOUGH_WITH_SUFFIX = 4
_MEAN_MS = 35
# An input method answers less evenly than a key is pressed, and hands reach it as well.
_BETWEEN_CHANGES_MS = 45
# A key held down repeats at a gun's speed on some systems.
_HELD_KEY = 5
_LONG_AGO = -1_000_000


class Step(enum.Enum):
    """What to do with the key that was just taken."""

    TYPED = enum.auto()  # give the field what waited, then this one
    BEGINS = enum.auto()  # give the field what waited, and keep this one
    WAITS = enum.auto()  # keep it, too
    SHOT = enum.auto()  # it is a gun's, and so is all that waited: no field gets it


@dataclass(frozen=True, slots=True)
class Burst:
    """What a gun sent, without prefix, suffix and control characters (tab, line feed remain).

    `stray`: how many of its first characters came too slowly and were given to the field.
    """

    text: str
    stray: int = 0


class Gun:
    """Fed with every key that makes a character, and with the silence between them."""

    def __init__(self, prefix: str = "", suffix: str = "\r") -> None:
        self._prefix = _as_keys(prefix)
        self._suffix = _as_keys(suffix)
        self._run = ""
        self._first = 0
        self._last = _LONG_AGO
        self._stray = ""
        self.is_shooting = False

    @property
    def is_waiting(self) -> bool:
        """Something is kept back, or a burst goes on."""
        return bool(self._run)

    @property
    def patience(self) -> int:
        """Without another key for this long, `rest` has to be asked."""
        if self.is_shooting:
            # A code of several lines has an Enter after each: only what follows tells the last.
            return NEXT_WAIT_MS if self._has_suffix else SILENCE_MS
        return FIRST_WAIT_MS if len(self._run) < _ROLL else NEXT_WAIT_MS

    def is_over(self, moment: int) -> bool:
        """A key of this moment comes too late for what waits: ask `rest` first."""
        return bool(self._run) and not 0 <= moment - self._last <= self.patience

    def goes_on(self, moment: int) -> bool:
        """A key of this moment may belong to what came last, although that was given away."""
        return self.is_waiting or 0 <= moment - self._last <= NEXT_WAIT_MS

    def take(self, characters: str, moment: int) -> Step:
        """The next key and what it types. While something waits, ask `rest` after `patience`."""
        characters = _as_keys(characters)
        if self.is_shooting:
            self._last = moment
            if len(self._run) < LONGEST + len(self._prefix) + len(self._suffix):
                self._run += characters
            return Step.SHOT
        if not self._run:
            return self._begin(characters, moment)
        self._run += characters
        self._last = moment
        if not self._may_be_shot():
            self._run = self._run.removesuffix(characters)
            self._give_up()
            return self._begin(characters, moment)
        if self._is_enough():
            self.is_shooting = True
            return Step.SHOT
        return Step.WAITS

    def rest(self) -> Burst | None:
        """No key came any more: the burst, or None when all that waited was typed."""
        if not self.is_shooting:
            self._give_up()
            return None
        text = self._run.removeprefix(self._prefix).removesuffix(self._suffix)
        burst = Burst(_readable(self._stray + text), len(self._stray))
        self._run = self._stray = ""
        self.is_shooting = False
        return burst

    # --- inside ---

    def _begin(self, characters: str, moment: int) -> Step:
        if not self.goes_on(moment):
            self._stray = ""
        self._first = self._last = moment
        self._run = characters
        if self._may_be_shot():
            return Step.BEGINS
        self._give_up()
        return Step.TYPED

    def _give_up(self) -> None:
        # With a prefix a burst has a beginning that cannot be mistaken, and Enter is a hand's.
        is_stray = not self._prefix and self._run.isprintable()
        self._stray = self._stray + self._run if is_stray else ""
        self._run = ""

    def _may_be_shot(self) -> bool:
        """Whether it can become a burst with what follows."""
        run = self._run
        if self._prefix:
            if run[: len(self._prefix)] != self._prefix[: len(run)]:
                return False
        elif not run[0].isprintable():
            return False
        if len(run) >= _HELD_KEY and len(set(run)) == 1:
            return False
        return len(run) < _ENOUGH or self._mean <= _MEAN_MS

    def _is_enough(self) -> bool:
        run = self._run
        if len(run) <= len(self._prefix) or len(set(run)) == 1 or self._mean > _MEAN_MS:
            return False
        code = len(run) - len(self._suffix)
        return len(run) >= _ENOUGH or (self._has_suffix and code >= _ENOUGH_WITH_SUFFIX)

    @property
    def _has_suffix(self) -> bool:
        return bool(self._suffix) and self._run.endswith(self._suffix)

    @property
    def _mean(self) -> float:
        return (self._last - self._first) / max(1, len(self._run) - 1)


class Composition:
    """Tells a gun behind an input method: what is composed changes faster than hands can type.

    The method keeps the keys to itself, so that the text cannot be made out again: letters become
    pinyin, digits choose among the words offered.
    """

    def __init__(self) -> None:
        self._changes = 0
        self._first = 0
        self._last = self._seen = _LONG_AGO
        self._composed = ""

    def goes_on(self, moment: int) -> bool:
        """A message of this moment may belong to the one before."""
        return 0 <= moment - self._seen <= NEXT_WAIT_MS

    def change(self, composed: str, committed: str, moment: int) -> bool:
        """One message of the input method; True once a gun is behind it."""
        # One key may bring several: the letters, the same with gaps between them, nothing at all
        # and a word that was chosen. The first of these is counted.
        letters = "".join(c for c in composed if c.isalnum())
        is_key = bool(letters) and letters != self._composed
        is_key = is_key or (bool(committed) and not _has_ideograph(committed))
        self._composed = letters
        if composed or committed:
            self._seen = moment
        if not is_key:
            return False
        if not 0 <= moment - self._last <= _BETWEEN_CHANGES_MS:
            self._changes, self._first = 0, moment
        self._changes += 1
        self._last = moment
        mean = (self._last - self._first) / max(1, self._changes - 1)
        return self._changes >= _ENOUGH and mean <= _MEAN_MS

    def forget(self) -> None:
        """The next change is a first one."""
        self._changes = 0
        self._composed = ""


def _has_ideograph(text: str) -> bool:
    return any("\u3400" <= c <= "\u9fff" or c >= "\U00020000" for c in text)


def _as_keys(characters: str) -> str:
    """Enter, on whichever key and whatever ends a line, is one character."""
    return characters.replace("\r\n", "\r").replace("\n", "\r")


def _readable(text: str) -> str:
    lines = text.replace("\r", "\n")
    kept = "".join(c for c in lines if c.isprintable() or c in "\t\n")
    return kept.strip()[:LONGEST]
