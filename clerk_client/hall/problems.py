"""What the hall says no with: RFC 9457 problem documents, and nothing of the program's inside."""

import logging
from datetime import datetime

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import (
    DataError,
    InterfaceError,
    InternalError,
    OperationalError,
    PendingRollbackError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.exceptions import HTTPException

from clerk_client.domain.clock import rfc3339
from clerk_client.hall.access.rights import RIGHTS
from clerk_client.hall.calling import PREFIX
from clerk_client.hall.errors import (
    DatabaseUnusable,
    HallError,
    MethodNotAllowed,
    RequestInvalid,
    RouteUnknown,
)
from clerk_client.hall.process import metrics
from clerk_client.wire.messages import CONTRACT, Problem
from ukey.errors import CertificateUnfit

log = logging.getLogger(__name__)

COMMON_HEADERS = {"Clerk-Contract": CONTRACT, "Cache-Control": "no-store"}
"""On every answer."""
HEADERS_OF_STATUS = {
    401: {"WWW-Authenticate": 'DPoP algs="EdDSA"'},
    415: {"Accept-Encoding": "identity"},
    429: {"Retry-After": "60"},
    503: {"Retry-After": "5"},
}
# Attributes of CertificateUnfit kinds; their reasons, in the words of a library, stay here.
_OF_CERTIFICATES = ("not_after", "not_before", "revoked_at", "use")
# The key in a call's scope under which contract.py finds the code for log and figures.
CODE = "clerk_client.code"


def problem_response(error: HallError | CertificateUnfit, allow: str = "") -> JSONResponse:
    """The error's document, with what its status asks for in the headers."""
    status = error.status if isinstance(error, HallError) else 401
    problem = Problem(
        title=(type(error).__doc__ or "").partition("\n")[0],
        status=status,
        code=error.code,
        detail=error.detail if isinstance(error, HallError) else "",
        facts=error.facts if isinstance(error, HallError) else _certificate_facts(error),
    )
    headers = COMMON_HEADERS | HEADERS_OF_STATUS.get(status, {})
    if allow:
        headers["Allow"] = allow
    return JSONResponse(
        problem.model_dump(),
        status_code=status,
        headers=headers,
        media_type="application/problem+json",
    )


def _certificate_facts(error: CertificateUnfit) -> dict[str, str]:
    """What the words for its code ask for: dates, and what it was issued for."""
    named = ((name, getattr(error, name, None)) for name in _OF_CERTIFICATES)
    return {
        name: rfc3339(fact) if isinstance(fact, datetime) else str(fact)
        for name, fact in named
        if fact is not None
    }


def answer_with_problems(app: FastAPI) -> None:
    """Every error of the framework and of ours leaves as a problem document."""

    def told(request: Request, error: HallError | CertificateUnfit) -> JSONResponse:
        request.scope[CODE] = error.code
        return problem_response(error)

    @app.exception_handler(HallError)
    @app.exception_handler(CertificateUnfit)
    async def refuse(request: Request, error: HallError | CertificateUnfit) -> JSONResponse:
        return told(request, error)

    # All that a database says when it goes away, or stands still, in the middle of a call.
    @app.exception_handler(OperationalError)
    @app.exception_handler(InterfaceError)
    @app.exception_handler(InternalError)
    @app.exception_handler(PendingRollbackError)
    @app.exception_handler(NoConnectionFree)
    async def tell_database(request: Request, error: SQLAlchemyError) -> JSONResponse:
        metrics.database_failed()
        log.error("the database did not answer: %s", database_fault(error))
        return told(request, DatabaseUnusable())

    @app.exception_handler(DataError)
    async def tell_unfit(request: Request, error: DataError) -> JSONResponse:
        # The contract's forms leave nothing of the kind through; if one did, it was sent.
        log.error("what was sent does not fit the database: %s", database_fault(error))
        return told(request, RequestInvalid(field="value"))

    @app.exception_handler(RequestValidationError)
    async def tell_fields(request: Request, error: RequestValidationError) -> JSONResponse:
        # Where and why, never the value: it may be a person's.
        places = [".".join(map(str, each["loc"]))[:80] for each in error.errors()[:20]]
        safe = [place.encode("ascii", "backslashreplace").decode() for place in places]
        facts = dict(zip(safe, [each["type"] for each in error.errors()], strict=False))
        return told(request, RequestInvalid(**facts))

    @app.exception_handler(HTTPException)
    async def tell_route(request: Request, error: HTTPException) -> JSONResponse:
        # FastAPI wraps what reading a body raised.
        if isinstance(error.__cause__, HallError):
            return told(request, error.__cause__)
        if error.status_code == 405:
            request.scope[CODE] = MethodNotAllowed.code
            return problem_response(MethodNotAllowed(), _allowed(request))
        known = {404: RouteUnknown}
        return told(request, known.get(error.status_code, RequestInvalid)())


def _allowed(request: Request) -> str:
    """Every method of the path: the framework names only those of the first route on it."""
    path = str(getattr(request.scope.get("route"), "path", "")).removeprefix(PREFIX)
    return ", ".join(sorted(method for method, pattern in RIGHTS if pattern == path))


def database_fault(error: SQLAlchemyError) -> str:
    """The kind and the database's own code of it: PostgreSQL's words may quote a row."""
    origin = getattr(error, "orig", None)
    if origin is None:
        return type(error).__name__
    code = getattr(origin, "sqlite_errorname", None) or getattr(origin, "sqlstate", None)
    return " ".join(filter(None, [type(origin).__name__, code]))
