"""Acceptance numbers."""

import uuid
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerk_client.domain.numbers import (
    NumberBlock,
    is_official_number,
    is_provisional_number,
    official_number,
    provisional_number,
    provisional_sequence,
    sequence_of,
)

DAY = date(2026, 11, 21)
JOURNAL = "00000000-0000-0000-0000-000000000023"


@given(st.integers(2000, 9999), st.integers(1, 9), st.integers(1, 9_999_999))
def test_a_number_tells_hall_year_epoch_and_sequence(year: int, epoch: int, sequence: int) -> None:
    number = official_number("442000", year, epoch, sequence)
    assert len(number) == 19
    assert is_official_number(number)
    assert sequence_of(number) == ("442000", year, epoch, sequence)


@given(st.integers(1, 9_999_999), st.integers(0, 17), st.integers(1, 9))
def test_a_mistyped_number_is_recognised(sequence: int, at: int, shift: int) -> None:
    number = official_number("442000", 2026, 1, sequence)
    wrong = str((int(number[at]) + shift) % 10)
    assert not is_official_number(number[:at] + wrong + number[at + 1 :])


def test_a_block_is_used_up_one_by_one() -> None:
    block = NumberBlock("442000", 2026, 1, 7, 8)
    assert (block.left, block.number()) == (2, official_number("442000", 2026, 1, 7))
    used = block.after_use().after_use()
    assert used.left == 0


def test_a_provisional_number_is_written_as_the_hall_reads_it() -> None:
    """The check character is the standard's, worked out by hand: 2 × sum + value, modulo 37."""
    number = provisional_number("B12", DAY, JOURNAL, 7)
    assert number[:-1] == "LB1226112100Z0007"
    values = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
    total = 0
    for character in number:
        total = (total * 2 + values.index(character)) % 37
    assert total == 1


@given(st.text(max_size=30), st.uuids(), st.integers(1, 9999), st.dates(date(2000, 1, 1)))
def test_any_window_gives_provisional_numbers_that_are_recognised(
    window: str, journal: uuid.UUID, sequence: int, day: date
) -> None:
    number = provisional_number(window, day, str(journal), sequence)
    assert 16 <= len(number) <= 23
    assert is_provisional_number(number)
    assert not is_official_number(number)
    assert provisional_sequence(number) == sequence


@pytest.mark.parametrize(
    ("window", "folded"),
    [
        ("ｂ－12号", "B12"),
        ("2楼B区12号", "2B12"),
        ("三号", "0"),
        ("", "0"),
        ("ABCDEFGHIJ", "ABCDEFGH"),
    ],
)
def test_a_windows_code_is_folded_to_what_a_clerk_can_type(window: str, folded: str) -> None:
    assert provisional_number(window, DAY, JOURNAL, 1).startswith(f"L{folded}261121")


@given(st.integers(0, 17), st.integers(1, 35))
def test_a_mistyped_provisional_number_is_recognised(at: int, shift: int) -> None:
    number = provisional_number("B12", DAY, JOURNAL, 42)
    values = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    if number[at] in values:
        wrong = values[(values.index(number[at]) + shift) % 36]
        assert not is_provisional_number(number[:at] + wrong + number[at + 1 :])


def test_two_characters_that_change_places_are_recognised() -> None:
    number = provisional_number("B12", DAY, JOURNAL, 1234)
    for at in range(1, len(number) - 1):
        if number[at] != number[at + 1]:
            swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
            assert not is_provisional_number(swapped)


@pytest.mark.parametrize(
    "text",
    ["", "L", "LB12", "44200020261000001X", "lb1226112100z0007T", "L'; DROP TABLE lines; --"],
)
def test_anything_else_is_no_provisional_number(text: str) -> None:
    assert not is_provisional_number(text)


def test_a_day_that_is_none_makes_no_provisional_number() -> None:
    from stdnum.iso7064 import mod_37_2

    for unchecked in ("LB1226113100Z0007", "LB1226112100Z0000"):
        assert not is_provisional_number(unchecked + mod_37_2.calc_check_digit(unchecked))
