"""A keystroke in the matter search over 50,000 matters, beside a bare scan of the same texts."""

import csv
import random
import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.resources import files

from benchmarks.ground import Ground
from benchmarks.table import Figure, Goal, by_turns, shown, timed
from clerk_client.domain.cases import Category
from clerk_client.domain.matters import Audience, DayUnit, Department, Material, Matter, Necessity
from clerk_client.journal.catalogue import Catalogue
from clerk_client.journal.opening import journal_with_key
from clerk_client.journal.store import Journal

_MATTERS = 50_000
_WORDS = 10
_GOAL = Goal(seconds=0.010)


class _MadeHall:
    """Stands for the hall's client: no sample hall has so many matters."""

    def __init__(self, matters: Sequence[Matter]) -> None:
        self._matters = tuple(matters)

    def matters(self, _since: int) -> tuple[int, tuple[Matter, ...]]:
        return 1, self._matters


def measure(ground: Ground) -> list[Figure]:
    """Of a hundred keystrokes the 95th counts. Words are typed letter by letter, from the first."""
    chance = random.Random(50_000)
    matters = _made(chance)
    journal = journal_with_key(ground.folder / "catalogue.db", bytes(32))
    try:
        return _figures(Catalogue(journal), journal, matters, chance)
    finally:
        journal.close()


def _figures(
    catalogue: Catalogue, journal: Journal, matters: Sequence[Matter], chance: random.Random
) -> list[Figure]:
    taken_in = timed(lambda: catalogue.renew(_MadeHall(matters)))  # type: ignore[arg-type]
    first = timed(lambda: catalogue.search("不"))
    with journal.changing() as connection:
        rows = connection.execute("SELECT pinyin, initials FROM matters ORDER BY code").fetchall()
    spoken = [pinyin.split(" ") for pinyin, _ in rows]
    texts: dict[str, tuple[list[str], Callable[[int], str]]] = {
        "characters": ([m.name for m in matters], lambda at: _part(chance, matters[at].name, 4)),
        "pinyin": (["".join(s) for s in spoken], lambda at: "".join(_part(chance, spoken[at], 3))),
        "initials": ([i for _, i in rows], lambda at: _part(chance, rows[at][1], 5)),
        "code": ([m.code for m in matters], lambda at: matters[at].code),
    }
    figures = []
    for kind, (scanned, word_at) in texts.items():
        words = [word_at(chance.randrange(_MATTERS)) for _ in range(_WORDS)]
        typed = [word[:end] for word in words for end in range(1, len(word) + 1)]
        figures.append(_figure(catalogue, kind, scanned, typed))
    told = f"taken in {shown(taken_in)}; the first look reads them into memory, {shown(first)}"
    return [replace(figures[0], told=(told, *figures[0].told)), *figures[1:]]


def _figure(
    catalogue: Catalogue, kind: str, scanned: Sequence[str], typed: Sequence[str]
) -> Figure:
    ours, peers = [], []
    for word in typed:
        (our,), (peer,) = by_turns(
            1,
            lambda word=word: catalogue.search(word),
            lambda word=word: [text for text in scanned if word in text],
            warm=0,
        )
        ours.append(our)
        peers.append(peer)
    middle = statistics.median(ours)
    return Figure(
        name=f"search, {kind} (p95)",
        seconds=_p95(ours),
        n=len(ours),
        beside=f"`in` over {len(scanned)} texts",
        peer=_p95(peers),
        goal=_GOAL,
        told=(f"median {shown(middle)}",),
    )


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def _part(chance: random.Random, text: Sequence[str], length: int) -> Sequence[str]:
    """A run from somewhere inside: clerks type what they remember, not how it begins."""
    start = chance.randrange(max(1, len(text) - length))
    return text[start : start + length]


def _made(chance: random.Random) -> list[Matter]:
    """Names of the sample's words: a place, what it is about, what is to be done; by code."""
    sample = [re.match(r"([^（]+)(（.+）)?", name) for name in _names("matters")]
    stems = sorted({found[1] for found in sample if found})
    acts = sorted({found[2] for found in sample if found and found[2]})
    places = _names("townships")
    names: set[str] = set()
    while len(names) < _MATTERS:
        names.add(chance.choice(places) + chance.choice(stems) + chance.choice(acts))
    department = Department("SJ", "市场监管局", "中山市市场监督管理局")
    materials = tuple(Material(f"材料{number}", Necessity.REQUIRED) for number in range(1, 5))
    return [
        Matter(
            code=f"SJ{number:06d}",
            name=name,
            department=department,
            audience=Audience.BOTH,
            statutory_days=20,
            day_unit=DayUnit.WORKING_DAYS,
            expected_category=Category.HALL_PENDING,
            is_licence=True,
            materials=materials,
        )
        for number, name in enumerate(sorted(names))
    ]


def _names(table: str) -> list[str]:
    text = files("resources").joinpath("sample", f"{table}.csv").read_text(encoding="utf-8")
    return [row["name"] for row in csv.DictReader(text.splitlines())]
