"""Figures for Prometheus. Labels come from fixed sets: routes, methods, codes; nothing of a person.

With several workers each keeps its figures in a file of the folder that the parent names in
PROMETHEUS_MULTIPROC_DIR, and whichever is asked adds them all up.
"""

import hmac
import ipaddress
import os
from collections.abc import Iterable, Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from clerk_client.hall import tables
from clerk_client.hall.store import reading
from clerk_client.wire.messages import LineAnswer

FOLDER = "PROMETHEUS_MULTIPROC_DIR"

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_SIGN_IN = ("POST", "/api/v1/auth/token")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

# When a counter began is of no use to anybody here and doubles what is sent.
disable_created_metrics()  # type: ignore[no-untyped-call]
_own = CollectorRegistry()
_requests = Counter(
    "hall_requests", "Calls answered.", ["route", "method", "status"], registry=_own
)
_durations = Histogram(
    "hall_request_seconds",
    "From a call's first byte to its answer's last.",
    ["route", "method"],
    buckets=_SECONDS,
    registry=_own,
)
_lines = Counter("hall_lines", "Lines answered.", ["outcome", "code"], registry=_own)
_sign_ins = Counter("hall_sign_ins", "Sign-ins by code, ok or why not.", ["code"], registry=_own)
_leased = Counter("hall_leased_numbers", "Official numbers leased.", registry=_own)
_database_errors = Counter(
    "hall_database_errors", "Calls that the database did not answer.", registry=_own
)
_workers = Gauge("hall_workers", "Workers alive.", registry=_own, multiprocess_mode="livesum")


def worker_began() -> None:
    """This process counts as a worker until it ends."""
    _workers.set(1)


def worker_ended(folder: str, pid: int) -> None:
    """For the parent: the worker counts no more; what it counted stays."""
    mark_process_dead(pid, folder)  # type: ignore[no-untyped-call,unused-ignore]


def answered(route: str, method: str, status: int, seconds: float, code: str) -> None:
    """One call; `code` is its problem's, empty when there was none. Status 0: the caller left."""
    method = method if method in METHODS else "other"
    _requests.labels(route, method, str(status)).inc()
    _durations.labels(route, method).observe(seconds)
    if (method, route) == _SIGN_IN and status:
        _sign_ins.labels(code or "ok").inc()


def lines_answered(answers: Iterable[LineAnswer]) -> None:
    """The lines of one call."""
    for answer in answers:
        _lines.labels(answer.outcome, answer.code).inc()


def numbers_leased(count: int) -> None:
    """A block that was not leased before."""
    _leased.inc(count)


def database_failed() -> None:
    """The database did not answer a call."""
    _database_errors.inc()


def may_read(address: str, authorization: str, token: bytes, *, is_behind_proxy: bool) -> bool:
    """The machine itself, and whoever bears the token of --metrics-token-file.

    Behind a proxy everybody comes from the proxy's address, so the address says nothing there.
    """
    scheme, _, sent = authorization.partition(" ")
    if token and scheme.lower() == "bearer":
        return hmac.compare_digest(sent.strip().encode("utf-8", "replace"), token)
    return not is_behind_proxy and _is_loopback(address)


def exposition(engine: Engine) -> bytes:
    """Prometheus' text, over all workers. A database that is away is a figure, not an error."""
    registry = CollectorRegistry()
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call,unused-ignore]
    else:
        registry.register(_own)
    registry.register(_Database(engine))
    return generate_latest(registry)


class _Database(Collector):
    """What only the database knows, asked when Prometheus asks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[GaugeMetricFamily]:
        audit = tables.audit.c
        try:
            with reading(self._engine) as connection:
                unsealed = connection.scalar(select(func.count()).where(audit.seal.is_(None)))
        except SQLAlchemyError:
            unsealed = None
        up = 0 if unsealed is None else 1
        yield GaugeMetricFamily("hall_database_up", "1 while the database answers.", up)
        if unsealed is not None:
            yield GaugeMetricFamily(
                "hall_audit_unsealed", "Audit rows that are not chained yet.", unsealed
            )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
