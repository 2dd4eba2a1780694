"""Photographs and made tickets to texts, beside plain readers over the same pictures.

One thread each. A picture is read when all its texts came back.
"""

import math
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import cv2

from benchmarks import scoring
from benchmarks.engines import ZBAR, ZXING, Engine, engines
from benchmarks.ground import Ground
from benchmarks.made_tickets import frame
from benchmarks.scoring import Look, Sample, false_of, looks, median_of, p95_of, ratio_of, read_of
from benchmarks.table import Figure, Goal, Line, Tally, shown
from benchmarks.tickets.levels import LEVELS
from scanner.decode import decode_frame

_OURS = "scanner"
_EACH = 25
_PART = 3  # every so many pictures are turned, too; no divisor of the levels, which take turns
_LONGEST_S = 0.15

# Shares of the pictures to read, as the design of the scanner names them.
_PHOTOGRAPHS = 241 / 262
_LEVEL_GOALS = {"easy": 1.0, "normal": 1.0, "hard": 46 / 50, "extreme": 24 / 50}
_TURNED = 0.98  # of what is read upright


def measure(_ground: Ground) -> list[Line]:
    """A part of the made tickets; all of them by the name decode-all."""
    return measured(_EACH, _PART)


def measured(each: int, part: int) -> list[Line]:
    """`each` made tickets a level; every `part`-th picture in four directions. Raises NotMeasured.

    Raises clerk_client.demo.slip.FontAbsent, too.
    """
    corpus = scoring.folder()
    chance = random.Random(7)
    readers: dict[str, Engine] = {_OURS: decode_frame, **engines()}
    with one_thread():
        # What loads on first use loads now.
        for reader in readers.values():
            reader(frame(0)[0])
        turning = _Turning(part)
        lines: list[Line] = []
        if corpus is not None:
            seen = looks(turning.kept(scoring.photographs(corpus)), readers, chance)
            lines += _scored("photographs", seen, _photographs_goal)
        seen = looks(turning.kept(tickets(each)), readers, chance)
        left_out = () if corpus else (f"photographs left out: {scoring.CORPUS} names no folder",)
        lines += _scored("made tickets", seen, None, left_out)
        lines += turning.lines(chance)
    return lines


def tickets(each: int) -> Iterator[Sample]:
    """Made ones, level by level in turn."""
    for seed in range(each * len(LEVELS)):
        picture, texts, facts = frame(seed)
        yield Sample(str(seed), facts.level, picture, frozenset(map(scoring.plain, texts)))


@contextmanager
def one_thread() -> Iterator[None]:
    """OpenCV would take all cores, and the others one."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def goal_for(level: str, of: int) -> int:
    """How many made tickets of a level are to be read."""
    return _enough(_LEVEL_GOALS[level], of)


def _photographs_goal(of: int) -> int:
    return _enough(_PHOTOGRAPHS, of)


def _enough(share: float, of: int) -> int:
    return math.ceil(share * of - 1e-9)


def _scored(
    what: str,
    seen: dict[str, list[Look]],
    goal: Callable[[int], int] | None,
    told: Iterable[str] = (),
) -> list[Line]:
    """`goal` is of all pictures; without one each group has its own."""
    ours = seen[_OURS]
    groups = list(dict.fromkeys(look.group for look in ours if look.has_code))
    lines: list[Line] = []
    if goal is None:
        lines += [
            _read(
                f"decode {what}, {group}", _only(seen, group), goal_for(group, _coded(seen, group))
            )
            for group in groups
        ]
    else:
        of = sum(look.has_code for look in ours)
        sets = tuple(f"{group}: {_counts(_only(seen, group))}" for group in groups)
        lines.append(_read(f"decode {what}", seen, goal(of), sets))
    false = _others(seen, false_of)
    peer = false_of(seen[ZXING])
    name = f"decode {what}, false"
    lines.append(
        Tally(name, false_of(ours), len(ours), ZXING, peer, at_most=0, told=(false, *told))
    )
    return lines + _times(what, seen)


def _read(
    name: str, seen: dict[str, list[Look]], goal: int | None = None, told: Iterable[str] = ()
) -> Tally:
    ours = seen[_OURS]
    of = sum(look.has_code for look in ours)
    counts = (_counts(seen), *told)
    return Tally(name, read_of(ours), of, ZXING, read_of(seen[ZXING]), at_least=goal, told=counts)


def _counts(seen: dict[str, list[Look]]) -> str:
    of = sum(look.has_code for look in seen[_OURS])
    return f"{read_of(seen[_OURS])} of {of}; {_others(seen, read_of)}"


def _others(seen: dict[str, list[Look]], count: Callable[[list[Look]], int]) -> str:
    return ", ".join(f"{name} {count(theirs)}" for name, theirs in seen.items() if name != _OURS)


def _times(what: str, seen: dict[str, list[Look]]) -> list[Line]:
    ours = seen[_OURS]
    mine = [look.seconds for look in ours]
    lines: list[Line] = []
    for peer, times in ((ZXING, 1.3), (ZBAR, 0.2)):
        if peer not in seen:
            continue
        theirs = [look.seconds for look in seen[peer]]
        told = f"median over the pictures of the ratio to {peer} {ratio_of(ours, seen[peer]):.2f}"
        lines.append(Figure.of(f"decode {what}, time", mine, theirs, peer, Goal(times), (told,)))
    told = ", ".join(
        f"{name} {shown(median_of(theirs))} / {shown(p95_of(theirs))}"
        for name, theirs in seen.items()
    )
    lines.append(
        Figure(
            name=f"decode {what}, time (longest)",
            seconds=max(mine),
            n=len(mine),
            goal=Goal(seconds=_LONGEST_S),
            told=(f"median / p95: {told}",),
        )
    )
    return lines


def _only(seen: dict[str, list[Look]], group: str) -> dict[str, list[Look]]:
    return {name: [look for look in all_ if look.group == group] for name, all_ in seen.items()}


def _coded(seen: dict[str, list[Look]], group: str) -> int:
    return sum(look.has_code for look in seen[_OURS] if look.group == group)


class _Turning:
    """Keeps every so many pictures with a code, to look at them in four directions."""

    def __init__(self, part: int) -> None:
        self._part = part
        self._passed = 0
        self._kept: list[Sample] = []

    def kept(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        for sample in samples:
            if sample.texts:
                self._passed += 1
                if self._passed % self._part == 0:
                    self._kept.append(sample)
            yield sample

    def lines(self, chance: random.Random) -> list[Line]:
        """The angle that is read worst counts for all."""
        readers: dict[str, Engine] = {_OURS: decode_frame, ZXING: engines()[ZXING]}
        read: dict[int, dict[str, int]] = {}
        for degrees in (0, 90, 180, 270):
            turned = (sample.turned(degrees) for sample in self._kept)
            seen = looks(turned, readers, chance)
            read[degrees] = {name: read_of(theirs) for name, theirs in seen.items()}
        upright = read[0][_OURS]
        worst = min(counts[_OURS] for counts in read.values())
        told = "; ".join(
            f"{degrees}° {counts[_OURS]}, {ZXING} {counts[ZXING]}"
            for degrees, counts in read.items()
        )
        return [
            Tally(
                "decode, turned",
                worst,
                len(self._kept),
                "the same upright",
                upright,
                at_least=_enough(_TURNED, upright),
                told=(told,),
            )
        ]
