"""The journal's tables. Lines are append-only: triggers refuse every change."""

TABLES = """
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lines (
    seq INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    number TEXT,
    subject TEXT,
    head TEXT NOT NULL,
    body TEXT NOT NULL,
    signature BLOB NOT NULL,
    hash TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS accepted_numbers ON lines (number) WHERE kind = 'accepted';
CREATE INDEX IF NOT EXISTS lines_of_number ON lines (number);
CREATE INDEX IF NOT EXISTS lines_of_subject ON lines (subject) WHERE subject IS NOT NULL;
CREATE TRIGGER IF NOT EXISTS lines_stay BEFORE UPDATE ON lines
    BEGIN SELECT RAISE(ABORT, 'lines are append-only'); END;
CREATE TRIGGER IF NOT EXISTS lines_remain BEFORE DELETE ON lines
    BEGIN SELECT RAISE(ABORT, 'lines are append-only'); END;
-- What changes about a line stands outside the chain.
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY REFERENCES lines (seq),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'settled', 'refused')),
    code TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS undelivered ON deliveries (seq) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS blocks (
    id INTEGER PRIMARY KEY,
    hall TEXT NOT NULL, year INTEGER NOT NULL, epoch INTEGER NOT NULL,
    next INTEGER NOT NULL, last INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS matters (
    code TEXT PRIMARY KEY, content TEXT NOT NULL, pinyin TEXT NOT NULL, initials TEXT NOT NULL
);
"""
