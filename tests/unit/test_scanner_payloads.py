"""Whatever stands in a code comes back as a text or not at all, and nothing is done with it."""

import string
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_client.domain.errors import DomainError, NotATicket
from clerk_client.domain.ticket_formats import formats_of, read_ticket
from clerk_client.domain.tickets import Reference, TicketReference, ticket_text
from clerk_client.settings import usual_tickets
from scanner.decode import decode, decode_frame
from scanner.symbol import Modules
from tests.helpers.codes import drawn, modules_of, photographed, printed
from tests.helpers.codewords import in_bytes, saying

HALL, TODAY = "442000", date(2026, 11, 21)
A023 = TicketReference(HALL, TODAY, "A023")
FORMATS = formats_of(Path("station.toml"), usual_tickets())


def texts_said(modules: Modules) -> list[str]:
    return decode_frame(drawn(modules))


def told(text: str) -> Reference | str:
    """What the client makes of it: what the formats name, or words to be shown."""
    try:
        return read_ticket(text, FORMATS, HALL, TODAY)
    except NotATicket as error:
        return error.text
    except DomainError as error:
        return str(error)


def is_harmless(text: str) -> bool:
    made = told(text)
    return not isinstance(made, str) or (made.isprintable() and len(made) <= 60)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 2953,
        "7" * 7089,
        "中" * 900,
        "\u202e" * 900,
        '{"number":' * 290,
        "javascript:alert(document.cookie)//" + "A" * 2500,
        "'" * 2953,
        "../" * 980,
    ],
)
def test_largest_code_is_read_whole_and_shown_short(text: str) -> None:
    content: str | bytes = text if text.isascii() else text.encode()
    modules = modules_of(content, "L")
    assert len(modules) > 130
    assert decode_frame(drawn(modules, 2)) == [text]
    with pytest.raises(NotATicket) as caught:
        read_ticket(text, FORMATS, HALL, TODAY)
    assert len(caught.value.text) <= 60
    assert caught.value.text.isprintable()


HOSTILE = [
    *(f"A0{chr(control)}23" for control in (*range(1, 32), 127, 0x85, 0x9B)),
    "A023\u200b\u200e\u200f\u2066\u2069\ufeff",
    "file:///C:/Windows/System32/calc.exe",
    "file://\\\\server\\share",
    "tel:12345",
    "smsto:10086:CXYE",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "A023'); DELETE FROM acceptances; --",
    "..\\..\\..\\A023",
    "/dev/sda",
    "%s%s%n{0.__class__}{number!r}${jndi:ldap://127.0.0.1/a}",
    '=HYPERLINK("http://127.0.0.1","A023")',
    "<img src='file:///etc/passwd'>A023",
    "\x1b]0;A023\x07\x1b[31m",
    "A" + "\u0301" * 200,
    "\ufffd\uffff\U0010ffff",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_read_as_it_is_and_named_no_ticket(text: str) -> None:
    assert texts_said(modules_of(text.encode())) == [text]
    with pytest.raises(NotATicket) as caught:
        read_ticket(text, FORMATS, HALL, TODAY)
    shown = caught.value.text
    assert shown.isprintable()
    assert len(shown) <= 60
    assert not set(shown) & set("\u200b\u200e\u200f\u2066\u2069\ufeff\u0301")


_ANYTHING = st.text(min_size=1, max_size=60) | st.text(string.printable, min_size=1, max_size=120)


@given(_ANYTHING)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    assert texts_said(modules_of(text.encode())) == [text]
    assert is_harmless(text)


@given(st.binary(min_size=1, max_size=80))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_any_bytes_come_back_as_they_were(raw: bytes) -> None:
    (reading,) = decode(drawn(saying(in_bytes(raw), 6)))
    assert reading.raw == raw
    assert reading.text.encode("utf-8")  # no lone surrogates
    assert is_harmless(reading.text)


ODD = {
    "nothing": ("0000", []),
    "no end": ("", []),
    "no bytes": (in_bytes(b""), []),
    "charset that does not exist": ("0111" + "110" + f"{999_999:021b}" + in_bytes(b"A023"), None),
    "charset that is binary": ("0111" + "10" + f"{899:014b}" + in_bytes(b"A023"), ["A023"]),
    "charset without a text": ("0111" + "00011010", []),
    "charset after charset": (("0111" + "00011010") * 9 + in_bytes(b"A023"), ["A023"]),
    "UTF-8 that is none": ("0111" + "00011010" + in_bytes(b"\xff\xfeA"), None),
    "surrogates in UTF-8": ("0111" + "00011010" + in_bytes(b"\xed\xa0\x80A"), None),
    "UTF-16 cut short": ("0111" + "00011001" + in_bytes(b"\xd8\x00A"), None),
    "third of two parts": ("0011" + "0010" + "0001" + "00000000" + in_bytes(b"A023"), ["A023"]),
    "first of sixteen": ("0011" + "0000" + "1111" + "11111111" + in_bytes(b"A023"), ["A023"]),
    "part of nothing": ("0011" + "0000" + "0001" + "00000000", []),
    "more bytes than there are": (in_bytes(b"A023", 250), None),
    "unknown mode": ("1111" + in_bytes(b"A023"), None),
    "digits that are none": ("0001" + f"{3:010b}" + f"{1023:010b}", None),
    "letters that are none": ("0010" + f"{2:09b}" + f"{2047:011b}", None),
    "Kanji that are none": ("1000" + f"{1:08b}" + f"{8191:013b}", None),
    "Hanzi": ("1101" + "0001" + f"{1:08b}" + f"{0:013b}", None),
    "GS1": ("0101" + in_bytes(b"A023"), ["A023"]),
    "GS1 in an industry's own way": ("1001" + "00000001" + in_bytes(b"A023"), None),
}


@pytest.mark.parametrize("name", ODD)
def test_code_that_breaks_the_rules_of_its_data_is_text_or_nothing(name: str) -> None:
    """None stands for: whatever the reader makes of it, so long as it is a text or nothing."""
    bits, expected = ODD[name]
    said = texts_said(saying(bits))
    assert len(said) <= 1
    for text in said:
        assert text.encode("utf-8")
        assert is_harmless(text)
    if expected is not None:
        assert said == expected


@given(st.text("01", max_size=200), st.sampled_from([1, 2, 3, 7]), st.integers(0, 7))
@settings(derandomize=True, deadline=None, max_examples=50)
def test_no_data_break_the_reader(bits: str, version: int, mask: int) -> None:
    said = texts_said(saying(bits[:100], version, "M", mask))
    for text in said:
        assert text.encode("utf-8")
        assert is_harmless(text)


def test_hostile_text_is_the_same_after_a_second_look() -> None:
    """The code that was mended is drawn anew and parsed like any other."""
    for text in ("javascript:alert(1)//A023", "\u202eA023\u202c", "'; DROP TABLE tickets; --"):
        picture = photographed(printed(modules_of(text.encode()), 4.0), blur=3.7)
        readings = decode(picture, budget_s=20.0)
        assert [reading.text for reading in readings] == [text]
        assert readings[0].stage != "plain"


def test_a_ticket_says_what_it_names_and_nothing_more() -> None:
    (text,) = texts_said(modules_of(ticket_text(A023)))
    assert read_ticket(text, FORMATS, HALL, TODAY) == A023
