"""The journal's tables. Lines are append-only: triggers refuse every change.

An acceptance touches three b-trees (lines, its number, its subjects), because each page
touched is 4 kB to encrypt and to flush. A line without a row in `deliveries` waits; the next number
of a block follows from the last acceptance in it.
"""

TABLES = """
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
