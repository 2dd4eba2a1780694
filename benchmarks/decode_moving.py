"""Made tickets as two seconds of moving frames, read frame by frame as a preview reads them.

By name only: it takes minutes. The peer looks at each frame by itself.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.decode import one_thread
from benchmarks.engines import ZXING, zxing
from benchmarks.ground import Ground
from benchmarks.made_tickets import FPS, Scene
from benchmarks.scoring import plain
from benchmarks.table import Figure, Line, Tally
from benchmarks.tickets.levels import LEVELS
from scanner.reading import Kind
from scanner.sight import Sight

_EACH = 50
_FRAMES = 24
_GOALS = {"hard": 50, "extreme": 40}


@dataclass(frozen=True, slots=True)
class _Watched:
    """What became of one ticket: read once all its texts came, in whatever frames."""

    ours: int | None  # frames until then
    peer: int | None
    is_false: bool
    seconds: tuple[float, ...]  # of each look of ours


def measure(_ground: Ground) -> list[Line]:
    """Hard and extreme ones. Raises clerk_client.demo.slip.FontAbsent."""
    lines: list[Line] = []
    with one_thread():
        for place, level in enumerate(LEVELS):
            if level.name in _GOALS:
                seeds = range(place, place + _EACH * len(LEVELS), len(LEVELS))
                lines += _figures(level.name, [_watched(seed) for seed in seeds])
    return lines


def _watched(seed: int) -> _Watched:
    scene, sight = Scene(seed), Sight()
    wanted = frozenset(map(plain, scene.facts.texts))
    known = wanted | frozenset(map(plain, scene.facts.bars))
    ours: set[str] = set()
    peers: set[str] = set()
    read_at: int | None = None
    peer_at: int | None = None
    is_false = False
    times: list[float] = []
    for number in range(1, _FRAMES + 1):
        picture = scene.picture((number - 1) / FPS)
        if read_at is None:
            started = time.perf_counter()
            readings = sight.read(picture, taken_at=number / FPS)
            times.append(time.perf_counter() - started)
            is_false |= any(plain(reading.text) not in known for reading in readings)
            ours |= {plain(reading.text) for reading in readings if reading.kind is Kind.QR}
            read_at = number if wanted <= ours else None
        if peer_at is None:
            peers |= set(map(plain, zxing(picture)))
            peer_at = number if wanted <= peers else None
        if read_at and peer_at:
            break
    return _Watched(read_at, peer_at, is_false, tuple(times))


def _figures(level: str, watched: Sequence[_Watched]) -> list[Line]:
    of, name = len(watched), f"decode moving, {level}"
    ours = [ticket.ours for ticket in watched if ticket.ours is not None]
    peers = [ticket.peer for ticket in watched if ticket.peer is not None]
    at_once = sum(frames == 1 for frames in ours), sum(frames == 1 for frames in peers)
    lost = sum(ticket.ours is None and ticket.peer is not None for ticket in watched)
    told = (
        f"in the first frame {at_once[0]}, {ZXING} {at_once[1]}; {lost} that {ZXING} alone reads",
    )
    looks = [seconds for ticket in watched for seconds in ticket.seconds]
    late = sum(seconds > 1 / FPS for seconds in looks)
    slow = f"{late} of {len(looks)} took longer than a frame lasts, and a preview leaves some out"
    beside = f"{ZXING} on each frame"
    false = sum(ticket.is_false for ticket in watched)
    return [
        Tally(name, len(ours), of, beside, len(peers), at_least=_GOALS[level], told=told),
        Tally(f"{name}, false", false, of, at_most=0),
        Figure.of(f"{name}, a look", looks, told=(slow,)),
    ]
