"""Search by characters, pinyin, initials and code, as a clerk types them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerk_client.journal.matter_index import Entry, MatterIndex, sounds

NAMES = {
    "SJ019": "食品经营许可（新办）",
    "SJ020": "食品经营许可（变更）",
    "GA001": "旅馆业特种行业许可",
    "XA001": "西安方案备案",
    "RS003": "社会保险关系转移",
    "A4": "A4纸张申领",
}
INDEX = MatterIndex(Entry(code, name, *sounds(name)) for code, name in NAMES.items())


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("食品", "SJ019"),
        ("许可 变更", "SJ020"),
        ("shipinjingying", "SJ019"),
        ("spjy", "SJ019"),
        ("jingying", "SJ019"),
        ("sj020", "SJ020"),
        ("ＳＪ０２０", "SJ020"),
        ("lvguan", "GA001"),
        ("fangan", "XA001"),
        ("a4", "A4"),
        ("shehui zhuanyi", "RS003"),
        ("食许", "SJ019"),
        ("社保转移", "RS003"),
    ],
)
def test_the_matter_meant_comes_first(typed: str, first: str) -> None:
    assert INDEX.search(typed, 5)[0] == first


def test_pinyin_is_matched_from_the_start_of_a_syllable() -> None:
    assert INDEX.search("ipin", 5) == []
    assert INDEX.search("an", 5)[0] == "XA001"


@pytest.mark.parametrize("typed", ["", "   ", "不存在", "zzz", "\n", "食品\n旅馆"])
def test_nothing_is_found_for_nothing(typed: str) -> None:
    assert INDEX.search(typed, 5) == []


def test_no_more_than_asked_for_and_none_twice() -> None:
    found = INDEX.search("s", 2)
    assert len(found) == len(set(found)) == 2


@given(st.text(max_size=8))
def test_what_is_found_holds_every_word(typed: str) -> None:
    for code in INDEX.search(typed, 10):
        name = NAMES[code]
        texts = (code.casefold(), name.casefold(), *sounds(name))
        syllables = sounds(name)[0].replace(" ", "")
        for word in typed.split():
            folded = word.casefold()
            assert any(folded in text for text in (*texts, syllables)) or not word.isascii()


@pytest.mark.parametrize("code", NAMES)
def test_every_matter_is_found_by_each_of_its_own_texts(code: str) -> None:
    syllables, initials = sounds(NAMES[code])
    for typed in (code, NAMES[code].replace(" ", ""), syllables.replace(" ", ""), initials):
        assert code in INDEX.search(typed, 10)
