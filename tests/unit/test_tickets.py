"""What counts as a queue ticket, and which may be used."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerk_client.domain.errors import (
    NotATicket,
    TicketCancelled,
    TicketOfAnotherDay,
    TicketOfAnotherHall,
    TicketPassed,
    TicketUsed,
)
from clerk_client.domain.tickets import (
    QueueTicket,
    TicketReference,
    TicketStatus,
    ensure_usable,
    read_ticket_text,
    ticket_text,
)

TODAY = date(2026, 11, 21)
A023 = TicketReference("442000", TODAY, "A023")


@pytest.mark.parametrize("typed", ["A023", " a023 ", "Ａ０２３"])
def test_clerk_may_type_the_bare_number(typed: str) -> None:
    assert read_ticket_text(typed, "442000", TODAY) == A023


def test_what_the_queue_machine_prints_is_read_back() -> None:
    assert read_ticket_text(ticket_text(A023), "442000", TODAY) == A023


def test_yesterdays_ticket_says_of_which_day_it_is() -> None:
    yesterday = TicketReference("442000", date(2026, 11, 20), "A023")
    with pytest.raises(TicketOfAnotherDay) as caught:
        read_ticket_text(ticket_text(yesterday), "442000", TODAY)
    assert caught.value.day == "2026-11-20"


def test_another_halls_ticket_is_told_apart() -> None:
    with pytest.raises(TicketOfAnotherHall):
        read_ticket_text(ticket_text(A023), "440300", TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.invalid/?x=1",
        "WIFI:S:hall;P:x;;",
        "[" * 900,
        '{"hall": 442000, "day": "2026-11-21", "number": "A023"}',
        '{"hall": "442000", "day": "21.11.2026", "number": "A023"}',
        '{"hall": "442000", "day": "2026-11-21", "number": "A023; DROP TABLE"}',
        '{"hall": "442000", "day": "2026-11-21", "number": 23}',
        "null",
        "",
        "x" * 5000,
    ],
)
def test_any_other_code_is_no_ticket(text: str) -> None:
    with pytest.raises(NotATicket) as caught:
        read_ticket_text(text, "442000", TODAY)
    assert len(caught.value.text) <= 60


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    try:
        read_ticket_text(text, "442000", TODAY)
    except (NotATicket, TicketOfAnotherHall, TicketOfAnotherDay):
        return


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_no_json_breaks_the_reading(fields: object) -> None:
    try:
        read_ticket_text(json.dumps(fields), "442000", TODAY)
    except (NotATicket, TicketOfAnotherHall, TicketOfAnotherDay):
        return


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (TicketStatus.USED, TicketUsed),
        (TicketStatus.CANCELLED, TicketCancelled),
        (TicketStatus.PASSED, TicketPassed),
    ],
)
def test_only_a_waiting_ticket_may_be_used(status: TicketStatus, error: type[Exception]) -> None:
    with pytest.raises(error):
        ensure_usable(QueueTicket(A023, status, ()))
    ensure_usable(QueueTicket(A023, TicketStatus.WAITING, ()))
