"""The formats of a station: which texts they read, and which formats are refused."""

import json
import re
import time
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_client.domain.errors import NotATicket, TicketOfAnotherDay, TicketOfAnotherHall
from clerk_client.domain.safe_patterns import PatternUnsafe, safe_pattern
from clerk_client.domain.ticket_formats import (
    TicketFormat,
    formats_of,
    kinds_of,
    read_ticket,
    reference_in,
)
from clerk_client.domain.tickets import (
    AppointmentReference,
    Reference,
    SlipReference,
    TicketReference,
    ticket_text,
)
from clerk_client.logs import redacted
from clerk_client.settings import SettingsBroken, load_settings, usual_tickets

HALL, TODAY = "442000", date(2026, 11, 21)
A023 = TicketReference(HALL, TODAY, "A023")
FILE = Path("station.toml")
USUAL = formats_of(FILE, usual_tickets())
NUMBER: dict[str, Any] = {
    "name": "票号",
    "pattern": "(?P<number>[A-Z][0-9]{3})",
    "examples": [{"text": "A023", "number": "A023"}],
}


def read(text: str, formats: tuple[TicketFormat, ...] = USUAL) -> Reference:
    return read_ticket(text, formats, HALL, TODAY)


def made(toml: str) -> tuple[TicketFormat, ...]:
    return formats_of(FILE, tomllib.loads(toml)["ticket"])


# --- the usual formats ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "A023",
        " a023 ",
        "Ａ０２３",
        ticket_text(A023),
        '\ufeff{ "number" : "A023",\r\n "day": "20261121", "hall": 442000 }\n',
        "https://hall.example.invalid/t?hall=442000&number=A023&day=2026-11-21",
        "HTTPS://HALL.EXAMPLE.INVALID?number=a023",
        "https://hall.example.invalid/取号?name=%D5%C5&number=%41023#top",
        "hall=442000;day=20261121;number=A023",
        "number：Ａ023｜备注：无",
        "number: A023\nday: 2026-11-21\n",
    ],
)
def test_todays_ticket_is_read_however_the_machine_writes_it(text: str) -> None:
    assert read(text) == A023


@pytest.mark.parametrize(
    "text",
    [
        "申报号：SB2026112200017；查询密码：x7Kp2m",
        "查询密码=x7Kp2m&申报号=SB2026112200017",
        "https://hall.example.invalid/query?password=x7Kp2m&case=SB2026112200017",
    ],
)
def test_applicants_slip_is_told_from_a_ticket(text: str) -> None:
    slip = read(text)
    assert isinstance(slip, SlipReference)
    assert (slip.case, slip.password) == ("SB2026112200017", "x7Kp2m")


def test_slip_may_name_an_appointment() -> None:
    slip = read("申报号：SB2026112200017；预约号：YY0001")
    assert slip == SlipReference("SB2026112200017", appointment="YY0001")


def test_yesterdays_ticket_says_of_which_day_it_is() -> None:
    with pytest.raises(TicketOfAnotherDay) as caught:
        read(ticket_text(TicketReference(HALL, date(2026, 11, 20), "A023")))
    assert caught.value.day == "2026-11-20"


def test_another_halls_ticket_is_told_apart() -> None:
    with pytest.raises(TicketOfAnotherHall) as caught:
        read(ticket_text(TicketReference("440300", TODAY, "A023")))
    assert caught.value.hall == "440300"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "23",
        "[" * 900,
        "x" * 5000,
        "A023" + " " * 1000,
        "\ufdfa" * 400,
        "A023\x00",
        "A\u200b023",
        "A023\nA024",
        "WIFI:S:hall;P:x;;",
        "https://example.invalid/?x=1",
        "https://[::1/?number=A023",
        "javascript:alert(1)//?number=A023",
        "javascript://hall.example.invalid/?number=A023",
        "file:///etc/passwd?number=A023",
        "file://hall/t?number=A023",
        "https:///t?number=A023",
        "https://hall.example.invalid/?number=A023&number=A024",
        "https://hall.example.invalid/?number=A023%0A",
        "https://hall.example.invalid/\n?number=A023",
        "https://hall.example.invalid/?number=A023&day=2026-02-30",
        "https://hall.example.invalid/?number=%C1023",
        "https://hall.example.invalid/?" + "&".join("x" * 3 for _ in range(200)) + "&number=A023",
        '{"hall": "442000", "day": "21.11.2026", "number": "A023"}',
        '{"hall": "442000", "day": "2026-W47-6", "number": "A023"}',
        '{"hall": "442000", "day": "2026-1121", "number": "A023"}',
        '{"hall": "442000", "day": "2026-11-21", "number": "A023; DROP TABLE"}',
        '{"hall": "442000", "day": "2026-11-21", "number": 23}',
        '{"hall": "442000", "day": "2026-11-21", "number": true}',
        '{"hall": "442000", "day": "2026-11-21", "number": ["A023"]}',
        '{"hall": "442000", "day": "2026-11-21", "number": "A023", "number": "A024"}',
        '{"hall": "442000", "day": "2026-11-21\\nnumber=A024", "number": "A023"}',
        '{"hall": "../../", "day": "2026-11-21", "number": "A023"}',
        "number=A023;number=A024",
        "申报号：'; DROP TABLE cases; --；查询密码：1",
        "'; DROP TABLE tickets; --",
        "../../etc/passwd",
    ],
)
def test_any_other_code_is_no_ticket(text: str) -> None:
    with pytest.raises(NotATicket):
        read(text)


