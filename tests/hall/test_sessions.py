"""Once signed in: who may do what, from where, and for how long."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Table, text

from clerk_client.demo.authority import Authority
from clerk_client.domain.clock import rfc3339
from clerk_client.hall import tables
from clerk_client.hall.store import writing
from clerk_client.wire.messages import CONTRACT
from tests.hall.changes import changed
from tests.hall.conftest import STAFF, Town
from tests.hall.desk import ClerkKey, Desk, clerk_key
from tests.hall.thread_hall import StillClock, hall_in_thread, noon


def someone(town: Town) -> ClerkKey:
    """C02 with a certificate of its own, so that refusals of one test do not count in another."""
    return clerk_key(town.authority, "黄嘉怡", "ZS-C02")


def code_of(answer: requests.Response) -> str:
    return str(answer.json()["code"])


def test_a_call_without_session_is_refused_with_what_it_needs(town: Town) -> None:
    answer = requests.get(f"{town.hall.url}/api/v1/auth/session", timeout=20)
    assert (answer.status_code, code_of(answer)) == (401, "TOKEN_EXPIRED")
    assert answer.headers["www-authenticate"].startswith("DPoP")


def test_an_invented_token_is_refused(town: Town) -> None:
    desk = town.desk()
    desk.token = "invented"
    assert code_of(desk.get("matters")) == "TOKEN_EXPIRED"


def test_a_stolen_token_is_worth_nothing_at_another_station(town: Town, signed_in: Desk) -> None:
    thief = town.desk()
    thief.token = signed_in.token
    answer = thief.get("auth/session")
    assert (answer.status_code, code_of(answer)) == (401, "PROOF_WRONG")
    assert signed_in.get("auth/session").status_code == 200


def test_a_call_repeated_byte_for_byte_is_refused(signed_in: Desk) -> None:
    url = signed_in.base + "auth/session"
    headers = {
        "Authorization": f"DPoP {signed_in.token}",
        "DPoP": signed_in.key.proof("GET", url, signed_in.token),
    }
    assert requests.get(url, headers=headers, timeout=20).status_code == 200
    again = requests.get(url, headers=headers, timeout=20)
    assert (again.status_code, code_of(again)) == (401, "PROOF_WRONG")


def test_a_proof_must_name_the_token_the_call_and_the_moment(signed_in: Desk) -> None:
    url = signed_in.base + "auth/session"
    proof = signed_in.key.proof
    soon = int(datetime.now(UTC).timestamp()) + 70
    wrong = {
        "ath": proof("GET", url),
        "htm": proof("POST", url, signed_in.token),
        "htu": proof("GET", signed_in.base + "matters", signed_in.token),
        "iat": proof("GET", url, signed_in.token, iat=1),
        "jti": proof("GET", url, signed_in.token, jti="x"),
    }
    more = [("ath", proof("GET", url, "of another session")), ("htu", proof("GET", url + "/"))]
    more += [("iat", proof("GET", url, signed_in.token, iat=soon))]
    for field, header in [*wrong.items(), *more]:
        answer = signed_in.get("auth/session", headers={"DPoP": header})
        assert (code_of(answer), answer.json()["facts"]["field"]) == ("PROOF_WRONG", field)


def test_signing_out_ends_the_session(town: Town) -> None:
    desk, key = town.desk(), someone(town)
    desk.sign_in(key)
    assert desk.call("DELETE", "auth/session").status_code == 204
    assert code_of(desk.get("auth/session")) == "TOKEN_EXPIRED"


def test_a_locked_clerk_is_out_at_once_and_cannot_sign_in(town: Town) -> None:
    desk, key = town.desk(), someone(town)
    desk.sign_in(key)
    with changed(town, tables.clerks, "C02", locked=True):
        assert code_of(desk.get("auth/session")) == "CLERK_LOCKED"
        assert code_of(desk.sign_in(key)) == "CLERK_LOCKED"
    assert desk.get("auth/session").status_code == 200


def test_a_clerk_who_is_locked_while_calls_run_is_out_when_the_lock_is_there(town: Town) -> None:
    desk, key = town.desk(), someone(town)
    desk.sign_in(key)
    is_locked = threading.Event()

    def call(_: int) -> tuple[bool, str]:
        was_locked = is_locked.is_set()
        answer = desk.get("auth/session")
        return was_locked, "" if answer.status_code == 200 else code_of(answer)

    with ThreadPoolExecutor(4) as pool:
        before = [pool.submit(call, turn) for turn in range(12)]
        with changed(town, tables.clerks, "C02", locked=True):
            is_locked.set()
            after = [pool.submit(call, turn) for turn in range(12)]
            answers = [each.result() for each in before + after]
    assert {code for was_locked, code in answers if was_locked} == {"CLERK_LOCKED"}
    assert {code for was_locked, code in answers if not was_locked} <= {"", "CLERK_LOCKED"}


@pytest.mark.parametrize(
    ("table", "row", "change", "code"),
    [
        (tables.clerks, "C02", {"retired": True}, "CLERK_RETIRED"),
        (tables.clerks, "C02", {"role": "nobody"}, "ROLE_UNUSABLE"),
        (tables.roles, "clerk", {"retired": True}, "ROLE_UNUSABLE"),
        (tables.roles, "clerk", {"rights": "everything"}, "ROLE_UNUSABLE"),
        (tables.stations, "", {"retired": True}, "STATION_RETIRED"),
    ],
    ids=["clerk retired", "role unknown", "role retired", "rights unknown", "station retired"],
)
def test_who_is_taken_out_of_the_hall_is_out_at_once_and_cannot_sign_in(
    town: Town, table: Table, row: str, change: dict[str, Any], code: str
) -> None:
    desk, key = town.desk(), someone(town)
    desk.sign_in(key)
    with changed(town, table, row or desk.station, **change):
        for answer in (desk.get("auth/session"), desk.sign_in(key)):
            assert (answer.status_code, code_of(answer)) == (403, code)
    assert desk.get("auth/session").status_code == 200


def test_a_role_changed_in_the_hall_holds_for_the_next_call_both_ways(town: Town) -> None:
    desk, key = town.desk(), someone(town)
    desk.sign_in(key)
    assert desk.get("tickets/A023").status_code == 200
    assert code_of(desk.get("audit")) == "RIGHT_MISSING"
    with changed(town, tables.clerks, "C02", role="auditor"):
        assert desk.get("auth/session").json()["clerk"]["role"] == "auditor"
        assert code_of(desk.get("tickets/A023")) == "RIGHT_MISSING"
        assert desk.get("audit").status_code == 200
    assert code_of(desk.get("audit")) == "RIGHT_MISSING"
    assert desk.get("tickets/A023").status_code == 200


def test_a_role_of_the_halls_own_gives_the_rights_that_it_stands_for(town: Town) -> None:
    with writing(town.engine) as connection:
        row = {"code": "班长", "name": "窗口班长", "rights": "supervisor", "retired": False}
        connection.execute(tables.roles.insert().values(row))
    desk, key = town.desk(), someone(town)
    with changed(town, tables.clerks, "C02", role="班长"):
        answer = desk.sign_in(key)
        assert answer.json()["clerk"]["role"] == "supervisor"
        assert desk.get("tallies?from=2026-01-01&to=2026-12-31").status_code == 200


def test_a_fault_of_the_hall_is_told_without_its_insides(town: Town) -> None:
    desk, key = town.desk(), someone(town)
    desk.sign_in(key)
    with writing(town.engine) as connection:
        for statement in _FAULT[town.database]:
            connection.execute(text(statement))
    try:
        answer = desk.call("DELETE", "auth/session")
    finally:
        with writing(town.engine) as connection:
            on = " ON tokens" if town.database == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER fault{on}"))
    assert (answer.status_code, code_of(answer)) == (500, "HALL_FAILED")
    assert answer.headers["clerk-contract"] == CONTRACT
    assert "secret" not in answer.text
    assert "DELETE" in town.hall.log
    assert "secret" not in town.hall.log
    assert desk.get("auth/session").status_code == 200


_FAULT = {
    "sqlite": [
        "CREATE TRIGGER fault BEFORE DELETE ON tokens BEGIN SELECT RAISE(ABORT, 'secret'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'secret'; END $$",
        "CREATE TRIGGER fault BEFORE DELETE ON tokens FOR EACH ROW EXECUTE FUNCTION fault()",
    ],
}
"""No call reaches such a fault by itself."""


def test_a_nonce_lasts_sixty_seconds_and_a_token_ten_minutes(tmp_path: Path, database: str) -> None:
    authority, clock = Authority(), StillClock(noon())
    clerk = clerk_key(authority, "陈思敏", "ZS-C01")
    with hall_in_thread(tmp_path, authority, STAFF, clock, database) as desk:
        late = desk.token_request(clerk, desk.challenge(clerk))
        clock.forward(60)
        assert code_of(desk.ask_token(late)) == "NONCE_UNKNOWN"
        in_time = desk.token_request(clerk, desk.challenge(clerk))
        clock.forward(59)
        desk.token = desk.ask_token(in_time).json()["access_token"]
        clock.forward(599)
        assert desk.get("auth/session").status_code == 200
        clock.forward(1)
        assert code_of(desk.get("auth/session")) == "TOKEN_EXPIRED"


def test_a_session_ends_with_its_certificate(tmp_path: Path, database: str) -> None:
    authority, clock = Authority(), StillClock(noon())
    ends = noon() + timedelta(minutes=3)
    clerk = clerk_key(authority, "陈思敏", "ZS-C01", not_after=ends)
    with hall_in_thread(tmp_path, authority, STAFF, clock, database) as desk:
        assert desk.sign_in(clerk).json()["expires_at"] == rfc3339(ends)
        clock.forward(180)
        assert code_of(desk.get("auth/session")) == "TOKEN_EXPIRED"


def test_five_failures_are_forgiven_after_a_minute(tmp_path: Path, database: str) -> None:
    authority, clock = Authority(), StillClock(noon())
    clerk = clerk_key(authority, "陈思敏", "ZS-C01")
    with hall_in_thread(tmp_path, authority, STAFF, clock, database) as desk:
        for _ in range(5):
            assert code_of(desk.sign_in(clerk, hall="440300")) == "STATEMENT_WRONG"
        clock.forward(59)
        assert code_of(desk.sign_in(clerk)) == "RATE_LIMITED"
        clock.forward(1)
        assert desk.sign_in(clerk).status_code == 200


def test_a_proof_is_remembered_for_as_long_as_it_could_be_fresh(
    tmp_path: Path, database: str
) -> None:
    authority, clock = Authority(), StillClock(noon())
    clerk = clerk_key(authority, "陈思敏", "ZS-C01")
    with hall_in_thread(tmp_path, authority, STAFF, clock, database) as desk:
        desk.sign_in(clerk)
        ahead = int(clock.now().timestamp()) + 60
        url = desk.base + "auth/session"
        proof = {"DPoP": desk.key.proof("GET", url, desk.token, iat=ahead)}
        assert desk.get("auth/session", headers=proof).status_code == 200
        clock.forward(120)
        assert code_of(desk.get("auth/session", headers=proof)) == "PROOF_WRONG"
        clock.forward(1)
        assert desk.get("auth/session", headers=proof).json()["facts"] == {"field": "iat"}
