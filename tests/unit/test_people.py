"""Documents and names. Numbers are computed for sample regions and dates, or the standards' own."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_2

from clerk_client.domain.appointments import folded_appointment_number
from clerk_client.domain.cases import checked_department_serial
from clerk_client.domain.errors import (
    AppointmentNumberInvalid,
    BirthDateImpossible,
    DepartmentSerialInvalid,
    DocumentCheckCharacterWrong,
    DocumentNumberInvalid,
    DocumentNumberLength,
    NameInvalid,
    PhoneInvalid,
)
from clerk_client.domain.people import (
    DocumentType,
    Doubt,
    checked_document,
    checked_name,
    checked_phone,
    checked_unit_name,
    mask,
)

TODAY = date(2026, 11, 21)
RESIDENT = DocumentType.RESIDENT_ID
UNIT = DocumentType.CREDIT_CODE


def resident_number(region: int, born: date, sequence: int) -> str:
    digits = f"{region:06d}{born:%Y%m%d}{sequence:03d}"
    return digits + mod_11_2.calc_check_digit(digits)


residents = st.builds(
    resident_number,
    st.sampled_from([110105, 442000, 440305, 650102, 810000, 820000, 830000, 910000]),
    st.dates(date(1900, 1, 1), TODAY),
    st.integers(0, 999),
)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_the_standards_own_examples_are_told_apart_by_their_dates(number: str) -> None:
    """Both stand in GB 11643; the second person would be 146 years old and is still accepted."""
    assert checked_document(RESIDENT, number, TODAY).number == number


@given(residents)
def test_every_valid_resident_number_is_accepted(number: str) -> None:
    assert checked_document(RESIDENT, number, TODAY).number == number


@given(residents, st.integers(0, 17), st.integers(1, 9))
def test_every_one_digit_typo_is_caught(number: str, at: int, shift: int) -> None:
    digit = "0123456789X".index(number[at])
    wrong = "0123456789X"[(digit + shift) % (11 if at == 17 else 10)]
    typed = number[:at] + wrong + number[at + 1 :]
    with pytest.raises(DocumentNumberInvalid):
        checked_document(RESIDENT, typed, TODAY)


@given(residents, st.integers(0, 16))
def test_every_swap_of_neighbours_is_caught(number: str, at: int) -> None:
    if number[at] == number[at + 1]:
        return
    typed = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    with pytest.raises(DocumentNumberInvalid):
        checked_document(RESIDENT, typed, TODAY)


def test_clerk_may_type_full_width_blanks_and_a_small_x() -> None:
    typed = " １１０１０５ 19491231002x"
    assert checked_document(RESIDENT, typed, TODAY).number == "11010519491231002X"


def test_wrong_check_character_is_named_as_such() -> None:
    with pytest.raises(DocumentCheckCharacterWrong):
        checked_document(RESIDENT, "110105194912310021", TODAY)


def test_length_is_told() -> None:
    with pytest.raises(DocumentNumberLength) as caught:
        checked_document(RESIDENT, "1101051949123100", TODAY)
    assert (caught.value.expected, caught.value.found) == (18, 16)


@pytest.mark.parametrize("born", ["20990101", "18500101", "20230231", "19991301"])
def test_impossible_birth_date_is_refused(born: str) -> None:
    digits = f"442000{born}001"
    with pytest.raises(BirthDateImpossible):
        checked_document(RESIDENT, digits + mod_11_2.calc_check_digit(digits), TODAY)


def test_unknown_region_only_warns() -> None:
    number = resident_number(990101, date(1990, 1, 1), 12)
    assert checked_document(RESIDENT, number, TODAY).doubts == (Doubt.REGION_UNKNOWN,)


def test_the_standards_own_credit_code_is_accepted() -> None:
    """GB 32100-2015, its worked example."""
    assert checked_document(UNIT, "91350100m000100y43", TODAY).number == "91350100M000100Y43"


@pytest.mark.parametrize("at", range(18))
def test_every_one_character_typo_in_a_credit_code_is_caught(at: int) -> None:
    right = "91350100M000100Y43"
    for wrong in set("0123456789ABCDEFGHJKLMNPQRTUWXY") - {right[at]}:
        with pytest.raises(DocumentCheckCharacterWrong):
            checked_document(UNIT, right[:at] + wrong + right[at + 1 :], TODAY)


def test_letters_that_no_credit_code_has_are_refused() -> None:
    with pytest.raises(DocumentNumberInvalid):
        checked_document(UNIT, "91350100M000100I43", TODAY)


def test_an_odd_passport_number_is_accepted_with_a_doubt() -> None:
    document = checked_document(DocumentType.PASSPORT, "e1234", TODAY)
    assert document.doubts == (Doubt.FORM_UNUSUAL,)
    assert checked_document(DocumentType.PASSPORT, "E12345678", TODAY).doubts == ()


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_a_number_check(typed: str) -> None:
    for kind in DocumentType:
        try:
            checked_document(kind, typed, TODAY)
        except DocumentNumberInvalid:
            continue


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  张三 ", "张三"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("𠮷野家", "𠮷野家"),
        ("龘䶮㐂", "龘䶮㐂"),
        ("John  Smith", "John Smith"),
        ("J. R. Smith", "J. R. Smith"),
    ],
)
def test_names_keep_rare_characters_and_one_kind_of_dot(typed: str, name: str) -> None:
    assert checked_name(typed) == name


@pytest.mark.parametrize("typed", ["", "   ", "张3", "张\x07三", "张" * 61, "张\u202e三"])
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(NameInvalid):
        checked_name(typed)


def test_a_units_name_may_have_digits() -> None:
    assert checked_unit_name("中山市88号茶餐厅（示例）") == "中山市88号茶餐厅（示例）"


@given(st.text(min_size=1, max_size=40))
def test_at_least_half_of_any_number_is_hidden(number: str) -> None:
    masked = mask(number)
    assert len(masked) == len(number)
    assert sum(shown != "*" for shown in masked) <= len(number) / 2


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("", ""),
        (" １３８ ００００ ００００ ", "138 0000 0000"),
        ("+86-760-8888 (8)", "+86-760-8888 (8)"),
        ("0760-88880012 转 801", "0760-88880012 转 801"),
    ],
)
def test_a_telephone_number_is_folded(typed: str, phone: str) -> None:
    assert checked_phone(typed) == phone


@pytest.mark.parametrize("typed", ["1" * 41, "138\x00", "电话", "138\ud800"])
def test_what_no_telephone_number_is_cannot_reach_a_receipt(typed: str) -> None:
    with pytest.raises(PhoneInvalid):
        checked_phone(typed)


@pytest.mark.parametrize("typed", ["x" * 61, "a\x00b", "a\nb"])
def test_what_no_department_number_is_cannot_reach_a_line(typed: str) -> None:
    with pytest.raises(DepartmentSerialInvalid):
        checked_department_serial(typed)


@pytest.mark.parametrize("typed", ["", "..", "a/b", "Y\ud800", "Y" * 41])
def test_what_no_appointment_number_is_never_reaches_the_hall(typed: str) -> None:
    with pytest.raises(AppointmentNumberInvalid):
        folded_appointment_number(typed)
