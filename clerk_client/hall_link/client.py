"""The contract's calls as methods that take and give the domain's values.

One HallClient per thread: a requests session is not safe to share. They share a `Credentials`, so
that a renewed token serves all of them.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, timedelta
from typing import TypeVar
from urllib.parse import quote

import requests
from pydantic import BaseModel, ValidationError
from urllib3.exceptions import HTTPError

from clerk_client.domain.appointments import Appointment
from clerk_client.domain.clock import Clock, from_rfc3339
from clerk_client.domain.matters import Matter
from clerk_client.domain.numbers import NumberBlock
from clerk_client.domain.tallies import Tally
from clerk_client.domain.tickets import QueueTicket, TicketReference
from clerk_client.hall_link import answers
from clerk_client.hall_link.errors import (
    HallFailing,
    HallGarbled,
    HallRefused,
    HallSessionEnded,
    HallUnavailable,
    HallUnreachable,
)
from clerk_client.hall_link.station_key import StationKey
from clerk_client.wire import messages as m
from clerk_client.wire.lines import Line

log = logging.getLogger(__name__)

Message = TypeVar("Message", bound=BaseModel)
_PAGE = 200
_LARGEST_ANSWER = 8 * 1024 * 1024


class Credentials:
    """The token of the clerk who is signed in, shared by every thread that talks to the hall."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token = ""
        self._renew: Callable[[], str] | None = None
        self.hall_ahead = timedelta(0)
        self.knows_hall_time = False
        """The hall has told its time since this client was started."""

    @property
    def token(self) -> str:
        """Empty when nobody is signed in."""
        return self._token

    def begin(self, token: str, renew: Callable[[], str]) -> None:
        """`renew` lets the key sign a fresh challenge, without a PIN, and gives the new token."""
        with self._lock:
            self._token, self._renew = token, renew

    def end(self) -> str:
        """Forgets the token, and gives it so that the hall can be told."""
        with self._lock:
            token, self._token, self._renew = self._token, "", None
            return token

    def renewed(self, spent: str) -> str:
        """A token other than `spent`, or an empty text when nobody is signed in.

        Whoever comes second with the same spent token gets what the first one renewed.
        """
        with self._lock:
            if self._token == spent and self._renew is not None:
                self._token = self._renew()
            return self._token if self._token != spent else ""


