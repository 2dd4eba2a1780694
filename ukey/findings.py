"""What a diagnosis says: one code, one cause, one next step, under one of the manual's headings."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from resources.words import Words, words_for
from ukey import errors
from ukey.errors import DriverMissing, DriverNotPkcs11, PinRefused, UKeyError
from ukey.hall_day import hall_day

Severity = Literal["ok", "warning", "error"]
LEVELS: Mapping[str, str] = MappingProxyType({"ok": "正常", "warning": "注意", "error": "故障"})
"""How command lines and reports mark each severity."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# A part of it is the whole serial, which is for no screen: the key stands beside the error's facts.
_NO_FACTS = ("token_id",)
# What preflight and loaders say, by a word that chooses the sentence.
_NO_LIBRARY = {
    "empty": "empty",
    "a folder": "folder",
    "cut off": "cut_off",
    "file too short": "cut_off",
    "C_GetFunctionList": "no_entry",
    "neither ELF nor PE": "other_file",
    "no PE header": "other_file",
    "no regular file": "other_file",
    "no dynamic library": "other_file",
    "a program": "other_file",
    "an object file": "other_file",
    "a core dump": "other_file",
}


class Heading(enum.Enum):
    """The causes that the keys' manual has for a key that is not recognised, and one for the rest.

    The values are the manual's own words.
    """

    DRIVER = "①驱动未正确安装"
    USB = "②USB接口故障"
    EXPIRED = "③KEY已过期"
    OTHER = "④其他"


KEY_OK = "KEY_OK"
CHECK_FAILED = "CHECK_FAILED"
"""One of the diagnosis' own checks failed: a fault of ours, not of the key."""

_UNDER: dict[Heading, tuple[str, ...]] = {
    Heading.DRIVER: (
        errors.CatalogBroken.code,
        errors.DriverError.code,
        errors.DriverMissing.code,
        errors.DriverWrongArchitecture.code,
        errors.DriverNotPkcs11.code,
        errors.DriverDependency.code,
        errors.DriverCrashed.code,
        errors.KeyTimeout.code,
        errors.DriverFailed.code,
        errors.DriverBlind.code,
        errors.SmartCardServiceDown.code,
    ),
    Heading.USB: (
        errors.KeyNotOnUsb.code,
        errors.NoReader.code,
        errors.NoToken.code,
        errors.TokenRemoved.code,
    ),
    Heading.EXPIRED: (
        errors.CertificateExpired.code,
        "CERT_EXPIRES_90",
        "CERT_EXPIRES_30",
        "CERT_EXPIRES_7",
    ),
    Heading.OTHER: (
        KEY_OK,
        CHECK_FAILED,
        errors.UKeyError.code,
        errors.SeveralTokens.code,
        errors.TokenNotInitialized.code,
        errors.PinNotSet.code,
        errors.PinRefused.code,
        errors.PinLocked.code,
        errors.PinMustChange.code,
        errors.PinLength.code,
        errors.CertificateUnfit.code,
        errors.CertificateMissing.code,
        errors.CertificateNotYetValid.code,
        errors.ClockWrong.code,
        errors.CertificateUntrusted.code,
        errors.CertificateRevoked.code,
        errors.CertificateWrongUse.code,
        errors.CertificateUnreadable.code,
        errors.RevocationUnknown.code,
    ),
}

HEADINGS: Mapping[str, Heading] = MappingProxyType(
    {code: heading for heading, codes in _UNDER.items() for code in codes}
)
"""Where each code of ukey.errors stands, and those that only a diagnosis has."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `code` has its cause and next step in wording.toml; `facts` fill them.

    Moments among the facts are written in ISO 8601.
    """

    code: str
    severity: Severity
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def heading(self) -> Heading:
        return HEADINGS[self.code]

    @property
    def wording(self) -> str:
        """The entry of wording.toml when it is not the code's own, else nothing.

        A PIN that was mistyped some time ago needs other words than one typed just now, and a
        driver that nobody knows where to look for other ones than one that is not there.
        """
        if self.code == DriverMissing.code and "unlisted" in self.facts:
            return "DRIVER_UNLISTED"
        return "PIN_STANDING" if self.code == PinRefused.code else ""


def words_of(finding: Finding) -> Words:
    """For command lines and reports, which have no window to put them into."""
    return words_for(finding.code, finding.facts, shown, finding.wording)


def shown(fact: object) -> str:
    """A fact as a person reads it: of a moment the day, as the hall counts it."""
    text = str(fact)
    if not _MOMENT.fullmatch(text):
        return text
    return hall_day(datetime.fromisoformat(text)).isoformat()


def finding_of(
    error: UKeyError, severity: Severity = "error", facts: Mapping[str, str] | None = None
) -> Finding:
    """With the facts of the error, and those given beside them."""
    return Finding(error.code, severity, {**(facts or {}), **_facts_of(error)})


def _facts_of(error: UKeyError) -> dict[str, str]:
    """The error's public attributes; what is empty or untrue is no fact."""
    facts = {}
    for name, value in vars(error).items():
        if name.startswith("_") or name in _NO_FACTS or value in ("", None, False):
            continue
        facts[name] = _plain(value)
    if isinstance(error, DriverNotPkcs11) and (fault := _fault_of(error.detail)):
        facts["fault"] = fault
    return facts


def _fault_of(detail: str) -> str:
    """Empty for a damaged file, about which nothing more is known."""
    return next((fault for said, fault in _NO_LIBRARY.items() if said in detail), "")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return str(value.value)
    return "true" if value is True else str(value)
