"""Lines as the journal's file keeps them."""

import json
from typing import TYPE_CHECKING

from clerk_client.journal.errors import JournalDamaged
from clerk_client.wire.attachments import named_in
from clerk_client.wire.lines import Head, Line

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

COLUMNS = "head, body, signature"
"""What `line_of` wants of a row, in this order."""


def line_of(row: tuple[str, str, bytes]) -> Line:
    """The line in a row. Raises JournalDamaged when it is none."""
    try:
        return Line(Head(**json.loads(row[0])), json.loads(row[1]), bytes(row[2]))
    except (ValueError, TypeError) as error:
        raise JournalDamaged("a row that is no line") from error


def insert_line(
    connection: "sqlcipher.Connection", line: Line, body: bytes, subjects: tuple[str, ...]
) -> None:
    """`body` is the canonical text of the line's."""
    head = line.head
    connection.executemany(
        "INSERT OR IGNORE INTO subjects VALUES (?, ?)", [(s, head.seq) for s in subjects]
    )
    connection.executemany(
        "INSERT INTO attached VALUES (?, ?)", [(s, head.seq) for s in named_in(line.body) or ()]
    )
    connection.execute(
        "INSERT INTO lines (seq, kind, number, head, body, signature, hash) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            head.seq,
            head.kind,
            head.number,
            head.canonical().decode(),
            body.decode(),
            line.signature,
            line.hash,
        ),
    )
