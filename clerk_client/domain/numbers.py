"""受理号: official acceptance numbers, leased from the hall in blocks and never reused.

hall (6) + year (4) + epoch (1, raised by every restore of the hall's database) + sequence (7)
+ ISO 7064 MOD 11-2 check character: 19 characters.

临时受理号: what a window gives by itself once its lease is used up and the hall is out of reach.
The hall gives an official one to it later.

L + window (1 to 8) + yymmdd + journal tag (3) + sequence of the day (4) + ISO 7064 MOD 37-2 check
character, which may be an asterisk: 16 to 23 characters.
"""

import re
import unicodedata
import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime

LAST_PROVISIONAL = 9999
"""Sequence of the last provisional number of a day."""

_OFFICIAL = re.compile(r"[0-9]{18}[0-9X]")
_PROVISIONAL = re.compile(r"L[0-9A-Z]{1,8}([0-9]{6})[0-9A-Z]{3}(?!0000)[0-9]{4}[0-9A-Z*]")
_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WINDOW_LENGTH = 8


@dataclass(frozen=True, slots=True)
class NumberBlock:
    """号段: sequences `next` to `last` are this journal's to use, for one year and epoch."""

    hall: str
    year: int
    epoch: int
    next: int
    last: int

    @property
    def left(self) -> int:
        """How many numbers are still unused."""
        return max(0, self.last - self.next + 1)

    def number(self) -> str:
        """The number to use now."""
        return official_number(self.hall, self.year, self.epoch, self.next)

    def after_use(self) -> "NumberBlock":
        """The block once `number()` stands in a durable line."""
        return replace(self, next=self.next + 1)


def official_number(hall: str, year: int, epoch: int, sequence: int) -> str:
    """The 19 characters for one sequence."""
    from stdnum.iso7064 import mod_11_2  # late: see people.py

    digits = f"{hall}{year:04d}{epoch:d}{sequence:07d}"
    return digits + str(mod_11_2.calc_check_digit(digits))


def is_official_number(text: str) -> bool:
    """Form and check character are right. Says nothing of whether it was ever issued."""
    from stdnum.iso7064 import mod_11_2  # late: see people.py

    return bool(_OFFICIAL.fullmatch(text)) and mod_11_2.checksum(text) == 1


def sequence_of(number: str) -> tuple[str, int, int, int]:
    """(hall, year, epoch, sequence) of an official number."""
    return number[:6], int(number[6:10]), int(number[10]), int(number[11:18])


def provisional_number(window: str, day: date, journal: str, sequence: int) -> str:
    """The number for one sequence, from 1 to LAST_PROVISIONAL. `journal` is its UUID."""
    from stdnum.iso7064 import mod_37_2  # late: see people.py

    unchecked = f"{provisional_prefix(window, day, journal)}{sequence:04d}"
    return unchecked + str(mod_37_2.calc_check_digit(unchecked))


def provisional_prefix(window: str, day: date, journal: str) -> str:
    """What all provisional numbers of a window, a hall day and a journal begin with."""
    return f"L{_folded_window(window)}{day:%y%m%d}{_tag(journal)}"


def is_provisional_number(text: str) -> bool:
    """Form, day and check character are right. Says nothing of whether it was ever given."""
    from stdnum.iso7064 import mod_37_2  # late: see people.py

    matched = _PROVISIONAL.fullmatch(text)
    if matched is None or mod_37_2.checksum(text) != 1:
        return False
    try:
        datetime.strptime(matched[1], "%y%m%d")  # noqa: DTZ007  # a day, no moment
    except ValueError:
        return False
    return True


def provisional_sequence(number: str) -> int:
    """The sequence of the day inside a provisional number."""
    return int(number[-5:-1])


def _folded_window(code: str) -> str:
    """A window's code may be any text; the number holds what every clerk can type."""
    wide = unicodedata.normalize("NFKC", code).upper()
    return "".join(c for c in wide if c in _CHARACTERS)[:_WINDOW_LENGTH] or "0"


def _tag(journal: str) -> str:
    """Three characters of base 36: two journals of one window on one day differ by them."""
    rest, characters = uuid.UUID(journal).int, ""
    for _ in range(3):
        rest, digit = divmod(rest, len(_CHARACTERS))
        characters = _CHARACTERS[digit] + characters
    return characters
