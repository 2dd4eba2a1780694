"""The routes of `/api/v1`: what each needs, whom it is for, and what answers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from cryptography import x509
from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request
from sqlalchemy import Engine

from clerk_client.domain.clerks import Role
from clerk_client.domain.clock import Clock, hall_day, rfc3339
from clerk_client.hall import auth, leasing, lookups, records, stations, tallying
from clerk_client.hall.contract import ContractLayer, answer_with_problems
from clerk_client.hall.errors import TokenExpired
from clerk_client.hall.proofs import Proof, checked_proof
from clerk_client.hall.store import reading, this_hall
from clerk_client.wire.messages import (
    AppointmentAnswer,
    CatalogueAnswer,
    Challenge,
    ChallengeRequest,
    HealthAnswer,
    NumberBlockAnswer,
    NumberBlockRequest,
    RecordsAnswer,
    RecordsRequest,
    SessionAnswer,
    StationAnswer,
    StationRequest,
    TallyAnswer,
    TicketAnswer,
    TokenAnswer,
    TokenRequest,
    TrustAnswer,
)

_LARGEST = 2**53

Number = Annotated[str, Path(max_length=80)]


@dataclass(frozen=True, slots=True)
class Hall:
    """What the routes work on. `public_url` is how stations reach the service through a proxy."""

    engine: Engine
    authorities: Sequence[x509.Certificate]
    clock: Clock
    public_url: str


def build_app(
    engine: Engine, authorities: Sequence[x509.Certificate], clock: Clock, public_url: str = ""
) -> FastAPI:
    """The service over a database whose schema is up to date."""
    app = FastAPI(title="clerk_client hall", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.hall = Hall(engine, authorities, clock, public_url.rstrip("/"))
    app.include_router(_router)
    app.add_middleware(ContractLayer)
    answer_with_problems(app)
    return app


def _this_hall(request: Request) -> Hall:
    hall: Hall = request.app.state.hall
    return hall


def _moment(request: Request) -> datetime:
    return _this_hall(request).clock.now()


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _proof(request: Request, token: str = "") -> Proof:
    hall = _this_hall(request)
    origin = hall.public_url or f"{request.url.scheme}://{request.url.netloc}"
    return checked_proof(
        request.headers.get("dpop", ""),
        request.method,
        # Not request.url.path: a proof is made over the path as sent, still quoted.
        origin + request.scope["raw_path"].decode("ascii"),
        hall.clock.now(),
        token,
    )


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "dpop" or not token:
        raise TokenExpired
    return token


def _session(request: Request) -> auth.Session:
    token = _token(request)
    hall = _this_hall(request)
    return auth.session_of(hall.engine, token, _proof(request, token), hall.clock.now())


def _window_staff(session: Annotated[auth.Session, Depends(_session)]) -> auth.Session:
    session.ensure(Role.CLERK, Role.SUPERVISOR)
    return session


TheHall = Annotated[Hall, Depends(_this_hall)]
Now = Annotated[datetime, Depends(_moment)]
Address = Annotated[str, Depends(_address)]
SignedIn = Annotated[auth.Session, Depends(_session)]
WindowStaff = Annotated[auth.Session, Depends(_window_staff)]

_router = APIRouter(prefix="/api/v1")


@_router.post("/auth/challenge")
def post_challenge(body: ChallengeRequest, hall: TheHall, now: Now) -> Challenge:
    return auth.challenge(hall.engine, body, now)


@_router.post("/auth/token")
def post_token(
    body: TokenRequest, request: Request, hall: TheHall, address: Address, now: Now
) -> TokenAnswer:
    return auth.sign_in(hall.engine, hall.authorities, body, _proof(request), address, now)


@_router.get("/auth/session")
def get_session(hall: TheHall, session: SignedIn) -> SessionAnswer:
    return auth.session_answer(hall.engine, session)


@_router.delete("/auth/session", status_code=204)
def delete_session(request: Request, hall: TheHall, _: SignedIn) -> None:
    auth.end_session(hall.engine, _token(request))


@_router.post("/stations")
def post_station(body: StationRequest, hall: TheHall, address: Address, now: Now) -> StationAnswer:
    return stations.enrol(hall.engine, body, address, now)


@_router.get("/matters")
def get_matters(
    hall: TheHall,
    _: SignedIn,
    since: Annotated[int, Query(ge=0, le=_LARGEST)] = 0,
    after: Annotated[str, Query(max_length=80)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> CatalogueAnswer:
    return lookups.catalogue(hall.engine, since, after, limit)


@_router.get("/tickets/{number}")
def get_ticket(
    number: Number, hall: TheHall, _: WindowStaff, now: Now, day: date | None = None
) -> TicketAnswer:
    return lookups.ticket(hall.engine, number, day or hall_day(now))


@_router.get("/appointments/{number}")
def get_appointment(number: Number, hall: TheHall, _: WindowStaff) -> AppointmentAnswer:
    return lookups.appointment(hall.engine, number)


@_router.post("/number-blocks")
def post_number_block(
    body: NumberBlockRequest, hall: TheHall, session: WindowStaff, now: Now
) -> NumberBlockAnswer:
    return leasing.lease(hall.engine, body, session.station, now)


@_router.post("/records")
def post_records(body: RecordsRequest, hall: TheHall, session: SignedIn, now: Now) -> RecordsAnswer:
    return records.take_lines(hall.engine, body.lines, session, now)


@_router.get("/tallies")
def get_tallies(
    hall: TheHall,
    _: WindowStaff,
    first: Annotated[date, Query(alias="from")],
    last: Annotated[date, Query(alias="to")],
    by: Annotated[str, Query(max_length=40)] = "department",
) -> TallyAnswer:
    return tallying.tally(hall.engine, first, last, by)


@_router.get("/trust")
def get_trust(hall: TheHall) -> TrustAnswer:
    return lookups.trust(hall.engine, hall.authorities)


@_router.get("/health")
def get_health(hall: TheHall, now: Now) -> HealthAnswer:
    with reading(hall.engine) as connection:
        code = this_hall(connection).code
    return HealthAnswer(status="ok", hall=code, hall_time=rfc3339(now))
