"""The hall ends a session while the key is in: the window locks, and nothing typed is lost."""

from datetime import UTC, datetime

import pytest

from clerk_client.hall.access.stations import new_enrolment_code
from clerk_client.hall.store import open_engine
from clerk_client.hall_link.errors import HallRefused
from clerk_client.ui.login.view import LoginPage
from clerk_client.ui.wording import wording_for
from clerk_client.workers import sync_worker
from tests.end2end.test_locked_window import NAME, reception, start_typing
from tests.end2end.test_window import PATIENCE, Clerk, application, camera, clerk, crashes
from tests.hall.desk import Desk, clerk_key
from tests.helpers.small_hall import WINDOW
from tests.helpers.station import CLERK, IT, Station

__all__ = ["application", "camera", "clerk", "crashes"]


@pytest.fixture
def it(station: Station) -> Desk:
    """Somebody of IT, signed in at a station of their own."""
    desk = Desk(station.hall.url, "IT-1")
    engine = open_engine(station.hall.database)
    try:
        desk.enrol(new_enrolment_code(engine, "IT-1", WINDOW, datetime.now(UTC)))
    finally:
        engine.dispose()
    assert desk.sign_in(clerk_key(station.authority, IT.name, IT.identity)).status_code == 200
    return desk


def test_locked_clerk_is_out_at_the_next_look_and_goes_on_once_unlocked(
    clerk: Clerk, station: Station, it: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_worker, "WATCH_MS", 100)
    clerk.sign_in()
    start_typing(clerk)
    assert it.call("PATCH", f"clerks/{CLERK.code}", json={"locked": True}).status_code == 200
    clerk.see(wording_for(HallRefused(403, "CLERK_LOCKED")).title)
    assert isinstance(clerk.window.page, LoginPage)
    assert NAME not in clerk.text()
    clerk.bot.waitUntil(lambda: not clerk.window.is_signed_in, timeout=PATIENCE)
    assert it.call("PATCH", f"clerks/{CLERK.code}", json={"locked": False}).status_code == 200
    clerk.signed_out()
    clerk.sign_in()
    clerk.wait_for("录入办事人信息")
    assert reception(clerk).applicant.name.text() == NAME
