"""One line made durable in the journal, beside a bare durable insert of as many bytes.

All on one disk and by turns. Durable means the same for each: WAL with synchronous=FULL.
"""

import json
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlcipher3 import dbapi2 as sqlcipher

from benchmarks.ground import Ground
from benchmarks.table import Figure, Goal, by_turns, shown, timed
from clerk_client.domain.cases import Category
from clerk_client.domain.numbers import NumberBlock
from clerk_client.hall_link.station_key import StationKey
from clerk_client.journal.opening import journal_with_key
from clerk_client.journal.store import Entry, Journal, Writer
from clerk_client.wire.lines import Kind, Line, canonical, salted

_TURNS = 300
_WRITES = 30
_WRITER = Writer("442000", "B12", "W01", 12)
_MOMENT = datetime(2026, 3, 5, 1, 31, tzinfo=UTC)


def measure(ground: Ground) -> list[Figure]:
    """Acceptances under leased numbers, signed by the station's key: what a clerk's key costs is
    measured with the sign-in."""
    key = secrets.token_bytes(32)
    journal = journal_with_key(ground.folder / "journal.db", key)
    plain = sqlite3.connect(ground.folder / "plain.db", isolation_level=None)
    cipher = sqlcipher.connect(str(ground.folder / "cipher.db"), isolation_level=None)
    cipher.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    try:
        append = _append(journal)
        line = append()
        content = secrets.token_bytes(_size(line))
        in_plain, in_cipher = _insert(plain, content), _insert(cipher, content)
        told = _why(line, ground.folder, append, in_cipher)
        ours, peers, ciphers = by_turns(_TURNS, append, in_plain, in_cipher, warm=10)
    finally:
        for each in (journal, plain, cipher):
            each.close()
    beside = f"of {len(content)} bytes, durable"
    return [
        Figure.of("journal", ours, peers, f"bare sqlite3 insert {beside}", Goal(times=1.2)),
        Figure.of(
            "journal, encrypted",
            ours,
            ciphers,
            f"bare sqlcipher3 insert {beside}",
            Goal(times=1.2),
            told,
        ),
    ]


def _why(
    line: Line, folder: Path, append: Callable[[], object], bare: Callable[[], object]
) -> tuple[str, str]:
    """What an append does beyond a bare insert."""
    key = Ed25519PrivateKey.generate()
    message = line.head.canonical()
    signature = min(timed(lambda: key.sign(message)) for _ in range(_WRITES))
    texts = min(
        timed(lambda: (canonical(salted(line.body)), canonical(line.head.fields())))
        for _ in range(_WRITES)
    )
    ours = _written(folder / "journal.db-wal", append)
    peers = _written(folder / "cipher.db-wal", bare)
    return (
        f"{ours / 1024:.1f} kB written an append, {peers / 1024:.1f} by the bare insert: beside "
        "the line its number (none twice) and its subject (no ticket twice) have a b-tree each",
        f"in memory: the signature {shown(signature)}, salt and canonical texts {shown(texts)}",
    )


def _written(log: Path, call: Callable[[], object]) -> float:
    """Bytes a call, before the log is long enough to be written back."""
    before = log.stat().st_size
    for _ in range(_WRITES):
        call()
    return (log.stat().st_size - before) / _WRITES


def _append(journal: Journal) -> Callable[[], Line]:
    station = StationKey(Ed25519PrivateKey.generate())
    block = NumberBlock("442000", _MOMENT.year, 1, 1, 100_000)
    journal.add_block(block, Entry(Kind.LEASED, _MOMENT, {"first": 1}), _WRITER, station)
    body = {
        "applicant": {
            "name": "中山市石岐区好滋味餐饮服务有限公司",
            "document_type": "credit_code",
            "document_number": "91442000MA0000002X",
            "phone": "13800000000",
            "doubts": [],
        },
        "matter_name": "食品经营许可（新办）",
        "department": "SJ",
        "look_up": "ticket",
        "ticket": {"hall": "442000", "day": "2026-03-05", "number": "A023"},
        "appointment": None,
        "category_differs": False,
        "department_serial": "",
    }

    def append() -> Line:
        entry = Entry(
            Kind.ACCEPTED,
            _MOMENT,
            body,
            category=Category.HALL_PENDING,
            matter="SJ019",
            subjects=(f"ticket:442000:2026-03-05:{secrets.token_hex(4)}:SJ019",),
        )
        return journal.append(entry, _WRITER, station, take=True)

    return append


def _insert(connection: Any, content: bytes) -> Callable[[], None]:
    for setting in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("CREATE TABLE lines (seq INTEGER PRIMARY KEY, content BLOB NOT NULL)")

    def insert() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO lines (content) VALUES (?)", (content,))
        connection.execute("COMMIT")

    return insert


def _size(line: Line) -> int:
    """Bytes of what a line is: head, body, signature and hash."""
    head = json.dumps(asdict(line.head), ensure_ascii=False).encode()
    body = json.dumps(line.body, ensure_ascii=False).encode()
    return len(head) + len(body) + len(line.signature) + len(line.hash)
