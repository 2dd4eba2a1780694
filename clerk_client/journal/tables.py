"""The journal's tables, and the steps that bring an older file to them.

Lines are append-only: triggers refuse every change. An acceptance touches three b-trees (lines, its
number, its subjects), because each page touched is 4 kB to encrypt and to flush. A line without a
row in `deliveries` waits; the next number of a block follows from the last acceptance in it.

A released step never changes: what comes later is a further one.
"""

from typing import TYPE_CHECKING

from clerk_client.journal.errors import JournalNewer

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

_FIRST = """
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- head and body as their canonical bytes (RFC 8785).
CREATE TABLE IF NOT EXISTS lines (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    number TEXT,
    head TEXT NOT NULL,
    body TEXT NOT NULL,
    signature BLOB NOT NULL,
    hash TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS accepted_numbers ON lines (number) WHERE kind = 'accepted';
CREATE INDEX IF NOT EXISTS papers_of_number ON lines (number, kind)
    WHERE number IS NOT NULL AND kind <> 'accepted';
CREATE TABLE IF NOT EXISTS subjects (
    subject TEXT PRIMARY KEY, seq INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS lines_stay BEFORE UPDATE ON lines
    BEGIN SELECT RAISE(ABORT, 'lines are append-only'); END;
CREATE TRIGGER IF NOT EXISTS lines_remain BEFORE DELETE ON lines
    BEGIN SELECT RAISE(ABORT, 'lines are append-only'); END;
-- What the hall answered stands outside the chain.
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY REFERENCES lines (seq),
    state TEXT NOT NULL CHECK (state IN ('settled', 'refused')),
    code TEXT NOT NULL DEFAULT ''
);
CREATE VIEW IF NOT EXISTS unanswered AS SELECT * FROM lines
    WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.seq = lines.seq);
CREATE INDEX IF NOT EXISTS refused ON deliveries (seq) WHERE state = 'refused';
CREATE TABLE IF NOT EXISTS blocks (
    id INTEGER PRIMARY KEY,
    hall TEXT NOT NULL, year INTEGER NOT NULL, epoch INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS matters (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, parent TEXT NOT NULL, content TEXT NOT NULL,
    pinyin TEXT NOT NULL, initials TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS children ON matters (parent) WHERE parent <> '';
-- What a clerk had not finished when the window was locked. Taken out again, or destroyed.
CREATE TABLE IF NOT EXISTS drafts (
    id INTEGER PRIMARY KEY, clerk TEXT NOT NULL, kept_at TEXT NOT NULL, content TEXT NOT NULL
);
"""

_SECOND = """
-- The number that the hall gave to a provisional one.
ALTER TABLE deliveries ADD COLUMN official TEXT NOT NULL DEFAULT '';
-- The same while the line waits to be sent again: a restored hall is told of it.
CREATE TABLE given_before (seq INTEGER PRIMARY KEY, official TEXT NOT NULL);
-- A paper that goes to the printer, until its line stands. Left over: nobody knows.
CREATE TABLE printing (
    number TEXT NOT NULL, reprint INTEGER NOT NULL, since TEXT NOT NULL,
    PRIMARY KEY (number, reprint)
) WITHOUT ROWID;
-- Captured material, and which lines name it: see attachments.py.
CREATE TABLE attachments (
    sha256 TEXT NOT NULL UNIQUE, media_type TEXT NOT NULL, kept_at TEXT NOT NULL, sent_at TEXT,
    content BLOB NOT NULL
);
CREATE TABLE attached (
    sha256 TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (sha256, seq)
) WITHOUT ROWID;
-- Of the hall, for when it is away: see kept.py.
CREATE TABLE kept_appointments (
    number TEXT PRIMARY KEY, day TEXT NOT NULL, content TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE kept_workdays (
    day TEXT PRIMARY KEY, is_workday INTEGER NOT NULL, note TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE kept_trust (one INTEGER PRIMARY KEY CHECK (one = 1), content TEXT NOT NULL);
-- From which line on the hall's day is which: a row a day, so that no acceptance pays for it, and a
-- further one where the clock was set.
CREATE TABLE days (first INTEGER PRIMARY KEY, day TEXT NOT NULL);
CREATE INDEX lines_of_day ON days (day);
INSERT INTO days (first, day)
    SELECT seq, day FROM (
        SELECT seq, day, lag(day) OVER (ORDER BY seq) AS before FROM (
            SELECT seq, date(json_extract(head, '$.done_at'), '+8 hours') AS day FROM lines
        )
    ) WHERE day IS NOT before;
"""

# A file of version n has had the first n steps. Version 0 is an empty file, or one made before
# files had a version: the first step finds its tables there.
_STEPS = (_FIRST + _SECOND,)
VERSION = len(_STEPS)


def bring_forward(connection: "sqlcipher.Connection") -> None:
    """Makes the tables, or adds what an older file lacks: all or nothing.

    Raises JournalNewer, before anything is changed.
    """
    version = version_of(connection)
    for number, step in enumerate(_STEPS[version:], version + 1):
        connection.executescript(f"BEGIN;{step}PRAGMA user_version = {number};COMMIT;")


def version_of(connection: "sqlcipher.Connection") -> int:
    """The file's. Raises JournalNewer for one that this program does not know."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise JournalNewer(version, VERSION)
    return version
