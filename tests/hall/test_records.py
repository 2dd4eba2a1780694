"""Lines arrive: what is settled, what is refused, and what a refusal holds up."""

import copy
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from clerk_client.domain.numbers import official_number
from clerk_client.wire.lines import Line
from tests.hall.conftest import Town
from tests.hall.desk import Desk, Journal, Json, clerk_key
from tests.helpers.small_hall import HALL

SETTLED = ("settled", "")


def refused(code: str) -> tuple[str, str]:
    return ("refused", code)


def sent_json(desk: Desk, *lines: Any) -> list[tuple[str, str]]:
    answer = desk.post("records", {"lines": list(lines)})
    assert answer.status_code == 200, answer.text
    return [(each["outcome"], each["code"]) for each in answer.json()["answers"]]


def test_a_batch_is_answered_line_by_line_with_the_highest_seq(
    signed_in: Desk, journal: Journal
) -> None:
    lines = [journal.accepted(), journal.printed(), journal.accepted(), journal.printed()]
    answer = signed_in.post("records", {"lines": [line.to_json() for line in lines]}).json()
    assert [each["key"] for each in answer["answers"]] == [line.head.key for line in lines]
    assert {each["outcome"] for each in answer["answers"]} == {"settled"}
    assert answer["highest_seq"] == {journal.id: 4}


def test_an_rsa_key_signs_acceptances_as_well(town: Town) -> None:
    desk = town.desk()
    desk.sign_in(town.keys["C02"])
    journal = Journal(town.keys["C02"], desk.key, "C02")
    journal.lease(desk)
    assert desk.sent(journal.accepted()) == [SETTLED]


def test_the_same_line_again_is_already_settled_and_counted_once(
    signed_in: Desk, journal: Journal
) -> None:
    line = journal.accepted()
    before = total(signed_in)
    assert signed_in.sent(line, line) == [SETTLED, ("already_settled", "")]
    assert signed_in.sent(line) == [("already_settled", "")]
    assert total(signed_in) == before + 1


def test_a_line_sent_many_times_at_once_is_settled_once(signed_in: Desk, journal: Journal) -> None:
    line = journal.accepted()
    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(lambda _: signed_in.sent(line)[0][0], range(6)))
    assert outcomes == ["already_settled"] * 5 + ["settled"]


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (("head", "number"), "44200020261000000X", "LINE_SIGNATURE_WRONG"),
        (("head", "category"), "department_internal", "LINE_SIGNATURE_WRONG"),
        (("body", "reason"), "changed", "LINE_BODY_CHANGED"),
        (("signature",), "AAAA", "LINE_SIGNATURE_WRONG"),
        (("head", "cert_sha256"), "0" * 64, "LINE_SIGNER_UNKNOWN"),
    ],
)
def test_a_changed_line_is_refused_and_the_right_one_still_taken(
    signed_in: Desk, journal: Journal, place: tuple[str, ...], value: str, code: str
) -> None:
    line = journal.accepted({"reason": "as written"})
    changed = copy.deepcopy(line.to_json())
    target: Any = changed
    for name in place[:-1]:
        target = target[name]
    target[place[-1]] = value
    assert sent_json(signed_in, changed) == [refused(code)]
    assert signed_in.sent(line) == [SETTLED]


def test_a_key_used_again_for_other_bytes_is_refused(signed_in: Desk, journal: Journal) -> None:
    line = journal.accepted({"reason": "first"})
    assert signed_in.sent(line) == [SETTLED]
    changed = copy.deepcopy(line.to_json())
    changed["body"]["reason"] = "second"
    assert sent_json(signed_in, changed) == [refused("KEY_REUSED")]
    again = journal.accepted(key=line.head.key)
    assert signed_in.sent(again, journal.accepted()) == [refused("KEY_REUSED"), SETTLED]
    assert signed_in.sent(again) == [refused("KEY_REUSED")]


def test_a_gap_is_refused_until_the_missing_line_comes(signed_in: Desk, journal: Journal) -> None:
    first, second = journal.accepted(), journal.accepted()
    assert signed_in.sent(second) == [refused("LINE_CHAIN_BROKEN")]
    assert signed_in.sent(first, second) == [SETTLED, SETTLED]


