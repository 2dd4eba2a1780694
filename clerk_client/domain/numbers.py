"""受理号: official acceptance numbers, leased from the hall in blocks and never reused.

hall (6) + year (4) + epoch (1, raised by every restore of the hall's database) + sequence (7)
+ ISO 7064 MOD 11-2 check character: 19 characters.
"""

import re
from dataclasses import dataclass, replace

_OFFICIAL = re.compile(r"[0-9]{18}[0-9X]")


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
