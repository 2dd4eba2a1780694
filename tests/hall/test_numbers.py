"""号段: leases of official numbers."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from clerk_client.demo.authority import Authority
from clerk_client.domain.clock import hall_day
from tests.hall.conftest import STAFF, Town
from tests.hall.desk import Desk, Json, clerk_key
from tests.hall.thread_hall import StillClock, hall_in_thread, noon


def asked(count: int = 10, journal: str = "", key: str = "") -> Json:
    return {
        "journal": journal or str(uuid.uuid4()),
        "key": key or str(uuid.uuid4()),
        "count": count,
    }


def test_a_repeated_request_gets_the_same_block(signed_in: Desk) -> None:
    request = asked()
    first = signed_in.post("number-blocks", request).json()
    assert signed_in.post("number-blocks", request).json() == first
    assert first["last"] - first["first"] == 9
    assert (first["hall"], first["epoch"]) == ("442000", 1)
    assert first["year"] == hall_day(datetime.now(UTC)).year


def test_a_key_is_good_for_one_lease(signed_in: Desk) -> None:
    request = asked()
    signed_in.post("number-blocks", request)
    for other in (asked(key=request["key"]), {**request, "count": 11}):
        answer = signed_in.post("number-blocks", other)
        assert (answer.status_code, answer.json()["code"]) == (409, "BLOCK_KEY_REUSED")


def test_windows_that_lease_at_the_same_moment_never_share_a_number(
    town: Town, signed_in: Desk
) -> None:
    other = town.desk()
    other.sign_in(town.keys["C02"])

    def lease(desk: Desk) -> Json:
        answer: Json = desk.post("number-blocks", asked(7)).json()
        return answer

    with ThreadPoolExecutor(8) as pool:
        blocks = list(pool.map(lease, [signed_in, other] * 8))
    numbers = [n for block in blocks for n in range(block["first"], block["last"] + 1)]
    assert len(numbers) == len(set(numbers)) == 16 * 7


def test_a_journal_belongs_to_the_station_that_opened_it(town: Town, signed_in: Desk) -> None:
    other = town.desk()
    other.sign_in(town.keys["C02"])
    request = asked()
    assert signed_in.post("number-blocks", request).status_code == 200
    answer = other.post("number-blocks", asked(journal=request["journal"]))
    assert (answer.status_code, answer.json()["code"]) == (409, "JOURNAL_OTHER_STATION")


def test_a_lease_of_no_sense_is_refused(signed_in: Desk) -> None:
    for wrong in (asked(0), asked(501), asked(journal="x" * 36), {**asked(), "more": 1}):
        answer = signed_in.post("number-blocks", wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "REQUEST_INVALID")


def test_the_year_of_a_number_turns_at_midnight_in_the_hall(tmp_path: Path, database: str) -> None:
    authority, clock = Authority(), StillClock(noon())
    clerk = clerk_key(authority, "陈思敏", "ZS-C01")
    clock.set(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC))
    with hall_in_thread(tmp_path, authority, STAFF, clock, database) as desk:
        desk.sign_in(clerk)
        assert desk.post("number-blocks", asked()).json()["year"] == 2026
        clock.forward(1)
        block = desk.post("number-blocks", asked()).json()
        assert (block["year"], block["first"]) == (2027, 1)