class HallClient:
    """Talks to one hall. Raises only HallError kinds."""

    def __init__(
        self,
        url: str,
        station_key: StationKey,
        credentials: Credentials,
        clock: Clock,
        timeout: tuple[float, float] = (3.0, 8.0),
    ) -> None:
        self._url = url.rstrip("/") + "/api/v1/"
        self._key = station_key
        self._credentials = credentials
        self._clock = clock
        self._timeout = timeout
        self._session = requests.Session()
        # A hall stands in the hall's own network: a proxy of the desktop has no business there.
        self._session.trust_env = False
        self._session.headers.update({"Clerk-Contract": m.CONTRACT, "Accept": "application/json"})

    def close(self) -> None:
        """Drops the connections."""
        self._session.close()

    # --- sign-in ---

    def challenge(self, station: str, cert_sha256: str) -> m.Challenge:
        """A nonce to be signed within 60 s."""
        body = m.ChallengeRequest(station=station, cert_sha256=cert_sha256)
        return self._call("POST", "auth/challenge", m.Challenge, body=body, signed=False)

    def token(self, request: m.TokenRequest) -> m.TokenAnswer:
        """Who signed in. Raises HallRefused with the reason as its code."""
        return self._call("POST", "auth/token", m.TokenAnswer, body=request, signed=False)

    def enrol(self, request: m.StationRequest) -> m.StationAnswer:
        """Publishes this station's key. Repeating it with the same key changes nothing."""
        return self._call("POST", "stations", m.StationAnswer, body=request, signed=False)

    def sign_out(self, token: str) -> None:
        """Ends that token's session at the hall."""
        self._exchange("DELETE", "auth/session", None, None, token)

    # --- look-ups ---

    def health(self) -> m.HealthAnswer:
        """The hall is there and its database answers."""
        answer = self._call("GET", "health", m.HealthAnswer, signed=False)
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
        try:
            content = self._exchange("GET", "health", None, None, "", timeout=(1.0, 1.0))
            self.learn_time(_understood(m.HealthAnswer, content).hall_time)
        except HallUnavailable as error:
            log.info("hall not reached: %s", error.code)
            return False
        except HallRefused as error:
            # It is there and speaks the contract; whether it takes records is told when they come.
            log.warning("hall's health refused: %s", error.code)
        return True

    def trust(self) -> m.TrustAnswer:
        """Authorities and stations' keys, for checking papers and lines."""
        return self._call("GET", "trust", m.TrustAnswer, signed=False)

    def matters(self, since: int) -> tuple[int, tuple[Matter, ...]]:
        """The catalogue's version, and the matters changed after `since`, following every page."""
        pages: list[m.CatalogueAnswer] = []
        after = ""
        while True:
            query = {"since": str(since), "after": after, "limit": str(_PAGE)}
            page = self._call("GET", "matters", m.CatalogueAnswer, query=query)
            pages.append(page)
            if not page.next or page.next == after:
                break
            after = page.next
        # The first page's version: what changed while the others were read comes again next time.
        return pages[0].version, tuple(answers.matters(pages))

    def ticket(self, reference: TicketReference) -> QueueTicket:
        """Raises HallRefused TICKET_UNKNOWN."""
        query = {"day": reference.day.isoformat()}
        answer = self._call("GET", f"tickets/{reference.number}", m.TicketAnswer, query=query)
        return answers.ticket(answer)

    def appointment(self, number: str) -> Appointment:
        """Raises HallRefused APPOINTMENT_UNKNOWN."""
        answer = self._call("GET", "appointments/" + quote(number, safe=""), m.AppointmentAnswer)
        return answers.appointment(answer)

    # --- numbers, records, tallies ---

    def lease(self, journal: str, key: str, count: int) -> NumberBlock:
        """Numbers for this journal alone. The same `key` gets the same block again."""
        body = m.NumberBlockRequest(journal=journal, key=key, count=count)
        answer = self._call("POST", "number-blocks", m.NumberBlockAnswer, body=body)
        return NumberBlock(answer.hall, answer.year, answer.epoch, answer.first, answer.last)

    def send(self, lines: Sequence[Line]) -> m.RecordsAnswer:
        """Hands lines in; an answer each. Safe to repeat: a line is known by its key."""
        body = m.RecordsRequest(lines=[line.to_json() for line in lines])
        return self._call("POST", "records", m.RecordsAnswer, body=body)

    def tally(self, first: date, last: date) -> Tally:
        """The hall's counts per department and category."""
        query = {"from": first.isoformat(), "to": last.isoformat(), "by": "department"}
        answer = self._call("GET", "tallies", m.TallyAnswer, query=query)
        return answers.tally(answer)

    # --- one call ---

    def _call(
        self,
        method: str,
        path: str,
        answer: type[Message],
        *,
        body: BaseModel | None = None,
        query: dict[str, str] | None = None,
        signed: bool = True,
    ) -> Message:
        token = self._credentials.token if signed else ""
        try:
            content = self._exchange(method, path, body, query, token)
        except HallSessionEnded as error:
            renewed = self._credentials.renewed(token) if error.code == "TOKEN_EXPIRED" else ""
            if not renewed:
                raise
            content = self._exchange(method, path, body, query, renewed)
        return _understood(answer, content)

    def _exchange(
        self,
        method: str,
        path: str,
        body: BaseModel | None,
        query: dict[str, str] | None,
        token: str,
        timeout: tuple[float, float] | None = None,
    ) -> bytes:
        """The body of a good answer."""
        url = self._url + path
        moment = self._clock.now() + self._credentials.hall_ahead
        headers = {"DPoP": self._key.proof(method, url, moment, token)}
        if token:
            headers["Authorization"] = f"DPoP {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            response = self._session.request(
                method,
                url,
                params=query,
                data=None if body is None else body.model_dump_json().encode(),
                headers=headers,
                timeout=timeout or self._timeout,
                allow_redirects=False,
                stream=True,
            )
            with response:
                content: bytes = response.raw.read(_LARGEST_ANSWER + 1, decode_content=True)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise HallUnreachable(type(error).__name__) from error
        if len(content) > _LARGEST_ANSWER:
            raise HallGarbled("answer too large")
        if response.status_code >= 500:
            raise HallFailing(response.status_code)
        if not 200 <= response.status_code < 300:
            raise _refusal(response.status_code, content)
        return content


def _understood(answer: type[Message], content: bytes) -> Message:
    try:
        return answer.model_validate_json(content)
    except ValidationError as error:
        raise HallGarbled("not the contract's answer") from error


def _refusal(status: int, content: bytes) -> HallRefused | HallGarbled:
    try:
        problem = m.Problem.model_validate_json(content)
    except ValidationError:
        # A proxy's login page, another service on that port: not the hall's word.
        return HallGarbled(f"HTTP {status}")
    kind = HallSessionEnded if status == 401 else HallRefused
    return kind(status, problem.code, problem.facts)
