"""What must be true whatever happened: the journals, the hall, the papers and what was shown agree.

One function, asked when all processes are gone: nothing lost, no number twice, no receipt without a
record, refused lines visible. It reads files and the database, and asks no part that was tested to
have been right about itself, but for the chain's and the audit's own checks.
"""

import base64
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from sqlalchemy import Engine, Row, select

from clerk_client.domain.clock import hall_day
from clerk_client.domain.numbers import is_official_number
from clerk_client.hall import tables
from clerk_client.hall.audit_trail.sealing import seal, verify_audit
from clerk_client.hall.counting.folding import fold
from clerk_client.hall.counting.tallying import tally
from clerk_client.hall_link import secret_store
from clerk_client.journal.day_sheet import LineStanding
from clerk_client.journal.opening import key_name, open_to_read
from clerk_client.journal.setting_aside import set_aside_files
from clerk_client.wire.lines import Line
from clerk_client.wire.verify import chain_faults
from tests.faults.town import Window

Rows = dict[tuple[str, int], Row[Any]]

_PAPERS = ("printed", "reprinted")


class Books(Protocol):
    """Where to look: the hall's database and the stations' folders."""

    engine: Engine
    windows: list[Window]


@dataclass(frozen=True)
class Written:
    """A line of a journal, with what the hall answered as far as this window knows."""

    window: str
    line: Line
    standing: LineStanding
    is_aside: bool


@dataclass(frozen=True)
class Findings:
    """Figures of a town that is in order."""

    lines: int
    acceptances: int
    refused: int
    provisional: int
    papers: int


def ensure_exactly_once(town: Books, *, refused: frozenset[str] = frozenset()) -> Findings:
    """Fails with what is wrong. Only lines with a code of `refused` may be refused."""
    written = [each for window in town.windows for each in _journals_of(town, window)]
    at_hall = _at_hall(town)
    own = [each for each in written if not each.is_aside]
    # Of a station that was put back from an image the hall alone has what came after the image.
    aside = {each.line.head.journal for each in written if each.is_aside}
    later = {
        place: row
        for place, row in at_hall.items()
        if row.journal in aside
        and place not in {(each.line.head.journal, each.line.head.seq) for each in written}
    }
    _ensure_shown_stands(town, written, later)
    _ensure_delivered(own, at_hall, refused)
    _ensure_none_made_up(written, {k: v for k, v in at_hall.items() if k not in later})
    given = _ensure_numbered_once(town, written, at_hall)
    _ensure_counted(town, at_hall)
    papers = sum(_ensure_papers_recorded(window, own) for window in town.windows)
    _ensure_audit(town)
    states = Counter(each.outcome for each in at_hall.values())
    accepted = sum(1 for each in own if each.line.head.kind == "accepted")
    return Findings(len(own), accepted, states["refused"], given, papers)


def _journals_of(town: Books, window: Window) -> Iterator[Written]:
    key = secret_store.read(key_name(window.name))
    assert key is not None
    find = _keys(town)
    for file in (*set_aside_files(window.journal), window.journal):
        with closing(open_to_read(file, key)) as journal:
            lines = list(journal.lines())
            faults = list(chain_faults(lines, lambda line: find.get(line.head.cert_sha256)))
            assert not faults, f"{file}: {faults}"
            for line in lines:
                standing = journal.standing_of(line.head.seq)
                yield Written(window.name, line, standing, file != window.journal)


def _keys(town: Books) -> dict[str, PublicKeyTypes]:
    """By what a head names, from what the hall knows: certificates and stations."""
    keys: dict[str, PublicKeyTypes] = {}
    with town.engine.connect() as connection:
        for row in connection.execute(select(tables.certificates)):
            keys[row.sha256] = x509.load_der_x509_certificate(row.der).public_key()
        for row in connection.execute(select(tables.stations)):
            raw = row.public_key
            raw = base64.b64decode(raw) if isinstance(raw, str) else bytes(raw)
            keys[hashlib.sha256(raw).hexdigest()] = Ed25519PublicKey.from_public_bytes(raw)
    return keys


def _at_hall(town: Books) -> Rows:
    with town.engine.connect() as connection:
        rows = connection.execute(select(tables.lines)).all()
    return {(row.journal, row.seq): row for row in rows}


