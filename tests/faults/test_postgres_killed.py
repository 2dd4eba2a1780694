"""PostgreSQL itself is killed, under a service that goes on: nothing it committed is lost."""

from pathlib import Path

import pytest

from tests.faults.ledger import ensure_exactly_once
from tests.faults.test_client_killed import Record, told
from tests.faults.town import a_town, forms
from tests.helpers.postgres import PostgresMissing, PostgresServer


def killed_under_the_service(folder: Path, record: Record, times: int) -> None:
    try:
        server = PostgresServer().__enter__()
    except PostgresMissing as reason:
        pytest.skip(str(reason))
    try:
        with a_town(folder, server.address) as town:
            (window,) = town.windows
            assert window.live([*forms(3), ["deliver"]]) == 0
            for at in range(times):
                again = [["accept", key] for key in window.left_open()]
                each = [work for form in forms(8) for work in (form, ["deliver"])]
                window.begin([*again, *each])
                window.await_said("reachable" if at % 2 else "tried")
                server.kill()
                server.start()
                window.counted(window.nursery.ended())
            town.finish()
            told(record, town, ensure_exactly_once(town))
            record("kills", times)
    finally:
        server.__exit__(None, None, None)


def test_a_database_killed_under_the_service_loses_nothing_that_was_answered(
    tmp_path: Path, record_property: Record
) -> None:
    killed_under_the_service(tmp_path, record_property, times=2)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_database_killed_again_and_again_loses_nothing_that_was_answered(
    tmp_path: Path, record_property: Record
) -> None:
    killed_under_the_service(tmp_path, record_property, times=15)
