"""What the halls' machines print into their codes: formats that IT lists, tried in their order.

A format is data (station.toml, else resources/ticket_formats.toml; docs/formats.md tells how it is
written): a layout, a pattern with named groups, and examples that it must read. A text that fits no
format is no ticket. Nothing that a code says is ever opened, followed or run.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from clerk_client.domain.errors import NotATicket, TicketOfAnotherDay, TicketOfAnotherHall
from clerk_client.domain.harmless import is_harmless
from clerk_client.domain.safe_patterns import safe_pattern
from clerk_client.domain.ticket_layouts import LONGEST, Layout, laid_out
from clerk_client.domain.tickets import (
    AppointmentReference,
    Reference,
    SlipReference,
    TicketReference,
    folded_ticket_number,
)
from clerk_client.settings import SettingsBroken

_KINDS_OF_CODE = ("qr", "code128")
_MOST_FORMATS = 20
# What a format may name; the first of each set is what it cannot do without.
_COMBINATIONS = (
    ("number", "hall", "day"),
    ("case", "password", "appointment"),
    ("appointment",),
)
_GROUPS = frozenset(group for groups in _COMBINATIONS for group in groups)
_SETTINGS = frozenset(("name", "layout", "keys", "pattern", "code", "examples"))
_HALL = re.compile(r"[0-9A-Z]{6}")
_DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")
_CASE = re.compile(r"[\w-]{1,40}")
_LONGEST_PASSWORD = 64


@dataclass(frozen=True, slots=True)
class TicketFormat:
    """票面格式: how one kind of machine writes. `code` is the kind of code that it prints."""

    name: str
    layout: Layout
    keys: tuple[str, ...]
    pattern: re.Pattern[str]
    code: str

    def facts(self, text: str) -> dict[str, str] | None:
        """What the text says by this format, each fact in its one spelling, or None."""
        facts = {}
        for group, value in self._found(text).items():
            spelt = _SPELLINGS[group](value)
            if spelt is None:
                return None
            facts[group] = spelt
        fits = any(groups[0] in facts for groups in _COMBINATIONS)
        return facts if fits else None

    def misfit(self, text: str) -> str:
        """Why a text has no facts, without quoting it: it may be a real slip."""
        found = self._found(text)
        for group, value in found.items():
            if _SPELLINGS[group](value) is None:
                return f"fits the pattern, but its {group} must be {_ALLOWED[group]}"
        if found:
            return f"fits the pattern, but has no {' or '.join(g[0] for g in _COMBINATIONS)}"
        return "does not fit the format"

    def _found(self, text: str) -> dict[str, str]:
        """What stands in the groups, as it stands there; nothing when the text does not fit."""
        lines = laid_out(text, self.layout, self.keys)
        found = None if lines is None else self.pattern.fullmatch(lines)
        return (
            {} if found is None else {g: value for g, value in found.groupdict().items() if value}
        )


def formats_of(path: Path, tables: Sequence[Mapping[str, Any]]) -> tuple[TicketFormat, ...]:
    """The [[ticket]] tables of the file at `path`, in their order, tried on their own examples.

    Raises SettingsBroken naming file, format and example. No password comes into its reason.
    """
    if not 1 <= len(tables) <= _MOST_FORMATS:
        raise _broken(path, f"[[ticket]] may stand 1 to {_MOST_FORMATS} times")
    formats = []
    for place, table in enumerate(tables, 1):
        try:
            formats.append(_format(table))
        except (ValueError, TypeError, KeyError) as error:
            raise _broken(path, f"{_named(table, place)}: {_reason(error)}") from error
    names = [found.name for found in formats]
    for place, (found, table) in enumerate(zip(formats, tables, strict=True), 1):
        if names.count(found.name) > 1:
            raise _broken(path, f"{_named(table, place)}: the name stands twice")
        for number, example in enumerate(table["examples"], 1):
            if fault := _fault(formats, found, example):
                raise _broken(path, f"{_named(table, place)}: example {number} {fault}")
    return tuple(formats)


def reference_in(
    text: str, formats: Sequence[TicketFormat], hall: str, today: date
) -> Reference | None:
    """What the text names by the first format that it fits, of whichever hall and day.

    Equal for all codes of one ticket, such as the QR code and the Code 128 on it.
    """
    for each in formats:
        if facts := each.facts(text):
            return _reference(facts, hall, today)
    return None


def read_ticket(text: str, formats: Sequence[TicketFormat], hall: str, today: date) -> Reference:
    """What a code or the clerk's typing names; a number without hall or day means here and today.

    Raises NotATicket, TicketOfAnotherHall, TicketOfAnotherDay.
    """
    reference = reference_in(text, formats, hall, today)
    if reference is None:
        raise NotATicket(text)
    if isinstance(reference, TicketReference):
        if reference.hall != hall:
            raise TicketOfAnotherHall(reference.hall)
        if reference.day != today:
            raise TicketOfAnotherDay(reference.day.isoformat())
    return reference


def kinds_of(formats: Sequence[TicketFormat]) -> tuple[str, ...]:
    """The kinds of codes that are worth reading: "qr", "code128"."""
    return tuple(kind for kind in _KINDS_OF_CODE if any(each.code == kind for each in formats))


# --- what a format may be ---


def _format(table: Mapping[str, Any]) -> TicketFormat:
    if unknown := sorted(table.keys() - _SETTINGS):
        raise ValueError(f"unknown setting {unknown[0]}")
    layouts = {each.value: each for each in Layout}
    layout = layouts.get(str(table.get("layout", "text")))
    if layout is None:
        raise ValueError(f"layout must be one of {', '.join(layouts)}")
    keys = table.get("keys", [])
    if not _are_texts(keys) or not all(_may_be_key(key) for key in keys):
        raise ValueError("keys must be a list of names")
    if keys and layout is Layout.TEXT:
        raise ValueError("keys go with every layout but text")
    if not keys and layout is not Layout.TEXT:
        raise KeyError("keys")
    code = table.get("code", _KINDS_OF_CODE[0])
    if code not in _KINDS_OF_CODE:
        raise ValueError(f"code must be one of {', '.join(_KINDS_OF_CODE)}")
    if not _are_texts([table["name"], table["pattern"]]):
        raise ValueError("name and pattern must be texts")
    pattern = safe_pattern(table["pattern"], LONGEST)
    _check_groups(pattern.groupindex.keys())
    examples = table["examples"]
    if not isinstance(examples, list) or not examples:
        raise ValueError("examples must be a list with one at least")
    return TicketFormat(table["name"], layout, tuple(keys), pattern, code)


def _check_groups(groups: Set[str]) -> None:
    if unknown := sorted(groups - _GROUPS):
        raise ValueError(f"unknown group {unknown[0]}; known are {', '.join(sorted(_GROUPS))}")
    for allowed in _COMBINATIONS:
        if allowed[0] in groups and groups <= set(allowed):
            return
    allowed_groups = " or ".join(", ".join(groups) for groups in _COMBINATIONS)
    raise ValueError(f"the groups must be of {allowed_groups}, the first of each at least")


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) and value for value in values)


def _may_be_key(key: str) -> bool:
    return key.isprintable() and "=" not in key


def _fault(
    formats: Sequence[TicketFormat], own: TicketFormat, example: Mapping[str, Any]
) -> str | None:
    """What is wrong with one example, or None. Never quotes it: it may be a real slip."""
    if not isinstance(example, dict) or not isinstance(example.get("text"), str):
        return "must be a table with a text"
    wanted = {group: str(value) for group, value in example.items() if group != "text"}
    if unknown := sorted(wanted.keys() - _GROUPS):
        return f"names {unknown[0]}, which is no group"
    facts = own.facts(example["text"])
    if facts is None:
        return own.misfit(example["text"])
    if differing := sorted({group for group, _ in wanted.items() ^ facts.items()}):
        return f"is read with another {', '.join(differing)}"
    first = next(each for each in formats if each.facts(example["text"]))
    return None if first is own else f"is caught by the earlier format {first.name!r}"


def _broken(path: Path, reason: str) -> SettingsBroken:
    return SettingsBroken(path, f"{reason}; see docs/formats.md")


def _named(table: Mapping[str, Any], place: int) -> str:
    return f"[[ticket]] {place} ({table.get('name', 'without a name')})"


def _reason(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)


# --- what a format's groups may say ---


def _reference(facts: Mapping[str, str], hall: str, today: date) -> Reference:
    if number := facts.get("number"):
        day = date.fromisoformat(facts["day"]) if "day" in facts else today
        return TicketReference(facts.get("hall", hall), day, number)
    appointment = facts.get("appointment", "")
    if case := facts.get("case"):
        return SlipReference(case, facts.get("password", ""), appointment)
    return AppointmentReference(appointment)


def _number(value: str) -> str | None:
    try:
        return folded_ticket_number(value)
    except NotATicket:
        return None


def _hall(value: str) -> str | None:
    return value if _HALL.fullmatch(value) else None


def _day(value: str) -> str | None:
    """2026-11-22 or 20261122."""
    found = _DAY.fullmatch(value)
    try:
        return date(int(found[1]), int(found[3]), int(found[4])).isoformat() if found else None
    except ValueError:
        return None


def _case(value: str) -> str | None:
    folded = unicodedata.normalize("NFKC", value)
    return folded if _CASE.fullmatch(folded) and is_harmless(folded) else None


def _password(value: str) -> str | None:
    return value if value.isprintable() and len(value) <= _LONGEST_PASSWORD else None


_SPELLINGS = {
    "number": _number,
    "hall": _hall,
    "day": _day,
    "appointment": _case,
    "case": _case,
    "password": _password,
}
_ALLOWED = {
    "number": "1 or 2 letters and 3 or 4 digits",
    "hall": "6 digits or capital letters",
    "day": "a day that exists, written 2026-11-22 or 20261122",
    "appointment": "1 to 40 letters, digits, _ or -",
    "case": "1 to 40 letters, digits, _ or -",
    "password": f"at most {_LONGEST_PASSWORD} printable characters",
}