def test_a_second_history_of_a_journal_is_refused(signed_in: Desk, journal: Journal) -> None:
    assert signed_in.sent(journal.accepted(), journal.accepted()) == [SETTLED, SETTLED]
    journal.seq, journal.prev = 1, "0" * 64
    assert signed_in.sent(journal.accepted()) == [refused("LINE_CHAIN_BROKEN")]


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ({"number": "44200020261000000"}, "NUMBER_FORM"),
        ({"number": "L2B12261121ABC0001X"}, "NUMBER_FORM"),
        ({"number": official_number(HALL, 2026, 1, 9_999_998)}, "NUMBER_NOT_LEASED"),
        ({"matter": "XX-01"}, "MATTER_UNKNOWN"),
        ({"matter": None}, "MATTER_UNKNOWN"),
        ({"category": "other"}, "CATEGORY_UNKNOWN"),
        ({"window": "9Z99"}, "WINDOW_UNKNOWN"),
        ({"clerk": "C02"}, "LINE_CLERK_OTHER"),
        ({"hall": "440300"}, "LINE_OTHER_HALL"),
        ({"kind": "invented"}, "LINE_KIND_UNKNOWN"),
    ],
)
def test_a_genuine_line_against_the_rules_is_refused_and_holds_up_no_other(
    signed_in: Desk, journal: Journal, head: Json, code: str
) -> None:
    wrong, right = journal.accepted(**head), journal.accepted()
    assert signed_in.sent(wrong, right) == [refused(code), SETTLED]
    assert signed_in.sent(wrong, right) == [refused(code), ("already_settled", "")]


def test_a_number_of_another_hall_is_refused(signed_in: Desk, journal: Journal) -> None:
    block = journal.lease(signed_in)
    number = official_number("440300", block["year"], block["epoch"], block["first"])
    assert signed_in.sent(journal.accepted(number=number)) == [refused("NUMBER_NOT_LEASED")]


def test_a_number_is_used_once(signed_in: Desk, journal: Journal) -> None:
    line = journal.accepted()
    again = journal.accepted(number=line.head.number)
    assert signed_in.sent(line, again) == [SETTLED, refused("NUMBER_TAKEN")]