def _ensure_shown_stands(town: Books, written: list[Written], later: Rows) -> None:
    """Each form is accepted once, under the number that the clerk saw."""
    by_key: dict[str, list[str]] = defaultdict(list)
    for each in written:
        if each.line.head.kind == "accepted":
            by_key[each.line.head.key].append(each.line.head.number or "")
    for row in later.values():
        if row.kind == "accepted":
            by_key[row.key].append(json.loads(row.head)["number"])
    twice = {key: numbers for key, numbers in by_key.items() if len(numbers) > 1}
    assert not twice, f"accepted twice: {twice}"
    for window in town.windows:
        for said in window.said:
            if "shown" in said:
                numbers = by_key.get(said["key"], [])
                assert numbers == [said["shown"]], f"{window.name} showed {said}, kept {numbers}"
        assert not window.left_open(), f"{window.name}: forms are still open"


def _ensure_delivered(own: list[Written], at_hall: Rows, refused: frozenset[str]) -> None:
    """Each line is at the hall, byte for byte, with the outcome that the window shows."""
    for each in own:
        head = each.line.head
        row = at_hall.get((head.journal, head.seq))
        assert row is not None, f"lost: {each.window} {head.seq} {head.kind}"
        assert (row.hash, row.key) == (each.line.hash, head.key)
        assert (row.outcome, row.code) == (each.standing.state.value, each.standing.code), (
            f"{each.window} line {head.seq}: hall {row.outcome} {row.code}, here {each.standing}"
        )
        assert not row.code or row.code in refused, f"refused: {head.kind} {row.code}"


def _ensure_none_made_up(written: list[Written], at_hall: Rows) -> None:
    kept = {(each.line.head.journal, each.line.head.seq): each.line.hash for each in written}
    strays = [place for place, row in at_hall.items() if kept.get(place) != row.hash]
    assert not strays, f"at the hall and in no journal: {strays}"


def _ensure_numbered_once(town: Books, written: list[Written], at_hall: Rows) -> int:
    """Over all journals and the numbers that the hall gave. How many of these there are."""
    accepted = [each for each in written if each.line.head.kind == "accepted"]
    numbers = Counter(each.line.head.number for each in accepted)
    with town.engine.connect() as connection:
        given = {
            row.provisional: row.official
            for row in connection.execute(select(tables.provisional_numbers))
        }
        known = {row.number: row.key for row in connection.execute(select(tables.numbers))}
    numbers.update(given.values())
    twice = [number for number, times in numbers.items() if times > 1]
    assert not twice, f"numbers twice: {twice}"
    for each in accepted:
        head = each.line.head
        row = at_hall.get((head.journal, head.seq))
        if row is None or row.outcome == "refused":
            continue
        number = head.number or ""
        assert known.get(number) == head.key
        if not is_official_number(number):
            official = given[number]
            assert is_official_number(official)
            assert known.get(official) == head.key
            assert each.standing.official == official, "the window names another number"
    return len(given)


def _ensure_counted(town: Books, at_hall: Rows) -> None:
    """What a supervisor reads: as many as were settled, less the voids; folded and not."""
    settled = Counter(row.kind for row in at_hall.values() if row.outcome == "settled")
    today = hall_day(datetime.now(UTC))
    span = (today - timedelta(days=400), today + timedelta(days=400))
    for _ in ("as it stands", "all folded"):
        rows = tally(town.engine, *span, "category").rows
        assert sum(row.accepted for row in rows) == settled["accepted"]
        assert sum(row.voided for row in rows) == settled["void_approved"]
        fold(town.engine)


def _ensure_papers_recorded(window: Window, own: list[Written]) -> int:
    """No receipt without a record, each told once, and the originals are originals. How many."""
    lines = [each.line for each in own if each.window == window.name]
    accepted = {line.head.number for line in lines if line.head.kind == "accepted"}
    told: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        if line.head.kind in _PAPERS:
            told[line.head.number or ""].append(line.body["reprint"])
            assert (line.head.kind == "printed") == (line.body["reprint"] == 0)
    assert set(told) <= accepted
    for number, reprints in told.items():
        assert len(set(reprints)) == len(reprints), f"one paper told twice: {number} {reprints}"
    out: Counter[str] = Counter()
    for file in window.receipts.glob("[!.]*.pdf"):
        number = next((each for each in told if each in file.name), "")
        assert number, f"a receipt without a record: {file.name}"
        out[number] += 1
    for number, count in out.items():
        # Fewer files than told is a print system that was asked and a kill before the paper.
        assert count <= len(told[number]), f"{count} papers of {number}, {told[number]} told"
    return sum(out.values())


def _ensure_audit(town: Books) -> None:
    while seal(town.engine, datetime.now(UTC)):
        pass
    standing = verify_audit(town.engine)
    assert (standing.findings, standing.unsealed) == ((), 0)
