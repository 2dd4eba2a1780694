"""The contract's calls as methods that take and give the domain's values.

One HallClient per thread. They share a `Credentials`, so that a renewed token serves all of them.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from clerk_client.domain.appointments import Appointment
from clerk_client.domain.base_data import BaseDatabase, Comparison
from clerk_client.domain.clock import Clock, from_rfc3339
from clerk_client.domain.matters import Matter
from clerk_client.domain.numbers import NumberBlock, is_official_number
from clerk_client.domain.people import IdentityDocument
from clerk_client.domain.tallies import Tally
from clerk_client.domain.tickets import QueueTicket, TicketReference
from clerk_client.hall_link import answers
from clerk_client.hall_link.credentials import Credentials
from clerk_client.hall_link.errors import (
    HallGarbled,
    HallRefused,
    HallSessionEnded,
    HallUnavailable,
)
from clerk_client.hall_link.station_key import StationKey
from clerk_client.hall_link.transport import Transport, understood
from clerk_client.wire import messages as m
from clerk_client.wire.base_data import BaseLookupAnswer, BaseLookupRequest, DraftReason
from clerk_client.wire.lines import Line

__all__ = ["CatalogueChanges", "Credentials", "HallClient"]

log = logging.getLogger(__name__)

Message = TypeVar("Message", bound=BaseModel)
_PAGE = 200
_MOST_PAGES = 1000


class CatalogueChanges(NamedTuple):
    """What the hall changed; `version` is the one to ask from next time. `bases` are all it has."""

    version: int
    matters: tuple[Matter, ...]
    workdays: tuple[m.WorkdayMessage, ...]
    bases: tuple[BaseDatabase, ...]


class HallClient:
    """Talks to one hall. Raises only HallError kinds."""

    def __init__(
        self,
        url: str,
        station_key: StationKey,
        credentials: Credentials,
        clock: Clock,
        timeout: tuple[float, float] = (3.0, 8.0),
        ca_file: Path | None = None,
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._transport = Transport(url, station_key, credentials, clock, timeout, ca_file)

    def close(self) -> None:
        """Drops the connections."""
        self._transport.close()

    # --- sign-in ---

    def challenge(self, station: str, cert_sha256: str) -> m.Challenge:
        """A nonce to be signed within 60 s."""
        body = m.ChallengeRequest(station=station, cert_sha256=cert_sha256)
        return self.call("POST", "auth/challenge", m.Challenge, body=body, signed=False)

    def token(self, request: m.TokenRequest) -> m.TokenAnswer:
        """Who signed in. Raises HallRefused with the reason as its code."""
        return self.call("POST", "auth/token", m.TokenAnswer, body=request, signed=False)

    def enrol(self, request: m.StationRequest) -> m.StationAnswer:
        """Publishes this station's key. Repeating it with the same key changes nothing."""
        return self.call("POST", "stations", m.StationAnswer, body=request, signed=False)

    def session(self) -> m.SessionAnswer:
        """Who is signed in, as the hall sees it now. Raises HallRefused when nobody is any more."""
        return self.call("GET", "auth/session", m.SessionAnswer)

    def sign_out(self, token: str) -> None:
        """Ends that token's session at the hall."""
        self._transport.exchange("DELETE", "auth/session", token=token)

    # --- look-ups ---

    def health(self) -> m.HealthAnswer:
        """The hall is there and its database answers."""
        answer = self.call("GET", "health", m.HealthAnswer, signed=False)
        self.learn_time(answer.hall_time)
        return answer

    def learn_time(self, hall_time: str) -> None:
        """Keeps how far the hall's clock is ahead of this station's. Raises HallGarbled."""
        try:
            ahead = from_rfc3339(hall_time) - self._clock.now().astimezone(UTC)
        except ValueError as error:
            raise HallGarbled("hall_time") from error
        self._credentials.hall_ahead = ahead
        self._credentials.knows_hall_time = True

    def is_reachable(self) -> bool:
        """The hall answers now. Asks with a short patience: 1 s to connect, 1 s to answer."""
        return self.away() is None

    def away(self) -> HallUnavailable | None:
        """Why the hall cannot be worked with now, or None; asks as `is_reachable` does."""
        try:
            content = self._transport.exchange("GET", "health", timeout=(1.0, 1.0))
            self.learn_time(understood(m.HealthAnswer, content).hall_time)
        except HallUnavailable as error:
            log.info("hall not reached: %s", error.code)
            return error
        except HallRefused as error:
            # It is there and speaks the contract; whether it takes records is told when they come.
            log.warning("hall's health refused: %s", error.code)
        return None

    def trust(self) -> m.TrustAnswer:
        """Authorities and stations' keys, for checking papers and lines."""
        return self.call("GET", "trust", m.TrustAnswer, signed=False)

    def matters(self, since: int) -> CatalogueChanges:
        """What changed in the catalogue after version `since`, following every page."""
        pages = self.pages("matters", m.CatalogueAnswer, {"since": str(since)}, lambda p: p.next)
        workdays = tuple(day for page in pages for day in page.workdays)
        # The first page's version: what changed while the others were read comes again next time.
        bases = tuple(answers.base(each) for each in pages[0].bases)
        return CatalogueChanges(pages[0].version, tuple(answers.matters(pages)), workdays, bases)

    def ticket(self, reference: TicketReference) -> QueueTicket:
        """Raises HallRefused TICKET_UNKNOWN."""
        query = {"day": reference.day.isoformat()}
        answer = self.call("GET", f"tickets/{reference.number}", m.TicketAnswer, query=query)
        return answers.ticket(answer)

    def appointment(self, number: str) -> Appointment:
        """Raises HallRefused APPOINTMENT_UNKNOWN."""
        answer = self.call("GET", "appointments/" + quote(number, safe=""), m.AppointmentAnswer)
        return answers.appointment(answer)

    def appointments_of(self, day: date, window: str) -> tuple[Appointment, ...]:
        """All of that day that this window may meet, following every page."""
        query = {"day": day.isoformat(), "window": window}
        pages = self.pages("appointments", m.AppointmentsAnswer, query, lambda page: page.next)
        return tuple(answers.appointment(each) for page in pages for each in page.appointments)

    def compare(
        self, base: str, draft: str, document: IdentityDocument, typed: dict[str, str]
    ) -> Comparison:
        """What was typed, by the base's field names; the hall logs it with the draft's key.

        Raises HallRefused BASE_UNKNOWN, RATE_LIMITED.
        """
        body = BaseLookupRequest(
            base=base,
            reason=DraftReason(kind="draft", key=draft),
            document_type=document.type,
            document_number=document.number,
            fields=typed,
        )
        answer = self.call("POST", "base-lookups", BaseLookupAnswer, body=body)
        return answers.comparison(answer, tuple(typed))

    # --- numbers, records, tallies ---

    def lease(self, journal: str, key: str, count: int) -> NumberBlock:
        """Numbers for this journal alone. The same `key` gets the same block again."""
        body = m.NumberBlockRequest(journal=journal, key=key, count=count)
        answer = self.call("POST", "number-blocks", m.NumberBlockAnswer, body=body)
        return NumberBlock(answer.hall, answer.year, answer.epoch, answer.first, answer.last)

    def send(self, lines: Sequence[Line], given: Mapping[str, str]) -> m.RecordsAnswer:
        """Hands lines in; an answer each. Safe to repeat: a line is known by its key.

        `given`: official numbers that the hall gave to some of them before, by their keys.
        """
        told = [
            m.GivenNumber(key=key, official=official)
            for key, official in given.items()
            # Another maker's hall may number otherwise, and then knows nothing of this.
            if is_official_number(official)
        ]
        body = m.RecordsRequest(lines=[line.to_json() for line in lines], given=told)
        return self.call("POST", "records", m.RecordsAnswer, body=body)

    def put_attachment(self, sha256: str, content: bytes) -> None:
        """Before the line that names it; again is harmless. Raises HallRefused."""
        self._exchanged("PUT", f"attachments/{sha256}", body=content)

    def tally(self, first: date, last: date) -> Tally:
        """The hall's counts per department and category."""
        query = {"from": first.isoformat(), "to": last.isoformat(), "by": "department"}
        answer = self.call("GET", "tallies", m.TallyAnswer, query=query)
        return answers.tally(answer)

    # --- one call ---

    def pages(
        self,
        path: str,
        answer: type[Message],
        query: dict[str, str],
        next_of: Callable[[Message], str],
    ) -> list[Message]:
        """All pages of a list; `next_of` names what the next one begins after."""
        pages: list[Message] = []
        after = ""
        while len(pages) < _MOST_PAGES:
            asked = {**query, "after": after, "limit": str(_PAGE)}
            pages.append(self.call("GET", path, answer, query=asked))
            following = next_of(pages[-1])
            if not following or following == after:
                return pages
            after = following
        raise HallGarbled("pages without an end")

    def call(
        self,
        method: str,
        path: str,
        answer: type[Message],
        *,
        body: BaseModel | None = None,
        query: dict[str, str] | None = None,
        signed: bool = True,
    ) -> Message:
        """Any call of the contract; `signed` as whoever is signed in. Raises HallError."""
        return understood(
            answer, self._exchanged(method, path, body=body, query=query, signed=signed)
        )

    def _exchanged(
        self,
        method: str,
        path: str,
        *,
        body: BaseModel | bytes | None = None,
        query: dict[str, str] | None = None,
        signed: bool = True,
    ) -> bytes:
        token = self._credentials.token if signed else ""
        exchange = self._transport.exchange
        try:
            return exchange(method, path, body=body, query=query, token=token)
        except HallSessionEnded as error:
            renewed = self._credentials.renewed(token) if error.code == "TOKEN_EXPIRED" else ""
            if not renewed:
                raise
            return exchange(method, path, body=body, query=query, token=renewed)