def test_a_number_leased_to_another_journal_is_refused(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    other = Journal(town.keys["C01"], signed_in.key)
    block = other.lease(signed_in)
    number = official_number(block["hall"], block["year"], block["epoch"], block["first"])
    line = journal.accepted(number=number)
    assert signed_in.sent(line) == [refused("NUMBER_NOT_LEASED")]
    assert signed_in.sent(other.accepted()) == [SETTLED]


def test_a_clerk_answers_for_acts_and_the_station_for_the_rest(
    signed_in: Desk, journal: Journal
) -> None:
    by_station = journal.line(journal.station, {}, kind="accepted", number=None)
    by_clerk = journal.line(journal.clerk, {}, kind="printed")
    assert signed_in.sent(by_station, by_clerk) == [refused("LINE_SIGNER_WRONG")] * 2


def test_a_certificate_that_never_signed_in_is_unknown(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    new = clerk_key(town.authority, "陈思敏", "ZS-C01")
    line = journal.line(new, {}, kind="accepted")
    assert signed_in.sent(line) == [refused("LINE_SIGNER_UNKNOWN")]


def test_lines_of_an_earlier_clerk_are_taken_from_whoever_is_signed_in_now(town: Town) -> None:
    desk = town.desk()
    desk.sign_in(town.keys["C01"])
    journal = Journal(town.keys["C01"], desk.key)
    journal.lease(desk)
    line = journal.accepted()
    desk.sign_in(town.keys["C02"])
    assert desk.sent(line) == [SETTLED]


def test_another_station_cannot_write_into_a_journal(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    assert signed_in.sent(journal.accepted()) == [SETTLED]
    other = town.desk()
    other.sign_in(town.keys["C01"])
    line = journal.accepted()
    assert other.sent(line) == [refused("JOURNAL_OTHER_STATION")]
    assert signed_in.sent(line) == [SETTLED]


def slip(town: Town, number: str, hall: str = HALL) -> Json:
    """What a line says of a ticket of today."""
    return {"ticket": {"hall": hall, "day": town.today.isoformat(), "number": number}}


def test_an_acceptance_uses_up_its_ticket_and_its_appointment(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    body = {**slip(town, "A023"), "appointment": "YY0001"}
    assert signed_in.sent(journal.accepted(body)) == [SETTLED]
    assert signed_in.get(f"tickets/A023?day={town.today}").json()["status"] == "used"
    assert signed_in.get("appointments/YY0001").json()["status"] == "used"
    tomorrow = town.today + timedelta(days=1)
    assert signed_in.get(f"tickets/A023?day={tomorrow}").json()["status"] == "waiting"


@pytest.mark.parametrize(
    "body",
    [
        {"ticket": None, "appointment": None},
        {"ticket": "A023", "appointment": {"number": 1}},
        {"appointment": "'; DROP TABLE appointments; --"},
        {"appointment": "9" * 80},
        {"ticket": {"hall": HALL, "day": "never", "number": []}, "appointment": "YY9999"},
    ],
)
def test_an_acceptance_stands_whatever_its_body_says_of_tickets(
    signed_in: Desk, journal: Journal, body: Json
) -> None:
    assert signed_in.sent(journal.accepted(body)) == [SETTLED]


def test_a_ticket_of_another_hall_is_not_taken_for_one_of_this(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    assert signed_in.sent(journal.accepted(slip(town, "A025", "440300"))) == [SETTLED]
    assert signed_in.get(f"tickets/A025?day={town.today}").json()["status"] == "waiting"


def test_a_matter_taken_at_two_windows_without_network_leaves_the_ticket_its_other_one(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    other = town.desk()
    other.sign_in(town.keys["C02"])
    second = Journal(town.keys["C02"], other.key, "C02")
    second.lease(other)

    def status() -> str:
        return str(signed_in.get(f"tickets/A024?day={town.today}").json()["status"])

    # A024 is for GA-SF and SC-QY-1.
    body = slip(town, "A024")
    assert signed_in.sent(journal.accepted(body, matter="GA-SF")) == [SETTLED]
    assert other.sent(second.accepted(body, matter="GA-SF")) == [SETTLED]
    assert status() == "waiting"
    assert other.sent(second.accepted(body, matter="SC-QY-1")) == [SETTLED]
    assert status() == "used"


def test_a_matter_that_is_not_on_the_ticket_uses_it_up(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    # A026 is for the group SC-QY.
    line = journal.accepted(slip(town, "A026"), matter="SC-QY-1")
    assert signed_in.sent(line) == [SETTLED]
    assert signed_in.get(f"tickets/A026?day={town.today}").json()["status"] == "used"


def mutated(line: Line, **changes: Any) -> Json:
    fields = line.to_json()
    fields["head"].update(changes)
    return fields


def test_lines_of_another_shape_are_refused_and_the_rest_of_the_batch_taken(
    signed_in: Desk, journal: Journal
) -> None:
    right = journal.accepted()
    nested: Any = []
    for _ in range(400):
        nested = [nested]
    wrong = [
        {},
        {"head": {}, "body": {}, "signature": ""},
        {"head": None, "body": None, "signature": None},
        {**right.to_json(), "more": 1},
        {**right.to_json(), "signature": "not base64!"},
        {**right.to_json(), "body": {"amount": 1.5}},
        {**right.to_json(), "body": {"name": "\ud800"}},
        {**right.to_json(), "body": {"deep": nested}},
        mutated(right, seq="1"),
        mutated(right, seq=True),
        mutated(right, seq=0),
        mutated(right, seq=2**70),
        mutated(right, v=2),
        mutated(right, key="x"),
        mutated(right, journal=str(uuid.uuid4()).upper()),
        mutated(right, done_at="2026-11-21"),
        mutated(right, done_at="9999-12-31T23:59:59.000Z"),
        mutated(right, kind="x" * 41),
        mutated(right, **{"\ud800": 1}),
    ]
    answers = sent_json(signed_in, *wrong, right.to_json())
    codes = {code for _, code in answers[:-1]}
    assert codes <= {"LINE_FORMAT", "LINE_BODY_CHANGED"}
    assert answers[-1] == SETTLED


def total(desk: Desk, first: str = "2026-01-01", last: str = "2099-12-31") -> int:
    rows = desk.get(f"tallies?from={first}&to={last}").json()["rows"]
    return sum(row["count"] for row in rows)


def test_tallies_count_by_department_category_and_the_halls_day(
    signed_in: Desk, journal: Journal
) -> None:
    # 16:00 UTC is midnight in the hall.
    before: Json = {"done_at": "2031-03-01T15:59:59.999Z"}
    after: Json = {"done_at": "2031-03-01T16:00:00.000Z"}
    lines = [
        journal.accepted(**before),
        journal.accepted(**after),
        journal.accepted(**after, matter="GA-SF", category="department_internal"),
        journal.accepted(**after, matter="SC-QY-1"),
        journal.accepted(**after, matter="XX-01"),
        journal.printed(**after),
    ]
    signed_in.sent(*lines)

    def rows(first: str, last: str) -> list[tuple[str, str, int]]:
        answer = signed_in.get(f"tallies?from={first}&to={last}&by=department").json()
        assert (answer["first"], answer["last"]) == (first, last)
        return [
            (each["department_name"], each["category"], each["count"]) for each in answer["rows"]
        ]

    assert rows("2031-03-01", "2031-03-01") == [("公安局", "hall_pending", 1)]
    assert rows("2031-03-02", "2031-03-02") == [
        ("公安局", "department_internal", 1),
        ("公安局", "hall_pending", 1),
        ("市场监管局", "hall_pending", 1),
    ]
    assert rows("2031-03-01", "2031-03-31")[1] == ("公安局", "hall_pending", 2)
    assert rows("2031-03-03", "2031-03-31") == []


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-01-02&to=2026-01-01",
        "from=2026-01-01",
        "from=yesterday&to=today",
        "from=2026-01-01&to=2026-01-31&by=weather",
        "from=2026-01-01&to=2026-01-31&limit=0",
    ],
)
def test_tallies_of_no_sense_are_refused(signed_in: Desk, query: str) -> None:
    answer = signed_in.get(f"tallies?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "REQUEST_INVALID")


def test_a_line_copied_into_another_journal_is_refused(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    line = journal.accepted()
    copied = replace(line, head=replace(line.head, journal=str(uuid.uuid4())))
    assert signed_in.sent(copied) == [refused("LINE_SIGNATURE_WRONG")]
    assert signed_in.sent(line) == [SETTLED]
