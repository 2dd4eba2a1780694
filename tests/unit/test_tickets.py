"""What counts as a queue ticket, and which may be used."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerk_client.domain.errors import (
    NotATicket,
    TicketCancelled,
    TicketPassed,
    TicketUsed,
)
from clerk_client.domain.tickets import (
    QueueTicket,
    SlipReference,
    TicketReference,
    TicketStatus,
    ensure_usable,
    folded_ticket_number,
)

TODAY = date(2026, 11, 21)
A023 = TicketReference("442000", TODAY, "A023")


@pytest.mark.parametrize("typed", ["A023", " a023 ", "Ａ０２３"])
def test_number_is_folded_to_what_the_machine_prints(typed: str) -> None:
    assert folded_ticket_number(typed) == "A023"


@pytest.mark.parametrize(
    "typed", ["", "A23", "A02345", "ABC023", "A023 x", "٣٣٣", "A٠٢٣", "A023\n1"]
)
def test_anything_else_is_no_number(typed: str) -> None:
    with pytest.raises(NotATicket):
        folded_ticket_number(typed)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A023\r\n\x1b[2J\x07\x00", "A023···[2J··"),
        ("\u202eA023\u202c\u2066\u2069", "·A023···"),
        ("A\u200b0\u200d2\ufeff3\u00ad", "A·0·2·3·"),
        ("\ue000\ud800\U000e0041\u2028", "····"),
        ("a\u0334\u0335\u0336\u20dd\ufe0f", "a·····"),
        ("\u3164\u2800\u115f", "···"),
        ("file gpj.\u05d0\u0627", "file gpj.··"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("../../etc/shadow", "../../etc/shadow"),
        ("'; DROP TABLE tickets; --", "'; DROP TABLE tickets; --"),
        ("<b>A023</b>", "<b>A023</b>"),
        ("预约😀 中山市", "预约😀 中山市"),
        ("x" * 5000, "x" * 59 + "…"),
        ("申报号1，查询密码：x7Kp2m；备注", "申报号1,查询密码:***;备注"),
        ('{"case":"S1","password":"x7Kp2m"}', '{"case":"S1","password":"***"}'),
        ('{"case": "S1", "password" : "x7Kp2m"}', '{"case": "S1", "password" : "***"}'),
        ("https://h.invalid/?pwd=x7%4Bp2m&case=1", "https://h.invalid/?pwd=***&case=1"),
        ("查询密码x7Kp2m", "查询密码***"),
        ("PIN 1234", "PIN ***"),
    ],
)
def test_what_is_no_ticket_is_shown_without_doing_anything(text: str, shown: str) -> None:
    assert NotATicket(text).text == shown
    assert text not in str(NotATicket(text)) or not text


@given(st.text(st.characters()))
def test_whatever_was_read_is_shown_as_so_many_plain_characters(text: str) -> None:
    shown = NotATicket(text).text
    assert len(shown) <= 60
    assert shown.isprintable()
    shown.encode()


def test_password_of_a_slip_stands_in_no_representation() -> None:
    slip = SlipReference("SB1", "x7Kp2m", "YY1")
    assert "x7Kp2m" not in repr(slip) + str(slip) + f"{slip}"
    assert slip == SlipReference("SB1", appointment="YY1")


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
