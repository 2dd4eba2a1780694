"""The hall's matters as kept here: looked up and searched without asking the hall.

Pinyin is worked out once, when the catalogue arrives; a keystroke only compares text.
"""

import json
import threading
import unicodedata
from dataclasses import asdict, dataclass
from itertools import accumulate

from clerk_client.domain.cases import Category
from clerk_client.domain.matters import Audience, DayUnit, Department, Material, Matter, Necessity
from clerk_client.hall_link.client import HallClient
from clerk_client.journal.store import Journal

_VERSION = "catalogue-version"


@dataclass(frozen=True, slots=True)
class _Row:
    """A matter and the folded texts it is found by.

    `pinyin` is one run of letters; `syllables` holds the offsets at which a syllable starts.
    """

    matter: Matter
    name: str
    code: str
    pinyin: str
    syllables: frozenset[int]
    initials: str


class Catalogue:
    """Reads from the journal's file; the rows are kept in memory after the first look."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._rows: dict[str, _Row] | None = None

    def renew(self, client: HallClient) -> int:
        """Fetches what changed at the hall. How many matters did. Raises HallError."""
        since = int(self._journal.mark(_VERSION) or "0")
        version, changed = client.matters(since)
        texts = [(matter, *_sounds(matter.name)) for matter in changed]
        with self._journal.changing() as connection:
            for matter, pinyin, initials in texts:
                connection.execute(
                    "INSERT OR REPLACE INTO matters VALUES (?, ?, ?, ?)",
                    (matter.code, _to_json(matter), pinyin, initials),
                )
            connection.execute(
                "INSERT OR REPLACE INTO marks VALUES (?, ?)", (_VERSION, str(version))
            )
        with self._lock:
            self._rows = None
        return len(changed)

    def find(self, code: str) -> Matter | None:
        """The matter with this code."""
        row = self._all().get(code)
        return row.matter if row else None

    def children(self, parent: str) -> tuple[Matter, ...]:
        """The matters under a parent, by code."""
        return tuple(r.matter for r in self._all().values() if r.matter.parent == parent)

    def search(self, typed: str, limit: int = 30) -> list[Matter]:
        """Matters whose name, code, pinyin or initials hold every word typed, best first.

        Best: the code itself, then a name, initials or pinyin that start so, then the rest; shorter
        names first. Nothing typed gives nothing.
        """
        words = [_folded(word) for word in typed.split()]
        if not words:
            return []
        ranked = []
        for row in self._all().values():
            ranks = [_rank(row, word) for word in words]
            if None not in ranks:
                total = sum(rank for rank in ranks if rank is not None)
                ranked.append((total, len(row.name), row.code, row.matter))
        ranked.sort(key=lambda found: found[:3])
        return [found[3] for found in ranked[:limit]]

    def _all(self) -> dict[str, _Row]:
        with self._lock:
            if self._rows is None:
                with self._journal.changing() as connection:
                    kept = connection.execute(
                        "SELECT content, pinyin, initials FROM matters ORDER BY code"
                    ).fetchall()
                rows = [_row(*texts) for texts in kept]
                self._rows = {row.matter.code: row for row in rows}
            return self._rows


def _rank(row: _Row, word: str) -> int | None:
    """Smaller is better; None when the word is nowhere."""
    if word == row.code:
        return 0
    starts = (row.name, row.initials, row.pinyin, row.code)
    for rank, text in enumerate(starts, start=1):
        if text.startswith(word):
            return rank
    if word in row.name:
        return 5
    if word in row.initials:
        return 6
    at = row.pinyin.find(word)
    # From the start of a syllable: "an" is not inside "xian".
    while at >= 0:
        if at in row.syllables:
            return 7
        at = row.pinyin.find(word, at + 1)
    return None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _sounds(name: str) -> tuple[str, str]:
    """(full pinyin without tones, syllables apart by blanks; initials)."""
    from pypinyin import lazy_pinyin  # 300 ms; only when a catalogue arrives

    syllables = ("".join(c for c in _folded(part) if c.isalnum()) for part in lazy_pinyin(name))
    spoken = [syllable for syllable in syllables if syllable]
    return " ".join(spoken), "".join(syllable[0] for syllable in spoken)


def _row(content: str, pinyin: str, initials: str) -> _Row:
    matter = _from_json(content)
    syllables = pinyin.split(" ")
    starts = frozenset(accumulate(map(len, syllables), initial=0))
    folded = _folded(matter.name), _folded(matter.code)
    return _Row(matter, *folded, "".join(syllables), starts, initials)


def _to_json(matter: Matter) -> str:
    def plain(value: object) -> object:
        return (
            value.value if isinstance(value, Audience | DayUnit | Category | Necessity) else value
        )

    fields = asdict(matter, dict_factory=lambda pairs: {k: plain(v) for k, v in pairs})
    return json.dumps(fields, ensure_ascii=False)


def _from_json(content: str) -> Matter:
    fields = json.loads(content)
    fields["department"] = Department(**fields["department"])
    fields["audience"] = Audience(fields["audience"])
    fields["day_unit"] = DayUnit(fields["day_unit"])
    fields["expected_category"] = Category(fields["expected_category"])
    fields["materials"] = tuple(
        Material(row["name"], Necessity(row["necessity"])) for row in fields["materials"]
    )
    return Matter(**fields)
