"""What clerks had not finished when their window was locked, kept in the journal's file."""

import logging
from collections.abc import Sequence
from datetime import datetime

from clerk_client.domain.clock import rfc3339
from clerk_client.journal.errors import JournalError
from clerk_client.journal.store import Journal

log = logging.getLogger(__name__)


class KeptDrafts:
    """Texts, each for one clerk. Encrypted like the lines; deleted ones are overwritten."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def keep(self, clerk: str, contents: Sequence[str], moment: datetime) -> None:
        """Adds to what is kept for `clerk`: all or none. Raises JournalError."""
        rows = [(clerk, rfc3339(moment), content) for content in contents]
        with self._journal.changing() as connection:
            connection.executemany(
                "INSERT INTO drafts (clerk, kept_at, content) VALUES (?, ?, ?)", rows
            )

    def take(self, clerk: str, since: datetime) -> list[str]:
        """What was kept for `clerk` since then, in order; it is not kept any longer.

        Raises JournalError; then it is still kept.
        """
        with self._journal.changing() as connection:
            rows = connection.execute(
                "SELECT content FROM drafts WHERE clerk = ? AND kept_at >= ? ORDER BY id",
                (clerk, rfc3339(since)),
            ).fetchall()
            gone = connection.execute("DELETE FROM drafts WHERE clerk = ?", (clerk,)).rowcount
        self._clear_away(gone)
        return [content for (content,) in rows]

    def forget(self, clerk: str) -> None:
        """Destroys what is kept for `clerk`. Raises JournalError."""
        with self._journal.changing() as connection:
            gone = connection.execute("DELETE FROM drafts WHERE clerk = ?", (clerk,)).rowcount
        self._clear_away(gone)

    def forget_before(self, moment: datetime) -> None:
        """Destroys what was kept before, whoever's it is. Raises JournalError."""
        early = rfc3339(moment)
        with self._journal.changing() as connection:
            gone = connection.execute("DELETE FROM drafts WHERE kept_at < ?", (early,)).rowcount
        self._clear_away(gone)

    def _clear_away(self, gone: int) -> None:
        """After the transaction: inside one the log cannot be written back."""
        if not gone:
            return
        try:
            self._journal.clear_away()
        except JournalError as error:
            # Deleted they are; the log, encrypted too, holds them until it is written back.
            log.warning("destroyed drafts not cleared away: %s", error.code)