@given(
    st.text() | st.from_regex(r"(https?://a/|\{\"|number=|申报号[=:])[^\x00]{0,40}", fullmatch=True)
)
@settings(derandomize=True, deadline=None)
def test_no_text_breaks_the_reading(text: str) -> None:
    reference_in(text, USUAL, HALL, TODAY)


_KEYS = st.sampled_from(["hall", "day", "number", "case", "password"])
_VALUES = st.none() | st.booleans() | st.text() | st.integers() | st.floats()


@given(st.recursive(_VALUES, lambda c: st.lists(c) | st.dictionaries(_KEYS | st.text(), c)))
@settings(derandomize=True, deadline=None)
def test_no_json_breaks_the_reading(fields: object) -> None:
    reference_in(json.dumps(fields), USUAL, HALL, TODAY)


def test_two_codes_of_one_ticket_name_the_same() -> None:
    named = {reference_in(text, USUAL, HALL, TODAY) for text in ("A023", ticket_text(A023))}
    assert named == {A023}
    assert reference_in("A024", USUAL, HALL, TODAY) not in named
    assert reference_in("4420001234", USUAL, HALL, TODAY) is None


def test_query_password_stands_in_no_message() -> None:
    """Neither of a slip that is read nor of one that no format fits."""
    text = "申报号：SB2026112200017；查询密码：x7Kp2m"
    assert "x7Kp2m" not in repr(read(text))
    with pytest.raises(NotATicket) as caught:
        read(text + "；申报号：1")
    assert "x7Kp2m" not in repr(caught.value) + str(caught.value) + str(vars(caught.value))
    for quoted in (text, "GET /query?case=1&password=x7Kp2m HTTP/1.1", '{"pwd" : "x7Kp2m"}'):
        assert "x7Kp2m" not in redacted(f"hall answered 400 to {quoted}")


# --- what IT writes ------------------------------------------------------------------------------


def test_formats_are_tried_in_their_order() -> None:
    formats = made(
        """
        [[ticket]]
        name = "绿码"
        pattern = 'G(?P<number>[A-Z][0-9]{3})'
        examples = [{ text = "GA023", number = "A023" }]
        [[ticket]]
        name = "票号"
        pattern = '(?P<number>[A-Z]{1,2}[0-9]{3})'
        examples = [{ text = "A023", number = "A023" }]
        """
    )
    assert read("GA023", formats) == A023
    assert read("HA023", formats) == TicketReference(HALL, TODAY, "HA023")


def test_nested_json_and_booking_codes_can_be_described() -> None:
    formats = made(
        r"""
        [[ticket]]
        name = "取号机"
        layout = "json"
        keys = ["ticket.no", "hall"]
        code = "code128"
        pattern = 'ticket\.no=(?P<number>[A-Z][0-9]{3})\nhall=(?P<hall>[0-9]*)'
        examples = [{ text = '{"ticket":{"no":"A023"},"hall":null}', number = "A023" }]
        [[ticket]]
        name = "预约码"
        pattern = 'YY:(?P<appointment>[0-9]+)'
        examples = [{ text = "YY:0001", appointment = "0001" }]
        """
    )
    assert read('{"hall":"","ticket":{"no":"A023"}}', formats) == A023
    assert read("YY:17", formats) == AppointmentReference("17")
    assert kinds_of(formats) == ("qr", "code128")
    assert kinds_of(USUAL) == ("qr",)
    with pytest.raises(NotATicket):
        read("A023", formats)


def test_number_of_a_case_turns_nothing_that_stands_beside_it() -> None:
    """However wide the pattern: the number is shown to the clerk as it is."""
    formats = made(
        """
        [[ticket]]
        name = "凭条"
        pattern = 'K:(?P<case>.+)'
        examples = [{ text = "K:中市监-12", case = "中市监-12" }]
        """
    )
    assert read("K:SB1", formats) == SlipReference("SB1")
    for case in ("SB1\u05d0", "\u0627\u0628", "K/1", "SB1\u0334"):
        with pytest.raises(NotATicket):
            read(f"K:{case}", formats)


