"""Once signed in: who may do what, from where, and for how long."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from clerk_client.demo.authority import Authority
from tests.hall.conftest import STAFF, Town
from tests.hall.desk import Desk, clerk_key
from tests.hall.thread_hall import StillClock, hall_in_thread, noon

NEED_SESSION = [
    ("GET", "auth/session"),
    ("DELETE", "auth/session"),
    ("GET", "matters"),
    ("GET", "tickets/A023"),
    ("GET", "appointments/YY0001"),
    ("GET", "tallies?from=2026-01-01&to=2026-12-31"),
]


def code_of(answer: requests.Response) -> str:
    return str(answer.json()["code"])


@contextmanager
def changed_clerk(town: Town, clerk: str, change: str) -> Iterator[None]:
    """As an administrator would have it; there is no call for that yet."""

    def run(assignment: str) -> None:
        with closing(sqlite3.connect(town.hall.database_file)) as database, database:
            database.execute(f"UPDATE clerks SET {assignment} WHERE code = ?", (clerk,))

    run(change)
    try:
        yield
    finally:
        run("locked = 0, role = 'clerk'")


@pytest.mark.parametrize(("method", "path"), NEED_SESSION)
def test_a_call_without_session_is_refused(town: Town, method: str, path: str) -> None:
    answer = requests.request(method, f"{town.hall.url}/api/v1/{path}", timeout=20)
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
    wrong = {
        "ath": proof("GET", url),
        "htm": proof("POST", url, signed_in.token),
        "htu": proof("GET", signed_in.base + "matters", signed_in.token),
        "iat": proof("GET", url, signed_in.token, iat=1),
        "jti": proof("GET", url, signed_in.token, jti="x"),
    }
    for field, header in wrong.items():
        answer = signed_in.get("auth/session", headers={"DPoP": header})
        assert (code_of(answer), answer.json()["facts"]["field"]) == ("PROOF_WRONG", field)


def test_signing_out_ends_the_session(town: Town) -> None:
    desk = town.desk()
    desk.sign_in(town.keys["C02"])
    assert desk.call("DELETE", "auth/session").status_code == 204
    assert code_of(desk.get("auth/session")) == "TOKEN_EXPIRED"


def test_a_locked_clerk_is_out_at_once_and_cannot_sign_in(town: Town) -> None:
    desk = town.desk()
    desk.sign_in(town.keys["C02"])
    with changed_clerk(town, "C02", "locked = 1"):
        assert code_of(desk.get("auth/session")) == "CLERK_LOCKED"
        assert code_of(desk.sign_in(town.keys["C02"])) == "CLERK_LOCKED"
    assert desk.get("auth/session").status_code == 200


def test_a_role_changed_in_the_hall_holds_for_the_next_call(town: Town) -> None:
    desk = town.desk()
    desk.sign_in(town.keys["C02"])
    assert desk.get("tickets/A023").status_code == 200
    with changed_clerk(town, "C02", "role = 'auditor'"):
        assert code_of(desk.get("tickets/A023")) == "RIGHT_MISSING"


def test_a_fault_of_the_hall_is_told_without_its_insides(town: Town) -> None:
    desk = town.desk()
    desk.sign_in(town.keys["C02"])
    with changed_clerk(town, "C02", "role = 'no such role'"):
        answer = desk.get("auth/session")
    assert (answer.status_code, code_of(answer)) == (500, "HALL_FAILED")
    assert answer.headers["clerk-contract"] == "1.0"
    assert "role" not in answer.text
    assert "ValueError" in town.hall.log
    assert "no such role" not in town.hall.log


def test_it_staff_see_no_clients_and_lease_no_numbers(town: Town) -> None:
    desk = town.desk()
    assert desk.sign_in(town.keys["T01"]).status_code == 200
    block = {"journal": "0" * 36, "key": "0" * 36, "count": 1}
    answers = [
        desk.get("tickets/A023"),
        desk.get("appointments/YY0001"),
        desk.get("tallies?from=2026-01-01&to=2026-12-31"),
        desk.post("number-blocks", block),
    ]
    assert {(each.status_code, code_of(each)) for each in answers} == {(403, "RIGHT_MISSING")}
    assert desk.get("matters").status_code == 200


def test_a_supervisor_reads_the_tallies(town: Town) -> None:
    desk = town.desk()
    desk.sign_in(town.keys["S01"])
    assert desk.get("tallies?from=2026-01-01&to=2026-12-31").status_code == 200


def test_a_nonce_lasts_sixty_seconds_and_a_token_ten_minutes(tmp_path: Path) -> None:
    authority, clock = Authority(), StillClock(noon())
    clerk = clerk_key(authority, "陈思敏", "ZS-C01")
    with hall_in_thread(tmp_path, authority, STAFF, clock) as desk:
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


def test_five_failures_are_forgiven_after_a_minute(tmp_path: Path) -> None:
    authority, clock = Authority(), StillClock(noon())
    clerk = clerk_key(authority, "陈思敏", "ZS-C01")
    with hall_in_thread(tmp_path, authority, STAFF, clock) as desk:
        for _ in range(5):
            assert code_of(desk.sign_in(clerk, hall="440300")) == "STATEMENT_WRONG"
        clock.forward(59)
        assert code_of(desk.sign_in(clerk)) == "RATE_LIMITED"
        clock.forward(1)
        assert desk.sign_in(clerk).status_code == 200


def test_a_proof_is_remembered_for_as_long_as_it_could_be_fresh(tmp_path: Path) -> None:
    authority, clock = Authority(), StillClock(noon())
    clerk = clerk_key(authority, "陈思敏", "ZS-C01")
    with hall_in_thread(tmp_path, authority, STAFF, clock) as desk:
        desk.sign_in(clerk)
        ahead = int(clock.now().timestamp()) + 60
        url = desk.base + "auth/session"
        proof = {"DPoP": desk.key.proof("GET", url, desk.token, iat=ahead)}
        assert desk.get("auth/session", headers=proof).status_code == 200
        clock.forward(120)
        assert code_of(desk.get("auth/session", headers=proof)) == "PROOF_WRONG"
        clock.forward(1)
        assert desk.get("auth/session", headers=proof).json()["facts"] == {"field": "iat"}
