"""The service: the routes of `/api/v1` with their rights, over a database."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import to_thread
from cryptography import x509
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import Engine
from starlette.types import Lifespan

from clerk_client.domain.clock import Clock
from clerk_client.hall.access.rights import RIGHTS
from clerk_client.hall.audit_trail.sealing import Sealer
from clerk_client.hall.calling import PREFIX, Hall, allowed
from clerk_client.hall.contract import ContractLayer
from clerk_client.hall.counting.folding import Folder
from clerk_client.hall.problems import answer_with_problems
from clerk_client.hall.process.sweeping import Sweeper
from clerk_client.hall.routes import (
    base_data,
    catalogue,
    counts,
    directory,
    fleet,
    records,
    sign_in,
    visits,
    watching,
)

_ROOMS = (sign_in, catalogue, visits, records, base_data, counts, directory, fleet, watching)


def build_app(
    engine: Engine,
    authorities: Sequence[x509.Certificate],
    clock: Clock,
    public_url: str = "",
    *,
    revocation_lists: Path | None = None,
    recovery_certificate: str = "",
) -> FastAPI:
    """The service over a database whose schema is up to date."""
    app = contract_app(_at_work)
    app.state.hall = Hall(
        engine,
        authorities,
        clock,
        public_url.rstrip("/"),
        revocation_lists,
        recovery_certificate,
    )
    app.add_middleware(ContractLayer)
    answer_with_problems(app)
    return app


@asynccontextmanager
async def _at_work(app: FastAPI) -> AsyncIterator[None]:
    """What a process does beside answering: it seals the audit, folds the tallies, clears away."""
    hall: Hall = app.state.hall
    sealer, folder = Sealer(hall.engine, hall.clock), Folder(hall.engine)
    sweeper = Sweeper(hall.engine, hall.spent, hall.clock)
    sealer.start()
    folder.start()
    sweeper.start()
    try:
        yield
    finally:
        # Each ends the round that it is in: not in the loop that other connections are ended by.
        for stop in (sweeper.stop, folder.stop, sealer.stop):
            await to_thread.run_sync(stop)
        hall.spent.close()


def contract_app(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The routes with their rights, over nothing yet: enough to describe them."""
    app = FastAPI(
        lifespan=lifespan,
        title="clerk_client hall",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # A path with a slash too many is another path: no redirect, which a proof would not fit.
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    for room in _ROOMS:
        app.include_router(room.router, prefix=PREFIX, dependencies=[Depends(allowed)])
        _ensure_named(room.router)
    return app


def _ensure_named(router: APIRouter) -> None:
    """A route whose right nobody wrote down must not be served."""
    for route in router.routes:
        assert isinstance(route, APIRoute), route
        for method in route.methods or ():
            assert (method, route.path) in RIGHTS, route.path