def test_day_of_an_example_may_be_written_as_a_day() -> None:
    toml = """
        [[ticket]]
        name = "票"
        pattern = '(?P<day>[0-9]{8})(?P<number>[A-Z][0-9]{3})'
        examples = [{ text = "20261121A023", day = 2026-11-21, number = "A023" }]
    """
    assert read("20261121A023", made(toml)) == A023


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": None}, "name is missing"),
        ({"pattern": None}, "pattern is missing"),
        ({"examples": None}, "examples is missing"),
        ({"examples": []}, "one at least"),
        ({"examples": ["A023"]}, "example 1 must be a table"),
        ({"examples": [{"number": "A023"}]}, "example 1 must be a table with a text"),
        (
            {"examples": [{"text": "A23", "number": "A23"}]},
            "example 1 does not fit the format; see docs/formats.md",
        ),
        (
            {"examples": [*NUMBER["examples"], {"text": "A024"}]},
            "example 2 is read with another number",
        ),
        ({"examples": [{"text": "A023", "number": "A023", "hall": "1"}]}, "another hall"),
        ({"examples": [{"text": "A023", "nummer": "A023"}]}, "nummer, which is no group"),
        ({"name": 5}, "name and pattern"),
        ({"patern": "x"}, "unknown setting patern"),
        ({"layout": "xml"}, "layout must be one of text, json, url, pairs"),
        ({"layout": []}, "layout must be one of"),
        ({"layout": "json"}, "keys is missing"),
        ({"layout": "json", "keys": []}, "keys is missing"),
        ({"keys": ["a"]}, "keys go with"),
        ({"layout": "json", "keys": ["a\nb"]}, "list of names"),
        ({"layout": "json", "keys": "ab"}, "list of names"),
        ({"code": "aztec"}, "qr, code128"),
        ({"code": ["qr"]}, "qr, code128"),
        ({"pattern": "(?P<number>A023"}, "the pattern is broken"),
        ({"pattern": "A023"}, "the groups must be of number"),
        ({"pattern": "(?P<numbre>A023)"}, "unknown group numbre"),
        ({"pattern": "(?P<number>A)(?P<case>023)"}, "the groups must be of"),
        ({"pattern": "(?P<hall>.)(?P<day>.)"}, "the groups must be of"),
        ({"pattern": "(?P<number>(?:[A-Z]+)+)"}, "not a group"),
    ],
)
def test_what_is_wrong_with_a_format_is_named(changed: dict[str, Any], told: str) -> None:
    table = {k: v for k, v in {**NUMBER, **changed}.items() if v is not None}
    with pytest.raises(SettingsBroken) as caught:
        formats_of(FILE, [table])
    assert caught.value.path == "station.toml"
    assert caught.value.reason.startswith("[[ticket]] 1 (")
    assert told in caught.value.reason
    assert caught.value.reason.count("docs/formats.md") == 1


@pytest.mark.parametrize(
    ("pattern", "text", "told"),
    [
        (
            "(?P<number>[A-Z][0-9]+)",
            "A00023",
            "its number must be 1 or 2 letters and 3 or 4 digits",
        ),
        ("(?P<day>.{10})(?P<number>.{4})", "2026-13-40A023", "its day must be a day that exists"),
        ("(?P<hall>[0-9]{4})/(?P<number>.*)", "4420/A023", "its hall must be 6 digits"),
        ("(?P<case>.*)", "K 1", "its case must be 1 to 40 letters"),
        ("(?P<hall>[0-9]{6})(?P<number>.*)", "442000", "has no number or case or appointment"),
    ],
)
def test_example_that_fits_the_pattern_alone_is_told_what_its_group_must_be(
    pattern: str, text: str, told: str
) -> None:
    with pytest.raises(SettingsBroken) as caught:
        formats_of(FILE, [{"name": "票", "pattern": pattern, "examples": [{"text": text}]}])
    assert f"example 1 fits the pattern, but {told}" in caught.value.reason
    assert text not in caught.value.reason


def test_example_that_an_earlier_format_takes_is_named() -> None:
    wide = {**NUMBER, "name": "宽", "pattern": "(?P<number>[A-Z0-9]{4})"}
    with pytest.raises(SettingsBroken) as caught:
        formats_of(FILE, [wide, NUMBER])
    assert caught.value.reason == (
        "[[ticket]] 2 (票号): example 1 is caught by the earlier format '宽'; see docs/formats.md"
    )


def test_formats_must_be_told_apart_by_name_and_be_few() -> None:
    for tables, told in (([NUMBER, NUMBER], "twice"), ([], "1 to 20"), ([NUMBER] * 21, "1 to 20")):
        with pytest.raises(SettingsBroken, match=told):
            formats_of(FILE, tables)


