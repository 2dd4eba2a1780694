"""Lines as a bad network and other versions bring them: mixed, repeated, out of order, odd."""

import random
from typing import Any

import pytest

from clerk_client.wire.lines import Kind
from tests.hall.conftest import Town
from tests.hall.desk import Desk, Journal, Json
from tests.hall.test_voids import SETTLED, refused

ALREADY = ("already_settled", "")


def test_a_hundred_lines_of_two_journals_in_turn_are_settled(town: Town, signed_in: Desk) -> None:
    journals = [Journal(town.keys["C01"], signed_in.key) for _ in range(2)]
    for each in journals:
        each.lease(signed_in, 50)
    lines = [journals[n % 2].accepted() for n in range(100)]
    assert signed_in.sent(*lines) == [SETTLED] * 100
    assert signed_in.sent(*lines) == [ALREADY] * 100


def test_lines_repeated_and_reordered_are_each_settled_once(
    signed_in: Desk, journal: Journal
) -> None:
    lines = [journal.accepted() for _ in range(10)]
    chance, outcomes = random.Random(5), []
    for _ in range(10):
        batch = [*lines, *lines]
        chance.shuffle(batch)
        outcomes += signed_in.sent(*batch)
    assert outcomes.count(SETTLED) == 10
    assert set(outcomes) == {SETTLED, ALREADY, refused("LINE_CHAIN_BROKEN")}
    assert signed_in.sent(*lines) == [ALREADY] * 10


@pytest.mark.parametrize("act", [each for each in Kind if each.is_act])
def test_every_act_is_signed_by_its_own_clerk(signed_in: Desk, journal: Journal, act: Kind) -> None:
    by_station = journal.line(journal.station, {}, kind=act.value)
    of_another = journal.line(journal.clerk, {}, kind=act.value, clerk="C02")
    assert signed_in.sent(by_station, of_another, journal.printed()) == [
        refused("LINE_SIGNER_WRONG"),
        refused("LINE_CLERK_OTHER"),
        SETTLED,
    ]


@pytest.mark.parametrize(
    "outcome",
    [
        "deposited",
        "noticed",
        "refused",
        "transferred",
        "consulted",
        "supplemented",
        "collected",
        "withdrawn",
        "no_show",
        "shift_closed",
    ],
)
def test_every_outcome_of_a_visit_is_taken(signed_in: Desk, journal: Journal, outcome: str) -> None:
    lines = [
        journal.line(journal.clerk, {"reason": "x"}, kind=outcome),
        journal.line(journal.clerk, {}, kind=outcome, matter="GA-LG", category="hall_pending"),
    ]
    assert signed_in.sent(*lines) == [SETTLED, SETTLED]
    if outcome != "shift_closed":
        wrong = journal.line(journal.clerk, {}, kind=outcome, matter="XX-01")
        assert signed_in.sent(wrong, journal.printed()) == [refused("MATTER_UNKNOWN"), SETTLED]


def test_what_the_station_does_by_itself_is_signed_by_the_station(
    signed_in: Desk, journal: Journal
) -> None:
    for kind in ("printed", "reprinted", "handed_over", "recovered"):
        right = journal.line(journal.station, {}, kind=kind)
        wrong = journal.line(journal.clerk, {}, kind=kind)
        assert signed_in.sent(right, wrong) == [SETTLED, refused("LINE_SIGNER_WRONG")]


@pytest.mark.parametrize(
    "body",
    [
        {"much": 2**53 - 1},
        {"text": "\0 \U00020000"},
        {"ticket": {"hall": "442000", "day": "2026-11-22", "number": "A\0"}},
        {"appointment": "YY\0"},
        {"deep": [[[[[[[[[[]]]]]]]]]]},
    ],
)
def test_an_odd_body_is_kept_as_it_is(signed_in: Desk, journal: Journal, body: Json) -> None:
    assert signed_in.sent(journal.accepted(body)) == [SETTLED]


@pytest.mark.parametrize(
    "changes",
    [{"v": 2}, {"v": 2, "more": 1}, {"number": "A\0"}, {"clerk": "\0"}, {"seq": 2**63}],
)
def test_a_head_that_this_hall_cannot_read_waits(
    signed_in: Desk, journal: Journal, changes: dict[str, Any]
) -> None:
    line = journal.accepted()
    fields = line.to_json()
    fields["head"].update(changes)
    answer = signed_in.post("records", {"lines": [fields]}).json()["answers"][0]
    assert (answer["outcome"], answer["code"]) == ("refused", "LINE_FORMAT")
    assert signed_in.sent(line) == [SETTLED]


@pytest.mark.parametrize(
    ("done_at", "told"),
    [
        ("2035-01-01T00:00:00.000Z", "DONE_AT_AHEAD"),
        ("2024-11-01T00:00:00.000Z", "DONE_AT_LONG_AGO"),
    ],
)
def test_a_line_of_a_wrong_clock_is_taken_and_told(
    signed_in: Desk, journal: Journal, done_at: str, told: str
) -> None:
    lines = {"lines": [journal.accepted(done_at=done_at).to_json(), journal.accepted().to_json()]}
    answers = signed_in.post("records", lines).json()["answers"]
    assert [(each["outcome"], each["detail"]) for each in answers] == [
        ("settled", told),
        ("settled", ""),
    ]
