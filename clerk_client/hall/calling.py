"""What a route may ask for: the hall, the moment, who calls, and the right to.

Cheap dependencies are coroutines: FastAPI would send plain functions through a thread each.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path as FilePath
from typing import Annotated

from cryptography import x509
from fastapi import Depends, Path, Request
from pydantic import BeforeValidator
from sqlalchemy import Engine

from clerk_client.domain.clock import Clock
from clerk_client.hall.access import auth
from clerk_client.hall.access.proofs import Proof, SpentProofs, checked_proof, spent_proofs
from clerk_client.hall.access.revoking import RevocationLists
from clerk_client.hall.access.rights import RIGHTS
from clerk_client.hall.errors import TokenExpired

PREFIX = "/api/v1"
LARGEST = 2**53
"""Of the whole numbers that JSON carries unharmed."""

Number = Annotated[str, Path(min_length=1, max_length=80)]


def _as_written(typed: object) -> object:
    # pydantic would take a number for seconds since 1970.
    if isinstance(typed, str) and len(typed) != len("2026-11-21"):
        raise ValueError("a day like 2026-11-21")
    return typed


Day = Annotated[date, BeforeValidator(_as_written)]


@dataclass(frozen=True, slots=True)
class Hall:
    """What the routes work on. `public_url` is how stations reach the service through a proxy.

    `revocation_lists` is the folder that IT's job fills; `recovery_certificate` is PEM or empty.
    """

    engine: Engine
    authorities: Sequence[x509.Certificate]
    clock: Clock
    public_url: str = ""
    revocation_lists: FilePath | None = None
    recovery_certificate: str = ""
    spent: SpentProofs = field(init=False)
    revoked: RevocationLists = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "spent", spent_proofs(self.engine))
        revoked = RevocationLists(self.revocation_lists, self.authorities)
        object.__setattr__(self, "revoked", revoked)


async def _this_hall(request: Request) -> Hall:
    hall: Hall = request.app.state.hall
    return hall


async def _moment(request: Request) -> datetime:
    hall: Hall = request.app.state.hall
    return hall.clock.now()


async def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def proof_of(request: Request, token: str = "") -> Proof:
    """The call's DPoP proof, checked but not spent. Raises ProofWrong."""
    hall: Hall = request.app.state.hall
    origin = hall.public_url or f"{request.url.scheme}://{request.url.netloc}"
    return checked_proof(
        request.headers.get("dpop", ""),
        request.method,
        # Not request.url.path: a proof is made over the path as sent, still quoted.
        origin + request.scope["raw_path"].decode("ascii"),
        hall.clock.now(),
        token,
    )


def token_of(request: Request) -> str:
    """The access token as sent. Raises TokenExpired without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "dpop" or not token:
        raise TokenExpired
    return token


def allowed(request: Request) -> auth.Session | None:
    """The session that may make this call, by `rights.RIGHTS`; None where none is needed.

    Stands before every route. Raises RightMissing and what `auth.session_of` raises.
    """
    path = request.scope["route"].path.removeprefix(PREFIX)
    roles = RIGHTS[(request.method, path)]
    if roles is None:
        return None
    token = token_of(request)
    hall: Hall = request.app.state.hall
    proof = proof_of(request, token)
    now = hall.clock.now()
    session = auth.session_of(hall.engine, hall.spent, hall.revoked, token, proof, now)
    session.ensure(*roles)
    request.state.session = session
    return session


async def _session(session: Annotated[auth.Session | None, Depends(allowed)]) -> auth.Session:
    assert session is not None, "a route that asks who calls is open to everybody"
    return session


TheHall = Annotated[Hall, Depends(_this_hall)]
Now = Annotated[datetime, Depends(_moment)]
Address = Annotated[str, Depends(_address)]
SignedIn = Annotated[auth.Session, Depends(_session)]
