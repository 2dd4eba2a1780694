"""Acceptance numbers."""

from hypothesis import given
from hypothesis import strategies as st

from clerk_client.domain.numbers import (
    NumberBlock,
    is_official_number,
    official_number,
    sequence_of,
)


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
