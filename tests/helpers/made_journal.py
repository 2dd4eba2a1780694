"""A journal of three signers' lines (RSA, P-256, a station), with the trust that an auditor has.

The keys are made once in a process: an RSA key takes as long as hundreds of checks.
"""

import base64
import json
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from clerk_client.auditing.trust import Trust, load_trust
from clerk_client.demo.authority import BEGINNING, Authority
from clerk_client.domain.clock import rfc3339
from clerk_client.domain.numbers import official_number
from clerk_client.wire.lines import Line
from tests.hall.desk import ClerkKey, Journal, StationKey, clerk_key, rsa_clerk_key
from tests.helpers.small_hall import HALL, WINDOW

START = BEGINNING + timedelta(days=400)


@cache
def authority() -> Authority:
    return Authority()


@cache
def clerks() -> tuple[ClerkKey, ClerkKey]:
    """One on RSA, one on P-256."""
    return (
        rsa_clerk_key(authority(), "张丽", "ZS-0001"),
        clerk_key(authority(), "梁国辉", "ZS-0002"),
    )


@cache
def station() -> StationKey:
    return StationKey()


class MadeJournal(Journal):
    """Lines a minute apart from START on; numbers count from 1."""

    def __init__(self) -> None:
        super().__init__(clerks()[0], station())

    def act(self, clerk: ClerkKey | None = None, body: Any = None, **head: Any) -> Line:
        """An acceptance."""
        number = official_number(HALL, 2026, 1, self.seq + 1)
        head = {"kind": "accepted", "number": number, "matter": "GA-LG", **self._time(), **head}
        applicant = {"applicant": {"name": "欧阳𠮷"}, "materials": ["身份证", None, True, 3]}
        return self.line(clerk or self.clerk, body or applicant, **head)

    def paper(self, **head: Any) -> Line:
        """What the station says by itself."""
        return self.line(
            self.station, {"reprint": 0}, **{"kind": "printed", **self._time(), **head}
        )

    def _time(self) -> dict[str, str]:
        return {"done_at": rfc3339(START + timedelta(minutes=self.seq))}


def made_lines(count: int = 9) -> list[Line]:
    """Acts by both clerks and the station's lines, by turns."""
    journal = MadeJournal()
    rsa, ec = clerks()
    turns = (lambda: journal.act(rsa), lambda: journal.act(ec), journal.paper)
    return [turns[at % 3]() for at in range(count)]


def write_trust(folder: Path, **more: Any) -> Path:
    """What the hall answers to `GET trust`, as a file."""
    answer = {
        "authorities": [authority().pem.decode()],
        "stations": [
            {
                "station": "S01",
                "window": WINDOW,
                "public_key": base64.b64encode(station().public).decode(),
            }
        ],
        **more,
    }
    file = folder / "trust.json"
    file.write_text(json.dumps(answer), encoding="utf-8")
    return file


def write_certificates(folder: Path, *keys: ClerkKey) -> Path:
    """As they lie beside an export."""
    file = folder / "certificates.pem"
    file.write_bytes(
        b"".join(key.certificate.public_bytes(Encoding.PEM) for key in keys or clerks())
    )
    return file


def made_trust(folder: Path) -> Trust:
    return load_trust([write_trust(folder)], [write_certificates(folder)])
