"""作废: requested by one person, approved or declined by another."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from clerk_client.domain.numbers import official_number
from clerk_client.hall import tables
from clerk_client.wire.lines import Line
from tests.hall.conftest import Town
from tests.hall.desk import Desk, Journal, Json
from tests.helpers.small_hall import HALL, WINDOW

SETTLED = ("settled", "")


def refused(code: str) -> tuple[str, str]:
    return ("refused", code)


def requested(journal: Journal, number: str | None, body: Json | None = None) -> Line:
    body = {"reason": "选错了事项"} if body is None else body
    return journal.line(journal.clerk, body, kind="void_requested", number=number)


def decided(town: Town, journal: Journal, number: str, word: str, **more: Any) -> Line:
    """By the supervisor, wherever the journal is."""
    body = more.pop("body", {})
    head = {"kind": f"void_{word}", "number": number, "clerk": "S01", **more}
    return journal.line(town.keys["S01"], body, **head)


@pytest.fixture
def supervisor(town: Town) -> Desk:
    """A station where the supervisor S01 works."""
    desk = town.desk()
    assert desk.sign_in(town.keys["S01"]).status_code == 200
    return desk


def waiting(desk: Desk, **query: Any) -> list[Json]:
    answer = desk.get("approvals", params=query)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["approvals"]
    return found


def standing(desk: Desk, day: str) -> tuple[int, int, int]:
    """Accepted, voided and what stands, of all categories of a day."""
    rows = desk.get(f"tallies?from={day}&to={day}&by=day").json()["rows"]
    return (
        sum(row["accepted"] for row in rows),
        sum(row["voided"] for row in rows),
        sum(row["count"] for row in rows),
    )


def test_an_acceptance_is_void_once_the_supervisor_approves_at_their_own_station(
    town: Town, signed_in: Desk, journal: Journal, supervisor: Desk
) -> None:
    day = "2033-01-11"
    line = journal.accepted(done_at=f"{day}T02:00:00.000Z")
    number = line.head.number or ""
    request = requested(journal, number)
    assert signed_in.sent(line, request) == [SETTLED, SETTLED]
    shown = next(each for each in waiting(supervisor) if each["number"] == number)
    assert shown == {
        "request": request.head.key,
        "number": number,
        "official": "",
        "matter": "GA-LG",
        "matter_name": "旅馆业特种行业许可",
        "department": "GA",
        "department_name": "公安局",
        "category": "hall_pending",
        "window": WINDOW,
        "window_name": "2楼B区12号",
        "clerk": "C01",
        "clerk_name": "陈思敏",
        "accepted_at": f"{day}T02:00:00.000Z",
        "requested_by": "C01",
        "requested_by_name": "陈思敏",
        "requested_at": request.head.done_at,
        "reason": "选错了事项",
    }
    assert standing(supervisor, day) == (1, 0, 1)
    theirs = Journal(town.keys["S01"], supervisor.key, "S01")
    approval = decided(town, theirs, number, "approved", body={"request": request.head.key})
    assert supervisor.sent(approval) == [SETTLED]
    assert supervisor.sent(approval) == [("already_settled", "")]
    assert standing(supervisor, day) == (1, 1, 0)
    assert number not in [each["number"] for each in waiting(supervisor)]
    again = journal.accepted(number=number)
    assert signed_in.sent(again) == [refused("NUMBER_TAKEN")]


def test_a_supervisor_approves_beside_the_clerk_without_ending_their_session(
    town: Town, journal: Journal, signed_in: Desk
) -> None:
    key, before = town.keys["S01"], signed_in.token
    answer = signed_in.ask_token(signed_in.token_request(key, signed_in.challenge(key)))
    assert answer.status_code == 200, answer.text
    line = journal.accepted()
    number = line.head.number or ""
    sent = signed_in.sent(
        line, requested(journal, number), decided(town, journal, number, "approved")
    )
    assert sent == [SETTLED] * 3
    assert signed_in.token == before
    assert signed_in.get("auth/session").json()["clerk"]["code"] == "C01"


def test_a_declined_void_may_be_requested_again_and_the_acceptance_stands(
    town: Town, signed_in: Desk, journal: Journal, supervisor: Desk
) -> None:
    line = journal.accepted(done_at="2033-01-12T02:00:00.000Z")
    number = line.head.number or ""
    first = requested(journal, number)
    assert signed_in.sent(line, first) == [SETTLED, SETTLED]
    theirs = Journal(town.keys["S01"], supervisor.key, "S01")
    assert supervisor.sent(decided(town, theirs, number, "declined")) == [SETTLED]
    assert standing(supervisor, "2033-01-12") == (1, 0, 1)
    second = requested(journal, number, {"reason": "确实选错了"})
    assert signed_in.sent(second) == [SETTLED]
    stale = decided(town, theirs, number, "approved", body={"request": first.head.key})
    fresh = decided(town, theirs, number, "approved", body={"request": second.head.key})
    assert supervisor.sent(stale, fresh) == [refused("VOID_OTHER_REQUEST"), SETTLED]
    assert standing(supervisor, "2033-01-12") == (1, 1, 0)


def test_what_cannot_be_voided_is_refused_and_holds_up_nothing(
    town: Town, signed_in: Desk, journal: Journal, supervisor: Desk
) -> None:
    line = journal.accepted()
    number = line.head.number or ""
    unknown = official_number(HALL, 2026, 1, 9_999_990)
    assert signed_in.sent(requested(Journal(journal.clerk, signed_in.key), number)) == [
        refused("NUMBER_UNKNOWN")
    ]
    assert signed_in.sent(
        line,
        requested(journal, unknown),
        requested(journal, None),
        requested(journal, "\u4e00'; --"),
        requested(journal, number, {}),
        requested(journal, number, {"reason": "　 "}),
        requested(journal, number, {"reason": ["x"]}),
        requested(journal, number, {"reason": "长" * 501}),
        requested(journal, number),
        requested(journal, number),
        journal.printed(),
    ) == [
        SETTLED,
        *[refused("NUMBER_UNKNOWN")] * 3,
        *[refused("VOID_REASON")] * 4,
        SETTLED,
        refused("VOID_WAITING"),
        SETTLED,
    ]
    theirs = Journal(town.keys["S01"], supervisor.key, "S01")
    other = journal.accepted()
    assert signed_in.sent(other) == [SETTLED]
    assert supervisor.sent(
        decided(town, theirs, unknown, "approved"),
        decided(town, theirs, other.head.number or "", "declined"),
        decided(town, theirs, number, "approved"),
        decided(town, theirs, number, "approved"),
        decided(town, theirs, number, "declined"),
    ) == [
        refused("NUMBER_UNKNOWN"),
        refused("VOID_NOT_REQUESTED"),
        SETTLED,
        refused("NUMBER_VOID"),
        refused("NUMBER_VOID"),
    ]
    assert signed_in.sent(requested(journal, number)) == [refused("NUMBER_VOID")]


def test_only_another_person_with_a_supervisors_rights_approves(
    town: Town, signed_in: Desk, journal: Journal, supervisor: Desk
) -> None:
    line = journal.accepted()
    number = line.head.number or ""
    by_clerk = journal.line(journal.clerk, {}, kind="void_approved", number=number)
    request = requested(journal, number)
    assert signed_in.sent(line, by_clerk, request) == [
        SETTLED,
        refused("LINE_RIGHT_MISSING"),
        SETTLED,
    ]
    declined = decided(town, journal, number, "declined")
    theirs = Journal(town.keys["S01"], supervisor.key, "S01")
    assert signed_in.sent(declined) == [SETTLED]
    own = requested(theirs, number)
    assert supervisor.sent(own, decided(town, theirs, number, "approved")) == [
        SETTLED,
        refused("VOID_SAME_PERSON"),
    ]
    with town.engine.connect() as connection:
        audit = tables.audit.c
        found = connection.execute(
            select(audit.action, audit.actor).where(audit.subject == number)
        ).all()
        refusals = connection.scalars(
            select(audit.facts).where(audit.action == "line.refused")
        ).all()
    assert [tuple(row) for row in found] == [("void.declined", "S01")]
    assert any("LINE_RIGHT_MISSING" in facts for facts in refusals)
    assert any("VOID_SAME_PERSON" in facts for facts in refusals)


def test_acts_of_somebody_without_a_windows_rights_are_refused(town: Town, signed_in: Desk) -> None:
    desk = town.desk()
    assert desk.sign_in(town.keys["T01"]).status_code == 200
    journal = Journal(town.keys["T01"], desk.key, "T01")
    other = Journal(town.keys["C01"], signed_in.key)
    other.lease(signed_in)
    line = journal.accepted(number=other.accepted().head.number)
    assert desk.sent(line, requested(journal, "x")) == [refused("LINE_RIGHT_MISSING")] * 2


def test_a_void_requested_at_two_windows_at_once_waits_once(
    town: Town, signed_in: Desk, journal: Journal, supervisor: Desk
) -> None:
    line = journal.accepted()
    assert signed_in.sent(line) == [SETTLED]
    journals = [Journal(town.keys["C01"], signed_in.key) for _ in range(6)]
    lines = [requested(each, line.head.number) for each in journals]
    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(lambda each: signed_in.sent(each)[0], lines))
    assert outcomes == [refused("VOID_WAITING")] * 5 + [SETTLED]
    theirs = [Journal(town.keys["S01"], supervisor.key, "S01") for _ in range(4)]
    decisions = [decided(town, each, line.head.number or "", "approved") for each in theirs]
    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(lambda each: supervisor.sent(each)[0], decisions))
    assert outcomes == [refused("NUMBER_VOID")] * 3 + [SETTLED]


def test_what_waits_is_listed_oldest_first_page_by_page(
    town: Town, signed_in: Desk, journal: Journal, supervisor: Desk
) -> None:
    lines = [journal.accepted() for _ in range(5)]
    requests = [requested(journal, line.head.number) for line in lines]
    assert signed_in.sent(*lines) == [SETTLED] * 5
    for each in requests:
        assert signed_in.sent(each) == [SETTLED]
    found, after = [], ""
    while True:
        page = supervisor.get("approvals", params={"after": after, "limit": 2}).json()
        assert len(page["approvals"]) <= 2
        found += [each["request"] for each in page["approvals"]]
        after = page["next"]
        if not after:
            break
    ours = [each.head.key for each in requests]
    assert [key for key in found if key in ours] == ours
    assert len(found) == len(set(found))
    answer = supervisor.get("approvals", params={"after": "nobody"})
    assert (answer.status_code, answer.json()["code"]) == (422, "REQUEST_INVALID")
    assert signed_in.get("approvals").json()["code"] == "RIGHT_MISSING"
