"""Who comes to the window: documents, their numbers, names.

Rules: GB 11643-1999 (resident identity number), GB 32100-2015 (unified social credit code),
GB 18030-2022 (characters of names). `stdnum.cn.ric` refuses valid 810000/820000/830000 and
9-prefixed numbers and accepts birth dates to come, so only its ISO 7064 part is used.
"""

import enum
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from clerk_client.domain.errors import (
    BirthDateImpossible,
    DocumentCheckCharacterWrong,
    DocumentNumberInvalid,
    DocumentNumberLength,
    NameInvalid,
    PhoneInvalid,
)

# First two digits of a region code: the provinces of GB/T 2260, 81-83 for the residence permits of
# Hong Kong, Macao and Taiwan residents, 9x for permanent residents from abroad (since 2023-12-01).
_PROVINCES = frozenset(
    [
        *(*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47)),
        *(*range(50, 55), *range(61, 66), 71, 81, 82, 83, 91),
    ]
)
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_OLDEST_YEARS = 150
_NAME_LENGTH = 60


class DocumentType(enum.Enum):
    """证件类型. The value is what stands in a signed line."""

    RESIDENT_ID = "resident_id"
    CREDIT_CODE = "credit_code"
    PASSPORT = "passport"
    HONG_KONG_MACAO_PERMIT = "hk_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    MILITARY = "military"
    HOUSEHOLD_BOOK = "household_book"
    BIRTH_CERTIFICATE = "birth_certificate"
    OTHER = "other"


class Doubt(enum.Enum):
    """What looks odd in a number and is still accepted; shown to the clerk. Values are codes."""

    REGION_UNKNOWN = "DOUBT_REGION_UNKNOWN"
    FORM_UNUSUAL = "DOUBT_FORM_UNUSUAL"
    AUDIENCE_DIFFERS = "DOUBT_AUDIENCE_DIFFERS"  # a unit for a person's matter, or the reverse


@dataclass(frozen=True, slots=True)
class IdentityDocument:
    """证件: a type and a checked number. Make it with `checked_document`."""

    type: DocumentType
    number: str
    doubts: tuple[Doubt, ...] = ()

    def masked(self) -> str:
        """The number as it may be shown and printed: first 4 and last 4 at most."""
        return mask(self.number)


@dataclass(frozen=True, slots=True)
class Applicant:
    """申请人: the person or unit whose matter it is."""

    name: str
    document: IdentityDocument
    phone: str = ""


def mask(number: str) -> str:
    """Hides the middle. Short numbers keep less, so that half of any number at least is hidden."""
    kept = min(4, len(number) // 4)
    if kept == 0:
        return "*" * len(number)
    return number[:kept] + "*" * (len(number) - 2 * kept) + number[-kept:]


def folded_number(typed: str) -> str:
    """What the clerk meant: full width folded, blanks dropped, letters in upper case."""
    folded = unicodedata.normalize("NFKC", typed)
    return re.sub(r"[\s\u200b\ufeff]+", "", folded).upper()


def checked_document(kind: DocumentType, typed: str, today: date) -> IdentityDocument:
    """The document behind what was typed or read.

    Raises DocumentNumberInvalid or one of its kinds. `today` bounds birth dates.
    """
    number = folded_number(typed)
    match kind:
        case DocumentType.RESIDENT_ID:
            return IdentityDocument(kind, number, _resident_id_doubts(number, today))
        case DocumentType.CREDIT_CODE:
            _check_credit_code(number)
            return IdentityDocument(kind, number)
        case _:
            return IdentityDocument(kind, number, _form_doubts(kind, number))


def checked_name(typed: str) -> str:
    """A name in NFC, its dot as U+00B7, without outer blanks.

    Raises NameInvalid when empty, longer than 60 characters, or with digits or control characters.
    """
    name = unicodedata.normalize("NFC", typed).strip()
    name = re.sub("[•‧・.。．]", "·", name) if re.search(r"[\u3400-\U0003ffff]", name) else name
    name = re.sub(r"\s+", " ", name)
    if not name or len(name) > _NAME_LENGTH:
        raise NameInvalid(f"a name of {len(name)} characters")
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Nd", "Zl", "Zp"} for c in name):
        raise NameInvalid("a name with digits or control characters")
    return name


def checked_unit_name(typed: str) -> str:
    """The name of a unit, which may have digits. Raises NameInvalid."""
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", typed).strip())
    if not name or len(name) > 2 * _NAME_LENGTH:
        raise NameInvalid(f"a unit's name of {len(name)} characters")
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in name):
        raise NameInvalid("a unit's name with control characters")
    return name


def checked_phone(typed: str) -> str:
    """A telephone number, also with an extension (转, 分机), or nothing. Raises PhoneInvalid."""
    phone = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", typed)).strip()
    if len(phone) > 40 or not re.fullmatch(r"([0-9+*#() /-]+((转|分机) ?[0-9]+)?)?", phone):
        raise PhoneInvalid(f"a telephone number of {len(phone)} characters")
    return phone


def checked_applicant(
    kind: DocumentType, name: str, number: str, phone: str, today: date
) -> Applicant:
    """The applicant as the form holds it. Raises NameInvalid or DocumentNumberInvalid."""
    is_unit = kind is DocumentType.CREDIT_CODE
    return Applicant(
        checked_unit_name(name) if is_unit else checked_name(name),
        checked_document(kind, number, today),
        checked_phone(phone),
    )


def _resident_id_doubts(number: str, today: date) -> tuple[Doubt, ...]:
    if len(number) != 18:
        raise DocumentNumberLength(18, len(number))
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise DocumentNumberInvalid("letters inside a resident identity number")
    # Imported late: stdnum brings ssl along, 18 ms before the login page.
    from stdnum.iso7064 import mod_11_2

    # The check character first: a mistyped digit of the date is a typing error, not a wrong date.
    if mod_11_2.checksum(number) != 1:
        raise DocumentCheckCharacterWrong("ISO 7064 MOD 11-2")
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise BirthDateImpossible("no such day") from error
    if not today.year - _OLDEST_YEARS <= born.year or born > today:
        raise BirthDateImpossible("outside a lifetime")
    return () if int(number[:2]) in _PROVINCES else (Doubt.REGION_UNKNOWN,)


def _check_credit_code(number: str) -> None:
    if len(number) != 18:
        raise DocumentNumberLength(18, len(number))
    if any(c not in _CREDIT_ALPHABET for c in number):
        raise DocumentNumberInvalid("I, O, Z, S and V do not occur in a social credit code")
    values = [_CREDIT_ALPHABET.index(c) for c in number]
    total = sum(value * weight for value, weight in zip(values, _CREDIT_WEIGHTS, strict=False))
    if (31 - total % 31) % 31 != values[17]:
        raise DocumentCheckCharacterWrong("GB 32100 modulo 31")


_FORMS = {
    DocumentType.PASSPORT: r"[A-Z]{1,2}[A-Z0-9]{6,8}",
    DocumentType.HONG_KONG_MACAO_PERMIT: r"[HM]\d{8}(\d{2})?",
    DocumentType.TAIWAN_PERMIT: r"\d{8}|\d{10}[A-Z]?|\d{10}\(?[A-Z0-9]\)?",
}


def _form_doubts(kind: DocumentType, number: str) -> tuple[Doubt, ...]:
    if not 4 <= len(number) <= 40 or not number.isprintable():
        raise DocumentNumberInvalid(f"{len(number)} characters")
    form = _FORMS.get(kind)
    return (Doubt.FORM_UNUSUAL,) if form and not re.fullmatch(form, number) else ()
