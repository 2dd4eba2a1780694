"""What readers make of pictures whose texts are known."""

import csv
import json
import os
import random
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.engines import Engine, Picture
from benchmarks.table import NotMeasured

CORPUS = "QR_CORPUS"

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture with what it says; nothing for one without a code. `group` is told together."""

    name: str
    group: str
    picture: Picture
    texts: frozenset[str]

    def turned(self, degrees: int) -> "Sample":
        """Clockwise by 0, 90, 180 or 270."""
        if not degrees:
            return self
        picture = np.asarray(cv2.rotate(self.picture, _TURNS[degrees]), np.uint8)
        return Sample(self.name, self.group, picture, self.texts)


@dataclass(frozen=True, slots=True)
class Look:
    """One reader's look at one picture.

    Read when every text came back; false when one came that does not stand there.
    """

    group: str
    has_code: bool
    is_read: bool
    is_false: bool
    seconds: float


def folder() -> Path | None:
    """Where photographs lie; None when the variable names none. Raises NotMeasured."""
    named = os.environ.get(CORPUS, "")
    if not named:
        return None
    if not (Path(named) / "manifest.csv").is_file():
        raise NotMeasured(f"{CORPUS} names {named}, and no manifest.csv lies there")
    return Path(named)


def photographs(corpus: Path) -> Iterator[Sample]:
    """Those of manifest.csv: columns file, expected (a JSON list), set. Raises NotMeasured."""
    with (corpus / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        for row in csv.DictReader(manifest):
            picture = cv2.imread(str(corpus / row["file"]), cv2.IMREAD_COLOR)
            if picture is None:
                raise NotMeasured(f"{row['file']} is no picture")
            texts = frozenset(map(plain, json.loads(row["expected"])))
            group = row["set"].split("-")[0]
            yield Sample(row["file"], group, np.asarray(picture, np.uint8), texts)


def plain(text: str) -> str:
    """Line ends and outer white space say nothing about a reader."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def looks(
    samples: Iterable[Sample], engines: Mapping[str, Engine], chance: random.Random
) -> dict[str, list[Look]]:
    """Of every engine at every sample, in an order that changes from one to the next."""
    seen: dict[str, list[Look]] = {name: [] for name in engines}
    order = list(engines)
    for sample in samples:
        chance.shuffle(order)
        for name in order:
            seen[name].append(_look(sample, engines[name]))
    return seen


def _look(sample: Sample, engine: Engine) -> Look:
    # A copy is warm for everybody alike, and safe from one that writes into it.
    own = sample.picture.copy()
    started = time.perf_counter()
    read = list(engine(own))
    seconds = time.perf_counter() - started
    texts = set(map(plain, read))
    return Look(
        group=sample.group,
        has_code=bool(sample.texts),
        is_read=bool(sample.texts) and sample.texts <= texts,
        is_false=bool(texts - sample.texts),
        seconds=seconds,
    )


def read_of(seen: Sequence[Look]) -> int:
    """How many pictures were read."""
    return sum(look.is_read for look in seen)


def false_of(seen: Sequence[Look]) -> int:
    """How many pictures gave a text that does not stand there."""
    return sum(look.is_false for look in seen)


def ratio_of(ours: Sequence[Look], theirs: Sequence[Look]) -> float:
    """The median, over pictures, of our time in theirs."""
    pairs = zip(ours, theirs, strict=True)
    return statistics.median(our.seconds / their.seconds for our, their in pairs)


def median_of(seen: Sequence[Look]) -> float:
    """In seconds."""
    return statistics.median(look.seconds for look in seen)


def p95_of(seen: Sequence[Look]) -> float:
    """In seconds."""
    times = [look.seconds for look in seen]
    return statistics.quantiles(times, n=20, method="inclusive")[-1]
