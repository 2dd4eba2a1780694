"""The service with a clock that stands still, on a loopback port, in a thread of the test.

Only for what a process cannot show without waiting: nonces, proofs and tokens that end.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn

from clerk_client.demo.authority import Authority
from clerk_client.domain.clock import hall_day
from clerk_client.hall.access.stations import new_enrolment_code
from clerk_client.hall.api import build_app
from clerk_client.hall.bodies import HEADERS_LIMIT
from clerk_client.hall.files.loading import load
from clerk_client.hall.process.connections import BoundedProtocol
from clerk_client.hall.store import open_engine, upgrade_schema
from tests.hall.desk import Desk, StationKey
from tests.helpers.small_hall import WINDOW, Staff, write_small_hall


class StillClock:
    """Moves only when told."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment

    def forward(self, seconds: float) -> None:
        self._moment += timedelta(seconds=seconds)

    def set(self, moment: datetime) -> None:
        self._moment = moment


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@contextmanager
def hall_in_thread(
    folder: Path, authority: Authority, staff: list[Staff], clock: StillClock, database: str
) -> Iterator[Desk]:
    """An enrolled station of a running hall over an empty database."""
    engine = open_engine(database)
    upgrade_schema(engine)
    load(engine, write_small_hall(folder / "files", hall_day(clock.now()), staff))
    app = build_app(engine, [authority.certificate], clock)
    # The protocol and limits of the real service.
    bounds: dict[str, Any] = {
        "http": BoundedProtocol,
        "ws": "none",
        "h11_max_incomplete_event_size": HEADERS_LIMIT,
    }
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = _Server(uvicorn.Config(app, log_config=None, access_log=False, **bounds))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert server.is_up.wait(20)
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            desk = Desk(url, "ST-1", StationKey(clock))
            code = new_enrolment_code(engine, desk.station, WINDOW, clock.now())
            assert desk.enrol(code).status_code == 200
            yield desk
        finally:
            server.should_exit = True
            thread.join(20)
            engine.dispose()


def noon() -> datetime:
    """A day in the certificates' life, noon in the hall."""
    return datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
