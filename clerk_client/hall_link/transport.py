"""One exchange with the hall: proof, token, deadline, and what each kind of bad end means.

Every path out is a HallError kind. A proxy of the desktop is never used: a hall stands in the
hall's own network.
"""

import io
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import requests
from pydantic import BaseModel, ValidationError
from urllib3.exceptions import HTTPError

from clerk_client.domain.clock import Clock
from clerk_client.hall_link.credentials import Credentials
from clerk_client.hall_link.errors import (
    HallCertificateUnfit,
    HallFailing,
    HallGarbled,
    HallRefused,
    HallSessionEnded,
    HallUnreachable,
)
from clerk_client.hall_link.station_key import StationKey
from clerk_client.settings import SettingsBroken
from clerk_client.wire import messages as m

Message = TypeVar("Message", bound=BaseModel)
_LARGEST_ANSWER = 8 * 1024 * 1024
_LONGEST_PAUSE_S = 3600
# OpenSSL's X509_V_ERR_ numbers.
_WHY_UNFIT = {
    **dict.fromkeys((9, 10), "dates"),
    **dict.fromkeys((2, 18, 19, 20, 21), "issuer"),
    **dict.fromkeys((62, 64), "name"),
}


class Transport:
    """For one thread: a requests session is not safe to share.

    `ca_file`, a PEM that was tried before, is trusted in place of the system's authorities.
    """

    def __init__(
        self,
        url: str,
        station_key: StationKey,
        credentials: Credentials,
        clock: Clock,
        timeout: tuple[float, float],
        ca_file: Path | None,
    ) -> None:
        self._url = url.rstrip("/") + "/api/v1/"
        self._key = station_key
        self._credentials = credentials
        self._clock = clock
        self._timeout = timeout
        self._session = requests.Session()
        # Also leaves out REQUESTS_CA_BUNDLE: whom to trust is told in station.toml alone.
        self._session.trust_env = False
        self._session.verify = True if ca_file is None else str(ca_file)
        self._session.headers.update({"Clerk-Contract": m.CONTRACT, "Accept": "application/json"})

    def close(self) -> None:
        """Drops the connections."""
        self._session.close()

    def exchange(
        self,
        method: str,
        path: str,
        *,
        body: BaseModel | bytes | None = None,
        query: dict[str, str] | None = None,
        token: str = "",
        timeout: tuple[float, float] | None = None,
    ) -> bytes:
        """The body of a good answer. A body of bytes goes as it is."""
        url = self._url + path
        moment = self._clock.now() + self._credentials.hall_ahead
        headers = {"DPoP": self._key.proof(method, url, moment, token)}
        if token:
            headers["Authorization"] = f"DPoP {token}"
        content: bytes | io.BytesIO | None = None
        if isinstance(body, bytes):
            headers["Content-Type"] = "application/octet-stream"
            # As a file it goes in pieces, each within the deadline; 10 MB at once would not.
            content = io.BytesIO(body)
        elif body is not None:
            headers["Content-Type"] = "application/json"
            content = body.model_dump_json().encode()
        try:
            response = self._session.request(
                method,
                url,
                params=query,
                data=content,
                headers=headers,
                timeout=timeout or self._timeout,
                allow_redirects=False,
                stream=True,
            )
            with response:
                answer: bytes = response.raw.read(_LARGEST_ANSWER + 1, decode_content=True)
        except (requests.RequestException, HTTPError, OSError) as error:
            unfit = _certificate_error(error)
            if unfit is not None:
                reason = _WHY_UNFIT.get(unfit.verify_code, "")
                raise HallCertificateUnfit(reason, unfit.verify_message) from error
            raise HallUnreachable(type(error).__name__) from error
        if len(answer) > _LARGEST_ANSWER:
            raise HallGarbled("answer too large")
        if response.status_code >= 500:
            raise HallFailing(response.status_code)
        if not 200 <= response.status_code < 300:
            raise _refusal(response.status_code, answer, response.headers)
        return answer


def checked_ca_file(place: Path | None) -> Path | None:
    """The same file, tried. Raises SettingsBroken for one that holds no authority."""
    if place is not None:
        try:
            ssl.create_default_context(cafile=str(place))
        except OSError as error:
            raise SettingsBroken(place, str(error)) from error
    return place


def understood(answer: type[Message], content: bytes) -> Message:
    """The answer's message. Raises HallGarbled."""
    try:
        return answer.model_validate_json(content)
    except ValidationError as error:
        raise HallGarbled("not the contract's answer") from error


def _refusal(status: int, content: bytes, headers: Mapping[str, str]) -> HallRefused | HallGarbled:
    try:
        problem = m.Problem.model_validate_json(content)
    except ValidationError:
        # A proxy's login page, another service on that port: not the hall's word.
        return HallGarbled(f"HTTP {status}")
    kind = HallSessionEnded if status == 401 else HallRefused
    return kind(status, problem.code, problem.facts, _pause(headers.get("Retry-After", "")))


def _pause(told: str) -> int:
    """Retry-After in seconds. Its other form, a date, depends on a clock that may be off."""
    # Digits beyond nine are no pause but an attack, or a mistake.
    is_count = told.isascii() and told.isdigit() and len(told) < 10
    return min(int(told), _LONGEST_PAUSE_S) if is_count else 0


def _certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """What OpenSSL said, from inside what urllib3 and requests wrapped around it."""
    for each in _inside(error, 8):
        if isinstance(each, ssl.SSLCertVerificationError):
            return each
    return None


def _inside(error: BaseException, depth: int) -> Iterator[BaseException]:
    yield error
    if depth:
        around = (*error.args, getattr(error, "reason", None), error.__cause__, error.__context__)
        for each in around:
            if isinstance(each, BaseException) and each is not error:
                yield from _inside(each, depth - 1)
