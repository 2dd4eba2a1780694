"""Is the end of a journal's chain whole? Asked at every opening, before anything is written.

The end is where a crash or a failing disk shows, so the last lines are worked out again: head,
body, hash and the tie to the line before. SQLCipher authenticates every page that is read, here and
later, and SQLite compares the file's length with its header; a page in the middle is therefore
found when it is read, and the whole chain by an export's check. Reading the whole file at each
start (`PRAGMA quick_check`, `cipher_integrity_check`) takes over a second at 100,000 lines, the
last lines 10 ms at any number.
"""

import hashlib
import json
from typing import TYPE_CHECKING

from clerk_client.journal.errors import JournalDamaged
from clerk_client.wire.lines import FIRST_PREV, Head

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

_LINES = 64


def ensure_whole_end(connection: "sqlcipher.Connection") -> None:
    """Raises JournalDamaged, with the line that is wrong."""
    tables = connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'lines'")
    if not tables.fetchone()[0]:
        return
    journal = connection.execute("SELECT value FROM marks WHERE name = 'journal'").fetchone()
    rows = connection.execute(
        "SELECT seq, kind, number, head, body, signature, hash FROM lines "
        "ORDER BY seq DESC LIMIT ?",
        (_LINES + 1,),
    ).fetchall()[::-1]
    if len(rows) > _LINES:
        seq, prev, rows = rows[0][0], rows[0][6], rows[1:]
    else:
        seq, prev = 0, FIRST_PREV
    for row in rows:
        seq += 1
        if row[0] != seq:
            raise JournalDamaged("a line is missing", seq)
        prev = _hash_of_whole(row, journal[0] if journal else "", prev)
    answered = connection.execute("SELECT max(seq) FROM deliveries").fetchone()[0]
    if answered is not None and answered > seq:
        raise JournalDamaged("the last lines are missing", seq + 1)


def _hash_of_whole(
    row: tuple[int, str, str | None, str, str, bytes, str], journal: str, prev: str
) -> str:
    """The line's own, worked out again; the stored one must be the same."""
    seq, kind, number, head_text, body_text, signature, stored = row
    try:
        head = Head(**json.loads(head_text))
    except (ValueError, TypeError) as error:
        raise JournalDamaged("a head that is none", seq) from error
    if (head.seq, head.kind, head.number, head.journal) != (seq, kind, number, journal):
        raise JournalDamaged("a head and its row differ", seq)
    if head.canonical() != head_text.encode():
        raise JournalDamaged("a head's bytes are changed", seq)
    if head.body_sha256 != hashlib.sha256(body_text.encode()).hexdigest():
        raise JournalDamaged("a body is changed", seq)
    if head.prev != prev:
        raise JournalDamaged("the chain is broken", seq)
    if stored != hashlib.sha256(head_text.encode() + signature).hexdigest():
        raise JournalDamaged("a line's hash is wrong", seq)
    return stored
