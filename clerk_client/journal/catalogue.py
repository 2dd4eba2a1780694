"""The hall's matters as kept here: looked up and searched without asking the hall."""

import json
import threading
from dataclasses import asdict
from datetime import datetime

from clerk_client.domain.cases import Category
from clerk_client.domain.matters import Audience, DayUnit, Department, Material, Matter, Necessity
from clerk_client.hall_link.client import HallClient
from clerk_client.journal.kept import CATALOGUE, Kept, mark_catalogue
from clerk_client.journal.matter_index import Entry, MatterIndex, sounds
from clerk_client.journal.store import Journal

_VERSION = "catalogue-version"


class Catalogue:
    """Kept in the journal's file. May be asked from any thread."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._kept = Kept(journal)
        self._lock = threading.Lock()
        self._index: MatterIndex | None = None

    def renew(self, client: HallClient, moment: datetime) -> int:
        """Fetches what changed at the hall, with its calendar. How many matters did.

        Raises HallError, JournalError.
        """
        since = int(self._journal.mark(_VERSION) or "0")
        version, changed, workdays, bases = client.matters(since)
        rows = [(m.code, m.name, m.parent, _to_json(m), *sounds(m.name)) for m in changed]
        with self._journal.changing() as connection:
            connection.executemany("INSERT OR REPLACE INTO matters VALUES (?,?,?,?,?,?)", rows)
            connection.execute(
                "INSERT OR REPLACE INTO marks VALUES (?, ?)", (_VERSION, str(version))
            )
            mark_catalogue(connection, moment)
            self._kept.keep_workdays(workdays)
            self._kept.keep_bases(bases)
        if changed:
            with self._lock:
                self._index = None
        return len(changed)

    @property
    def fetched_at(self) -> datetime | None:
        """When the hall was last asked what changed, and answered; None for never."""
        return self._kept.fetched_at(CATALOGUE)

    def find(self, code: str) -> Matter | None:
        """The matter with this code."""
        with self._journal.changing() as connection:
            row = connection.execute(
                "SELECT content FROM matters WHERE code = ?", (code,)
            ).fetchone()
        return _from_json(row[0]) if row else None

    def children(self, parent: str) -> tuple[Matter, ...]:
        """The matters under a parent, by code."""
        with self._journal.changing() as connection:
            rows = connection.execute(
                "SELECT content FROM matters WHERE parent = ? ORDER BY code", (parent,)
            ).fetchall()
        return tuple(_from_json(row[0]) for row in rows)

    def search(self, typed: str, limit: int = 30) -> list[Matter]:
        """Matters by characters, pinyin, initials or code; see MatterIndex.search."""
        with self._lock:
            if self._index is None:
                with self._journal.changing() as connection:
                    rows = connection.execute(
                        "SELECT code, name, pinyin, initials FROM matters"
                    ).fetchall()
                self._index = MatterIndex(Entry(*row) for row in rows)
            codes = self._index.search(typed, limit)
        found = (self.find(code) for code in codes)
        return [matter for matter in found if matter is not None]


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
