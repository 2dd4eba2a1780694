"""Every code that a clerk can meet has its words, and those ask only for what the error knows."""

import ast
import importlib
import inspect
import pkgutil
import re
import string
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from clerk_client.domain.errors import DocumentNumberLength
from clerk_client.hall_link.errors import HallRefused
from clerk_client.ui.wording import UNKNOWN, entries, wording_for
from ukey.errors import CertificateExpired
from ukey.token import PinStanding

_ROOMS = (
    "clerk_client.domain",
    "clerk_client.wire",
    "clerk_client.hall_link",
    "clerk_client.journal",
    "clerk_client.desk",
    "clerk_client.settings",
    "clerk_client.workers.unforeseen",
    "clerk_client.hall.errors",
    "ukey",
    "scanner",
    "printing",
)
_ROOT = Path(__file__).parents[2]


def _modules() -> Iterator[ModuleType]:
    for room in _ROOMS:
        module = importlib.import_module(room)
        yield module
        for found in pkgutil.iter_modules(getattr(module, "__path__", []), room + "."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def _errors() -> list[type[Exception]]:
    found = {
        each
        for module in _modules()
        for each in vars(module).values()
        if inspect.isclass(each)
        and issubclass(each, Exception)
        and isinstance(getattr(each, "code", None), str)
        and each.__module__.startswith(("clerk_client", "ukey", "scanner", "printing"))
    }
    return sorted(found, key=lambda each: each.__qualname__)


def _facts(error: type[Exception]) -> set[str]:
    """What `self.x = …` in the class or a class above gives its errors."""
    facts = {"code"}
    for each in error.__mro__:
        if each.__module__.startswith(("clerk_client", "ukey", "scanner", "printing")):
            tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(each)))
            facts |= {
                node.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Store)
                and isinstance(node.value, ast.Name)
                and node.value.id == "self"
            }
    return facts


def _asked(code: str) -> set[str]:
    entry = entries()[code]
    fields = string.Formatter().parse(entry["cause"] + entry["next"])
    return {name for _, name, _, _ in fields if name is not None}


def test_every_error_has_words() -> None:
    missing = sorted({error.code for error in _errors()} - entries().keys())  # type: ignore[attr-defined]
    assert missing == []


@pytest.mark.parametrize("error", _errors(), ids=lambda error: error.__name__)
def test_words_of_an_error_ask_only_for_what_it_knows(error: type[Exception]) -> None:
    code = error.code  # type: ignore[attr-defined]
    assert _asked(code) <= _facts(error)


def test_every_code_that_is_spelled_out_in_a_room_has_words() -> None:
    told = re.compile(
        r"(?:wording_for|LineFault|Check|Finding|HallRefused|HallSessionEnded|_refused)\("
        r'[^()]*?"([A-Z][A-Z_]+[A-Z])"'
    )
    rooms = ("clerk_client/ui", "clerk_client/desk", "clerk_client/wire", "ukey")
    files = [file for room in rooms for file in (_ROOT / room).rglob("*.py")]
    files.append(_ROOT / "clerk_client/hall/records.py")
    codes = {code for file in files for code in told.findall(file.read_text(encoding="utf-8"))}
    records = files[-1].read_text(encoding="utf-8")
    codes.update(re.findall(r'return "([A-Z]+_[A-Z_]+)"', records))
    assert sorted(codes - entries().keys()) == []


def test_every_entry_has_a_cause_and_a_next_step() -> None:
    for code, entry in entries().items():
        assert set(entry) == {"cause", "next"}, code
        assert all(text.strip() == text and text for text in entry.values()), code
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*", code), code
        assert all(name.isidentifier() for name in _asked(code)), code


def test_clerk_reads_the_facts_of_the_error() -> None:
    words = wording_for(DocumentNumberLength(18, 17))
    assert words.title == "证件号码应为 18 位，现在是 17 位"
    assert words.code == "DOCUMENT_NUMBER_LENGTH"


def test_clerk_reads_days_of_the_hall_and_not_of_greenwich() -> None:
    from datetime import UTC, datetime

    expired = CertificateExpired(datetime(2026, 2, 28, 16, 30, tzinfo=UTC))
    assert "2026-03-01" in wording_for(expired).title


def test_code_of_a_newer_hall_is_shown_with_a_general_sentence() -> None:
    words = wording_for(HallRefused(400, "SOMETHING_NEW"))
    assert words.title == entries()[UNKNOWN]["cause"].format(code="SOMETHING_NEW")


def test_fact_that_is_missing_shows_as_a_dash() -> None:
    assert wording_for("DOCUMENT_NUMBER_LENGTH").title == "证件号码应为 — 位，现在是 — 位"


def test_what_the_hall_sends_is_never_taken_as_a_pattern() -> None:
    refused = HallRefused(409, "MATTER_SUSPENDED", {"name": "{code}", "reason": "{0.__class__}"})
    assert wording_for(refused).title == "“{code}”已暂停办理：{0.__class__}"


def test_every_standing_of_a_pin_that_is_not_full_has_words() -> None:
    for standing in (PinStanding.LOW, PinStanding.LAST):
        assert {f"PIN_WRONG_{standing.name}", f"PIN_STANDING_{standing.name}"} <= entries().keys()
