"""暂存 over a locked window: who comes back with their key goes on where they were."""

import logging
from collections.abc import Sequence
from datetime import datetime, time

from pydantic import TypeAdapter, ValidationError

from clerk_client.desk.forms import Draft
from clerk_client.domain.clock import HALL_OFFSET, Clock, hall_day
from clerk_client.journal.drafts import KeptDrafts
from clerk_client.journal.errors import JournalError
from clerk_client.journal.store import Journal

log = logging.getLogger(__name__)

_FORMAT = TypeAdapter(Draft)


class Drafts:
    """Kept for a clerk's staff number, to the end of the hall's day.

    Not for their certificate: a renewed key is still the same clerk's. Whose number it is, the hall
    says after key and PIN; nobody else's is ever asked for.
    """

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._kept = KeptDrafts(journal)
        self._clock = clock

    def keep(self, clerk: str, drafts: Sequence[Draft]) -> None:
        """Durable when it returns. Raises JournalError; then none of them is kept."""
        contents = [_FORMAT.dump_json(draft).decode() for draft in drafts]
        self._kept.keep(clerk, contents, self._clock.now())

    def take(self, clerk: str) -> list[Draft]:
        """Today's, in the order they were kept in, and not kept any longer. Raises JournalError."""
        drafts = []
        for content in self._kept.take(clerk, self._morning()):
            try:
                drafts.append(_FORMAT.validate_json(content))
            except ValidationError as error:
                # Of another version. The error's own text quotes the content.
                log.warning("a kept draft does not fit: %d faults", error.error_count())
        return drafts

    def forget(self, clerk: str) -> None:
        """Destroys the clerk's. Raises JournalError."""
        self._kept.forget(clerk)

    def forget_earlier_days(self) -> None:
        """Destroys everybody's of the days before. `take` passes over what cannot be destroyed."""
        try:
            self._kept.forget_before(self._morning())
        except JournalError as error:
            log.warning("drafts of earlier days not destroyed: %s", error.code)

    def _morning(self) -> datetime:
        return datetime.combine(hall_day(self._clock.now()), time.min, HALL_OFFSET)
