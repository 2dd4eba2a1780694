"""From the bytes of a code to one reading a ticket."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.charset import repaired, text_of
from scanner.reading import Reading
from scanner.steady import Steady

CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def reading(text: str) -> Reading:
    return Reading(text, CORNERS, "plain")


def chinese(texts: int, length: int) -> list[str]:
    """Everyday characters (GB 2312, level 1) in no sensible order."""
    rows = [bytes([a, b]).decode("gb2312") for a in range(0xB0, 0xD7) for b in range(0xA1, 0xFF)]
    chosen = random.Random(20261121)
    return ["".join(chosen.choices(rows, k=length)) for _ in range(texts)]


A, B = reading("A023"), reading("A024")


@pytest.mark.parametrize(
    "text", ["A023", "中山市行政服务中心", "预约号 YY2026", "𠮷野家㐂", "é", ""]
)
def test_utf8_is_read_as_utf8(text: str) -> None:
    assert text_of(text.encode()) == text


@pytest.mark.parametrize(
    "text", ["中山市行政服务中心", "食品经营许可(新办)", "镕堃喆珺昇", "过号重取，当日有效"]
)
def test_gbk_is_read_as_gbk(text: str) -> None:
    assert text_of(text.encode("gb18030")) == text


def test_rare_characters_of_gb18030_are_read() -> None:
    assert text_of("姓名：𠮷㐂".encode("gb18030")) == "姓名：𠮷㐂"


@pytest.mark.parametrize("text", ["Google モバイル", "*ﾃﾞｻﾞｲﾝQR*"])
def test_japanese_advertising_is_not_taken_for_chinese(text: str) -> None:
    assert text_of(text.encode("shift_jis")) == text


def test_chinese_text_is_hardly_ever_taken_for_japanese() -> None:
    wrong = [text for text in chinese(2000, 6) if text_of(text.encode("gbk")) != text]
    assert len(wrong) <= 4


@pytest.mark.parametrize("guess", ["shift_jis", "big5", "latin-1"])
def test_wrong_guess_of_zbar_is_undone(guess: str) -> None:
    undone = 0
    for text in chinese(2000, 4):
        try:
            guessed = text.encode().decode(guess)
        except UnicodeDecodeError:
            continue
        undone += 1
        assert repaired(guessed.encode()) == text
    assert undone


def test_right_guess_of_zbar_is_kept() -> None:
    assert repaired(b"A023") == "A023"
    assert repaired("取号单".encode()) == "取号单"


@settings(derandomize=True, deadline=None)
@given(st.binary())
def test_any_bytes_are_some_text(raw: bytes) -> None:
    text_of(raw).encode()
    repaired(raw).encode()


@settings(derandomize=True, deadline=None)
@given(st.text())
def test_text_survives_utf8(text: str) -> None:
    assert text_of(text.encode()) == text


def test_ticket_lying_still_is_given_once() -> None:
    steady = Steady()
    assert [steady.feed([A]) for _ in range(20)] == [A] + [None] * 19


def test_flicker_does_not_give_a_ticket_twice() -> None:
    steady = Steady()
    assert steady.feed([A]) is A
    for _ in range(4):
        assert steady.feed([]) is None
    assert steady.feed([A]) is None


def test_ticket_laid_down_again_is_given_again() -> None:
    steady = Steady()
    steady.feed([A])
    for _ in range(5):
        steady.feed([])
    assert steady.feed([A]) is A


def test_next_ticket_is_given_at_once() -> None:
    steady = Steady()
    assert steady.feed([A]) is A
    assert steady.feed([B]) is B
    assert steady.feed([A]) is None


def test_two_tickets_are_a_choice_for_the_clerk() -> None:
    steady = Steady()
    assert steady.feed([A, B]) is None
    assert set(steady.choices) == {A, B}


def test_ticket_missed_in_one_frame_is_not_a_choice() -> None:
    steady = Steady()
    steady.feed([A, B])
    for _ in range(4):
        assert steady.feed([A]) is None
        assert set(steady.choices) == {A, B}
    assert steady.feed([A]) is A
    assert steady.choices == ()


def test_one_text_in_two_places_is_one_ticket() -> None:
    steady = Steady()
    twice = reading("A023")
    assert steady.feed([A, twice]) == A
    assert steady.choices == ()


def test_choice_ends_when_both_are_taken_away() -> None:
    steady = Steady()
    steady.feed([A, B])
    for _ in range(5):
        steady.feed([])
    assert steady.choices == ()
    assert steady.feed([B]) is B


def test_reset_gives_the_ticket_that_still_lies_there() -> None:
    steady = Steady()
    steady.feed([A])
    steady.feed([A, B])
    steady.reset()
    assert steady.choices == ()
    assert steady.feed([A]) is A