def test_password_of_an_example_is_not_quoted() -> None:
    table = {
        "name": "告知单",
        "pattern": "(?P<case>[0-9]{4})/(?P<password>[a-z]{4})",
        "examples": [{"text": "0017/geheim", "case": "0017", "password": "geheim"}],
    }
    for text in ("0017/geheim", "0017/offn"):
        table["examples"] = [{"text": text, "case": "0017", "password": "geheim"}]
        with pytest.raises(SettingsBroken) as caught:
            formats_of(FILE, [table])
        assert "geheim" not in str(caught.value)
        assert "offn" not in str(caught.value)


def test_station_may_copy_the_usual_formats(tmp_path: Path) -> None:
    import resources

    file = tmp_path / "station.toml"
    least = '[station]\nid = "B12"\n[hall]\nurl = "http://127.0.0.1:8000"\ncode = "442000"\n'
    file.write_text(least + resources.text("ticket_formats.toml"), encoding="utf-8")
    assert load_settings(file).tickets == usual_tickets()


# --- patterns ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a|a)*b",
        "(a|ab|b)*c",
        "(?:a*)*",
        "(?:a?){30}a{30}",
        ".*.*",
        "a*b*c*",
        r"(\w+\s?)+",
        "(?:x+x+)+y",
        "(?=(a+)+b)a",
        "(?:[ab]{1,9}c?){5}",
        r"(a)\1*",
        "(?P<n>a)(?P=n)",
        "(?i)a",
        "(?i:a)",
        "(a)?(?(1)b|c)",
        "(?#note)a",
        "x" * 1001,
        "a{99999999999999999999}",
        "(",
        "(" * 500 + ")" * 500,
    ],
)
def test_pattern_that_could_take_long_or_cannot_be_counted_is_refused(pattern: str) -> None:
    with pytest.raises(PatternUnsafe):
        safe_pattern(pattern, 1000)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (".*….*", "only one .* in a pattern"),
        ("a*b{3,}c", "only one .* in a pattern"),
        ("(?:.+)+", "not a group"),
        ("(a|ab)*c", "not a group"),
        (".*(?:ab?)+", "not a group"),
        (".*.{0,40}", "put a + behind a repeat"),
        ("(.*.*){2}", "only one .* in a pattern"),
    ],
)
def test_what_to_change_in_a_slow_pattern_is_told(pattern: str, told: str) -> None:
    with pytest.raises(PatternUnsafe, match=re.escape(told)):
        safe_pattern(pattern, 1000)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("[^;]*+;[^;]*+;.*", "a;b;c"),
        (r"[]\]a]+\(", "]]a("),
        ("[^]a]+", "bcd"),
        ("(?:ab){2,300}", "abab"),
        ("{a}{,2}", "{a}}"),
        ("a{1,2}+b??", "aab"),
        (r"\x41\u0042[\x43]", "ABC"),
        ("(?!b)(?<=)(?>a|b)c", "ac"),
        ("票号：(.*)", "票号：A023"),
        (r"a\+{3}", "a+++"),
    ],
)
def test_ordinary_pattern_is_taken(pattern: str, text: str) -> None:
    assert safe_pattern(pattern, 1000).fullmatch(text)


@pytest.mark.parametrize(
    "pattern",
    [
        ".*z",
        "[^x]*[^y]{0,18}z",
        "(?:a|a){13}z",
        ".*.{0,18}a*+z",
        ".{0,130}.{0,130}(?:[ab](?:c?+)){300}z",
        "(?:.{0,9}){4}z",
    ],
)
def test_worst_pattern_that_is_taken_answers_soon(pattern: str) -> None:
    """A bound with much room: what is refused above would take years."""
    compiled = safe_pattern(pattern, 1000)
    began = time.process_time()
    for text in ("a" * 1000, "a" * 999 + "!", "ab" * 500):
        assert not compiled.fullmatch(text)
    assert time.process_time() - began < 3


_ATOMS = st.sampled_from(["a", "[ab]", ".", "(?:a|b)", "(?:ab?)", "(a*)", r"\w", "(?:a|a)"])
_SIGNS = st.sampled_from(["", "*", "+", "?", "{2}", "{0,3}", "*+", "{2,}", "*?", "{,4}+"])


@given(st.lists(st.tuples(_ATOMS, _SIGNS), min_size=1, max_size=6))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_no_pattern_that_is_taken_keeps_a_clerk_waiting(parts: list[tuple[str, str]]) -> None:
    pattern = "".join(atom + sign for atom, sign in parts) + "!"
    try:
        compiled = safe_pattern(pattern, 200)
    except PatternUnsafe:
        return
    began = time.process_time()
    assert not compiled.fullmatch("a" * 199 + "b")
    assert time.process_time() - began < 1
