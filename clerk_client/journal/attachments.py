"""Captured material on its way to the hall, kept in the journal's encrypted file.

It is sent before the first line that names it. The hall may be put back from an older copy and ask
for it again, so it is kept for a week after it has both; then it is destroyed, and so is at the end
of its day what no line names.
"""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from clerk_client.domain.clock import HALL_OFFSET, hall_day, rfc3339
from clerk_client.journal.errors import AttachmentTooLarge, JournalError
from clerk_client.wire.attachments import LARGEST

if TYPE_CHECKING:
    from clerk_client.journal.store import Journal

log = logging.getLogger(__name__)

_KEPT_AFTER_SENT = timedelta(days=7)


class Attachments:
    """May be asked from any thread. Every method raises JournalError."""

    def __init__(self, journal: "Journal") -> None:
        self._journal = journal

    def keep_attachment(self, content: bytes, media_type: str, moment: datetime) -> str:
        """Its SHA-256, by which a line's body names it. Durable when it returns; again is harmless.

        What it really is, the hall finds out by its content. Raises AttachmentTooLarge.
        """
        if len(content) > LARGEST:
            raise AttachmentTooLarge(len(content))
        sha256 = hashlib.sha256(content).hexdigest()
        with self._journal.changing() as connection:
            connection.execute(
                "INSERT INTO attachments (sha256, media_type, kept_at, content) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (sha256) DO UPDATE SET kept_at = excluded.kept_at",
                (sha256, media_type, rfc3339(moment), content),
            )
        return sha256

    def content(self, sha256: str) -> bytes | None:
        """What was kept; None for what is not here, or not any more."""
        with self._journal.changing() as connection:
            row = connection.execute(
                "SELECT content FROM attachments WHERE sha256 = ?", (sha256,)
            ).fetchone()
        return bytes(row[0]) if row else None

    def unsent(self, named: Sequence[str]) -> list[str]:
        """Those that are here and that the hall has not got yet, in the same order."""
        with self._journal.changing() as connection:
            return [
                each
                for each in named
                if connection.execute(
                    "SELECT 1 FROM attachments WHERE sha256 = ? AND sent_at IS NULL", (each,)
                ).fetchone()
            ]

    def note_sent(self, sha256: str, moment: datetime) -> None:
        """The hall has it."""
        with self._journal.changing() as connection:
            connection.execute(
                "UPDATE attachments SET sent_at = ? WHERE sha256 = ?", (rfc3339(moment), sha256)
            )

    def send_again(self, named: Sequence[str]) -> bool:
        """The hall lacks some of these, whatever it said before. False when one is not here."""
        with self._journal.changing() as connection:
            rows = [
                connection.execute(
                    "UPDATE attachments SET sent_at = NULL WHERE sha256 = ?", (each,)
                )
                for each in named
            ]
        return all(row.rowcount for row in rows)

    def destroy_done(self, moment: datetime) -> int:
        """What the hall has had long enough, with every line that names it, and what was captured
        on an earlier day for no line. How many were destroyed."""
        long_ago = rfc3339(moment - _KEPT_AFTER_SENT)
        morning = rfc3339(datetime.combine(hall_day(moment), time.min, HALL_OFFSET))
        with self._journal.changing() as connection:
            gone = connection.execute(_DESTROY_DONE, (long_ago, morning)).rowcount
        if gone:
            log.info("attachments destroyed: %d", gone)
            try:
                self._journal.clear_away()
            except JournalError as error:
                # Deleted they are; the log, encrypted too, holds them until it is written back.
                log.warning("destroyed attachments not cleared away: %s", error.code)
        return int(gone)


_DESTROY_DONE = """
DELETE FROM attachments WHERE (
    sent_at < ? AND EXISTS (SELECT 1 FROM attached WHERE attached.sha256 = attachments.sha256)
    AND NOT EXISTS (
        SELECT 1 FROM attached JOIN unanswered USING (seq)
        WHERE attached.sha256 = attachments.sha256
    )
) OR (
    kept_at < ?
    AND NOT EXISTS (SELECT 1 FROM attached WHERE attached.sha256 = attachments.sha256)
)
"""
