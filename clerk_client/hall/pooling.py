"""Two habits of an engine's connections: writers of SQLite take turns, and a connection of
PostgreSQL that lay idle is tried before it is used."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.pool import Pool

WAIT_FOR_WRITER = 5
"""Seconds. A writer holds SQLite for a few milliseconds, and a client gives up after 8 s: it must
hear what is wrong before that."""

# Seconds. A connection that was just used is not asked whether it still works: among calls that
# follow each other that would be every fifth statement.
_SURE_FOR = 1.0
# By pool, which an engine shares with those of other options.
_TURNS: WeakKeyDictionary[Pool, threading.Lock] = WeakKeyDictionary()


def keep_turns(engine: Engine) -> None:
    """Writers of this process come one after another."""
    _TURNS[engine.pool] = threading.Lock()


@contextmanager
def turn(engine: Engine) -> Iterator[None]:
    """This writer's. Raises sqlalchemy.exc.TimeoutError.

    SQLite itself has no queue: whoever finds it taken sleeps and looks again, and of forty some
    never find it free.
    """
    turns = _TURNS.get(engine.pool)
    if turns is None:
        yield
        return
    if not turns.acquire(timeout=WAIT_FOR_WRITER):
        raise NoConnectionFree("others write")
    try:
        yield
    finally:
        turns.release()


def look_before_use(engine: Engine) -> None:
    """Tries connections of PostgreSQL that lay idle; the pool replaces those that are dead."""
    event.listen(engine, "checkin", _note_end)
    event.listen(engine, "checkout", _ensure_alive)


def _note_end(_connection: object, record: Any) -> None:
    record.info[_note_end] = time.monotonic()


def _ensure_alive(dbapi_connection: Any, record: Any, _proxy: object) -> None:
    used = record.info.get(_note_end)
    if used is None or time.monotonic() - used < _SURE_FOR:
        return
    before = dbapi_connection.autocommit
    try:
        dbapi_connection.autocommit = True
        dbapi_connection.execute("SELECT 1")
        dbapi_connection.autocommit = before
    except psycopg.Error as error:
        # All that are as old are as dead; this one is replaced.
        raise InvalidatePoolError from error
