"""Codewords are mended up to what the checks promise, and nothing beyond is taken for granted."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.reed_solomon import Codewords, corrected
from tests.helpers.codewords import encoded


@dataclass(frozen=True)
class Damaged:
    """A codeword with `wrong` changed somewhere, and `erased` not believed (and wrong or right)."""

    sent: Codewords
    received: Codewords
    checks: int
    erased: list[int]
    wrong: int

    @property
    def used(self) -> int:
        return 2 * self.wrong + len(self.erased)


@st.composite
def damaged(draw: st.DrawFn, excess: int = 0) -> Damaged:
    """As much as the checks can mend at most, or `excess` more than that at least."""
    checks = draw(st.integers(2, 40))
    length = draw(st.integers(checks + 1, min(255, checks + 130)))
    sent = encoded(draw(st.binary(min_size=length - checks, max_size=length - checks)), checks)
    if excess:
        wrong = draw(st.integers((checks + excess + 1) // 2, length))
        erasures = 0
    else:
        erasures = draw(st.integers(0, checks))
        wrong = draw(st.integers(0, (checks - erasures) // 2))
    wrong = min(wrong, length - erasures)
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    places = rng.permutation(length)[: erasures + wrong]
    received = sent.copy()
    received[places] ^= rng.integers(1, 256, len(places), np.uint8)
    # Doubt is no proof: what is erased may be right all the same.
    believed_wrongly = places[:erasures][rng.random(erasures) < 0.3]
    received[believed_wrongly] = sent[believed_wrongly]
    return Damaged(sent, received, checks, [int(p) for p in places[:erasures]], wrong)


@given(damaged())
@settings(derandomize=True, deadline=None, max_examples=300)
def test_what_the_checks_promise_is_mended(word: Damaged) -> None:
    before = word.received.copy()
    mended = corrected(word.received, word.checks, word.erased)
    assert mended is not None
    assert np.array_equal(mended, word.sent)
    assert np.array_equal(word.received, before)


@given(damaged(), st.integers(0, 8))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_checks_that_are_spared_are_not_used(word: Damaged, spare: int) -> None:
    mended = corrected(word.received, word.checks, word.erased, spare)
    if len(word.erased) > word.checks - spare:
        assert mended is None
    elif word.used <= word.checks - spare or np.array_equal(word.received, word.sent):
        assert mended is not None
        assert np.array_equal(mended, word.sent)
    else:
        # Nothing but what was sent lies within reach of the checks.
        assert mended is None


@given(damaged(excess=1), st.integers(0, 4))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_too_much_damage_gives_nothing_or_a_whole_codeword(word: Damaged, spare: int) -> None:
    """Another codeword may be nearer by then: it is a true one, and not far from what came."""
    mended = corrected(word.received, word.checks, (), spare)
    if mended is None:
        return
    message = mended[: -word.checks].tobytes()
    assert np.array_equal(mended, encoded(message, word.checks))
    changed = int((mended != word.received).sum())
    assert 2 * changed <= max(0, word.checks - spare)


@given(st.data())
@settings(derandomize=True, deadline=None, max_examples=300)
def test_no_bytes_break_the_correction(data: st.DataObject) -> None:
    checks = data.draw(st.integers(2, 40))
    length = data.draw(st.integers(checks + 1, 255))
    received = np.frombuffer(data.draw(st.binary(min_size=length, max_size=length)), np.uint8)
    erased = data.draw(st.lists(st.integers(0, length - 1), unique=True, max_size=checks + 2))
    mended = corrected(received, checks, erased)
    if mended is not None:
        message = mended[: len(mended) - checks].tobytes()
        assert np.array_equal(mended, encoded(message, checks))
        doubted = set(erased)
        beside = sum(int(p) not in doubted for p in np.flatnonzero(mended != received))
        assert not beside or 2 * beside + len(erased) <= checks


@pytest.mark.parametrize(("checks", "length"), [(7, 26), (10, 26), (30, 146), (30, 147), (17, 26)])
def test_every_single_place_can_be_mended(checks: int, length: int) -> None:
    sent = encoded(bytes(range(1, length - checks + 1)), checks)
    for place in range(length):
        received = sent.copy()
        received[place] ^= 0x80
        mended = corrected(received, checks, (), checks - 2)
        assert mended is not None
        assert np.array_equal(mended, sent)
        assert corrected(received, checks, (), checks - 1) is None


def test_all_checks_may_go_to_erasures() -> None:
    sent = encoded(b"A023 at window B12", 10)
    received = sent.copy()
    received[5:15] = 0
    mended = corrected(received, 10, range(5, 15))
    assert mended is not None
    assert mended[:18].tobytes() == b"A023 at window B12"
    assert corrected(received, 10, range(5, 16)) is None
    assert corrected(received, 10, range(5, 15), spare=1) is None


def test_noise_is_hardly_ever_a_codeword() -> None:
    """With two checks spared, as the decoder does: version 2-M, 44 codewords and 16 checks."""
    rng = np.random.default_rng(3)
    taken = 0
    for _ in range(400):
        word = rng.integers(0, 256, 44, np.uint8)
        doubted = [int(p) for p in rng.permutation(44)[:14]]
        taken += sum(corrected(word, 16, doubted[:n], 2) is not None for n in (0, 4, 8, 12, 14))
    assert taken <= 2
