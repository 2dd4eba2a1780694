"""What a cell of the hall's files may say: a rule takes its text and gives its value."""

import enum
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from clerk_client.domain.appointments import folded_appointment_number
from clerk_client.domain.errors import DomainError
from clerk_client.domain.people import folded_number
from clerk_client.domain.tickets import folded_ticket_number

_MOST_DAYS = 3650
_STEP_STATES = ("done", "current", "waiting")
_STEP_NAME = 60
_BASE_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_CASE_NUMBER = re.compile(r"[^\s/\\?#%|]{1,80}")

Rule = Callable[[str], Any]


class CellWrong(Exception):
    """A cell's text is not what its column demands."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def text(most: int, may_be_empty: bool = False) -> Rule:
    def rule(cell: str) -> str:
        if not cell and not may_be_empty:
            raise CellWrong("EMPTY")
        if len(cell) > most:
            raise CellWrong("TOO_LONG", most=str(most))
        # A bar separates the fields of a receipt's code.
        if "|" in cell or any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in cell):
            raise CellWrong("CHARACTER")
        return cell

    return rule


def one_of(words: type[enum.Enum]) -> Rule:
    return word({str(each.value): str(each.value) for each in words})


def word(meanings: Mapping[str, Any]) -> Rule:
    def rule(cell: str) -> Any:
        if cell not in meanings:
            raise CellWrong("NOT_ONE_OF", value=cell[:40], allowed="、".join(meanings))
        return meanings[cell]

    return rule


def day(cell: str) -> date:
    try:
        day = date.fromisoformat(cell)
    except ValueError as error:
        raise CellWrong("NOT_A_DAY", value=cell[:40]) from error
    # fromisoformat takes 20261121 and week days too; a file should have one form.
    if day.isoformat() != cell:
        raise CellWrong("NOT_A_DAY", value=cell[:40])
    return day


def count(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) < 6 and int(cell) <= _MOST_DAYS):
        raise CellWrong("NOT_A_COUNT", value=cell[:40])
    return int(cell)


def ticket_number(cell: str) -> str:
    try:
        number = folded_ticket_number(cell)
    except DomainError as error:
        raise CellWrong("TICKET_NUMBER", value=cell[:40]) from error
    if number != cell:
        raise CellWrong("TICKET_NUMBER", value=cell[:40])
    return cell


def codes(cell: str) -> list[str]:
    parts = [part.strip() for part in cell.replace("；", ";").split(";")]
    found: list[str] = [CODE(part) for part in parts if part]
    if not found:
        raise CellWrong("EMPTY")
    return found


def hall_code(cell: str) -> str:
    if not (len(cell) == 6 and cell.isascii() and cell.isdigit()):
        raise CellWrong("HALL_CODE", value=cell[:40])
    return cell


def appointment_number(cell: str) -> str:
    if not cell:
        raise CellWrong("EMPTY")
    try:
        return folded_appointment_number(cell)
    except DomainError as error:
        raise CellWrong("APPOINTMENT_NUMBER", value=cell[:40]) from error


def appointment_or_none(cell: str) -> str:
    return appointment_number(cell) if cell else ""


def day_or_none(cell: str) -> date | None:
    return day(cell) if cell else None


def case_number(cell: str) -> str:
    """Opaque, but it has to go into the path of a call."""
    if not cell:
        raise CellWrong("EMPTY")
    if not (_CASE_NUMBER.fullmatch(cell) and cell.isprintable()) or set(cell) == {"."}:
        raise CellWrong("CASE_NUMBER", value=cell[:40])
    return cell


def document_number(cell: str) -> str:
    """Folded as what is typed will be. Its check character is the department's affair."""
    number = folded_number(cell)
    if not (4 <= len(number) <= 40 and number.isprintable() and "|" not in number):
        raise CellWrong("DOCUMENT_NUMBER")
    return number


def base_code(cell: str) -> str:
    """Stands in a file's name."""
    if not _BASE_CODE.fullmatch(cell) or cell == "databases":
        raise CellWrong("BASE_CODE", value=cell[:40])
    return cell


def steps(cell: str) -> list[dict[str, str]]:
    """`审查:current:2026-11-21;决定:waiting:` in the order in which they are done."""
    found = []
    for place, part in enumerate(filter(None, map(str.strip, re.split("[;；]", cell))), 1):
        fields = [field.strip() for field in re.split("[:：]", part)]
        if len(fields) != 3 or not 0 < len(fields[0]) <= _STEP_NAME:
            raise CellWrong("STEPS", place=str(place))
        name, state, due = CODE(fields[0]), *fields[1:]
        if state not in _STEP_STATES:
            raise CellWrong("STEPS", place=str(place))
        try:
            due_on = day_or_none(due)
        except CellWrong as wrong:
            raise CellWrong("STEPS", place=str(place)) from wrong
        found.append({"name": name, "state": state, "due_on": due_on.isoformat() if due_on else ""})
    return found


CODE = text(80)
