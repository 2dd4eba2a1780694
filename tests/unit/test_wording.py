"""Every code that a clerk can meet has its words, and those ask only for what the error knows."""

import ast
import importlib
import inspect
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

import resources
from clerk_client.domain.errors import DocumentNumberLength
from clerk_client.hall_link.errors import HallRefused
from clerk_client.ui import wording
from clerk_client.ui.wording import UNKNOWN, entries, set_places, wording_for
from resources.words import PLACES, words_for
from ukey.certificates import expiry_notice
from ukey.errors import (
    CertificateExpired,
    CertificateUntrusted,
    CertificateWrongUse,
    DriverCrashed,
    PinLocked,
    PinRefused,
    UKeyError,
)
from ukey.findings import HEADINGS, Finding, Heading, finding_of, words_of
from ukey.token import Certificate, PinStanding
from ukey.trust import Trust

_ROOMS = (
    "clerk_client.domain",
    "clerk_client.wire",
    "clerk_client.hall_link",
    "clerk_client.auditing",
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


def _variants(code: str) -> list[str]:
    """Entries that facts of the code can choose in its place."""
    return [c for c in entries() if entries()[code].by and c.startswith(f"{code}_")]


def test_every_error_has_words() -> None:
    missing = sorted({error.code for error in _errors()} - entries().keys())  # type: ignore[attr-defined]
    assert missing == []


@pytest.mark.parametrize("error", _errors(), ids=lambda error: error.__name__)
def test_words_of_an_error_ask_only_for_what_it_knows(error: type[Exception]) -> None:
    code = error.code  # type: ignore[attr-defined]
    assert entries()[code].facts <= _facts(error) | PLACES.keys()


@pytest.mark.parametrize("error", _errors(), ids=lambda error: error.__name__)
def test_words_of_a_variant_ask_only_for_what_is_known_then(error: type[Exception]) -> None:
    code = error.code  # type: ignore[attr-defined]
    known = _facts(error) | set(entries()[code].by) | {"device", "family"} | PLACES.keys()
    for variant in _variants(code):
        assert entries()[variant].facts <= known, variant


def test_every_code_that_is_spelled_out_in_a_room_has_words() -> None:
    told = re.compile(
        r"(?:wording_for|words_for|_Refused|LineFault|Check|Finding|HallRefused|HallSessionEnded|_refused)\("
        r'[^()]*?"([A-Z][A-Z_]+[A-Z])"'
    )
    rooms = ("clerk_client/ui", "clerk_client/desk", "clerk_client/wire", "ukey")
    files = [file for room in rooms for file in (_ROOT / room).rglob("*.py")]
    files.append(_ROOT / "clerk_client/hall/lines/records.py")
    codes = {code for file in files for code in told.findall(file.read_text(encoding="utf-8"))}
    records = files[-1].read_text(encoding="utf-8")
    codes.update(re.findall(r'return "([A-Z]+_[A-Z_]+)"', records))
    assert sorted(codes - entries().keys()) == []


def test_every_entry_has_a_cause_and_a_next_step() -> None:
    for code, entry in tomllib.loads(resources.text("wording.toml")).items():
        assert {"cause", "next"} <= set(entry) <= {"cause", "next", "by"}, code
        for text in (entry["cause"], entry["next"]):
            assert text.strip() == text != "", code
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*", code), code
        assert all(name.isidentifier() for name in entries()[code].facts), code
        assert ("by" in entry) == bool(_variants(code)), code


def test_every_code_of_a_key_stands_under_exactly_one_heading_of_the_manual() -> None:
    kinds, waiting = set(), [UKeyError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__ == "ukey.errors":
            kinds.add(kind.code)
    reminders = {"CERT_EXPIRES_90", "CERT_EXPIRES_30", "CERT_EXPIRES_7"}
    assert HEADINGS.keys() == kinds | reminders | {"KEY_OK", "CHECK_FAILED"}
    assert set(HEADINGS.values()) == set(Heading)
    assert HEADINGS.keys() <= entries().keys()


def test_no_code_is_listed_under_two_headings() -> None:
    listed = re.findall(
        r"errors\.(\w+)\.code|\"(CERT_EXPIRES_\d+)\"",
        (_ROOT / "ukey/findings.py").read_text(encoding="utf-8"),
    )
    assert len(listed) == len(set(listed)) == len(HEADINGS) - 2


def test_words_of_the_camera_command_ask_only_for_what_its_errors_know() -> None:
    """They are chosen by the kind of source, and never send IT to the clerk's page."""
    errors = {error.code: error for error in _errors()}  # type: ignore[attr-defined]
    for entry, words in entries().items():
        code, it, _ = entry.partition("_IT")
        if it and entry != code and (entry.endswith("_IT") or "_IT_" in entry):
            assert code in entries(), entry
            known = _facts(errors[code]) if code in errors else {"path"}
            assert words.facts <= known, entry
            assert "手工输入" not in words.next, entry


def test_clerk_reads_the_facts_of_the_error() -> None:
    words = wording_for(DocumentNumberLength(18, 17))
    assert words.title == "证件号码应为 18 位，现在是 17 位"
    assert words.code == "DOCUMENT_NUMBER_LENGTH"


def test_clerk_reads_days_of_the_hall_and_not_of_greenwich() -> None:
    moment = datetime(2026, 2, 28, 16, 30, tzinfo=UTC)
    assert "2026-03-01" in wording_for(CertificateExpired(moment)).title
    written = Finding("CERT_EXPIRED", "error", {"not_after": moment.isoformat()})
    assert wording_for(written).title == wording_for(CertificateExpired(moment)).title
    assert words_of(written).title == wording_for(written).title


def test_code_of_a_newer_hall_is_shown_with_a_general_sentence() -> None:
    words = wording_for(HallRefused(400, "SOMETHING_NEW"))
    assert words.title == entries()[UNKNOWN].cause.format(code="SOMETHING_NEW")


def test_fact_that_is_missing_shows_as_a_dash() -> None:
    assert wording_for("DOCUMENT_NUMBER_LENGTH").title == "证件号码应为 — 位，现在是 — 位"


def test_what_the_hall_sends_is_never_taken_as_a_pattern() -> None:
    refused = HallRefused(409, "MATTER_SUSPENDED", {"name": "{code}", "reason": "{0.__class__}"})
    assert wording_for(refused).title == "“{code}”已暂停办理：{0.__class__}"


def test_every_standing_of_a_pin_that_is_not_full_has_words() -> None:
    for standing in (PinStanding.LOW, PinStanding.LAST):
        assert {f"PIN_WRONG_{standing.name}", f"PIN_STANDING_{standing.name}"} <= entries().keys()


def test_code_stays_the_same_whatever_variant_of_the_words_is_shown() -> None:
    business = wording_for(CertificateWrongUse("business"))
    assert business.code == "CERT_WRONG_USE"
    assert business.title == entries()["CERT_WRONG_USE_BUSINESS"].cause
    assert len({wording_for(CertificateWrongUse(use)).title for use in _USES}) == len(_USES)
    assert wording_for(PinRefused(PinStanding.LAST)).title == entries()["PIN_WRONG_LAST"].cause
    assert wording_for(PinRefused(PinStanding.FULL)).title == entries()["PIN_WRONG"].cause
    foreign, old = (CertificateUntrusted("SHA-1", issued=issued) for issued in (False, True))
    for error, entry in ((foreign, "CERT_UNTRUSTED"), (old, "CERT_UNTRUSTED_ISSUED")):
        for words in (wording_for(error), words_of(finding_of(error))):
            assert (words.code, words.title) == ("CERT_UNTRUSTED", entries()[entry].cause)
            assert ("SHA-1" in words.next_step) is error.issued
    crashed = [wording_for(DriverCrashed("x", "SIGSEGV", quarantined=q)) for q in (False, True)]
    assert [words.title for words in crashed] == [
        entries()["DRIVER_CRASHED"].cause,
        entries()["DRIVER_CRASHED_QUARANTINED"].cause,
    ]


_USES = ("encryption", "authority", "business", "something new")


def test_pin_mistyped_some_time_ago_is_not_told_as_mistyped_now() -> None:
    before = Finding("PIN_WRONG", "warning", {"standing": "last"})
    for words in (wording_for(before), words_of(before)):
        assert (words.code, words.title) == ("PIN_WRONG", entries()["PIN_STANDING_LAST"].cause)


def test_last_day_of_a_certificate_is_told_as_the_last() -> None:
    end = datetime(2030, 1, 1, 3, tzinfo=UTC)
    dates = (end - timedelta(days=365), end)
    ends = Certificate(b"", "张丽", "W01", "1", "CA", *dates, "f" * 64, "RS256")
    for ago, said in ((timedelta(hours=2), "最后一天"), (timedelta(days=1), "只有 1 天")):
        ((code, facts),) = [
            notice for notice in Trust((), end - ago).notices(ends) if notice[0] == "CERT_EXPIRES_7"
        ]
        assert said in wording_for(code, facts).title
        assert wording_for(code, facts).code == code


def test_clerk_is_sent_to_the_office_that_the_settings_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "网建办" in wording_for(PinLocked()).next_step
    monkeypatch.setattr(wording, "_places", {})
    set_places(office="数据局")
    assert "到数据局办理解锁" in wording_for(PinLocked()).next_step
    # A command line has no settings.
    assert "到网建办办理解锁" in words_for("PIN_LOCKED", {}).next_step
    assert "网建办" not in resources.text("wording.toml")


def test_nothing_that_a_fact_says_chooses_words_of_another_code() -> None:
    words = words_for("CERT_WRONG_USE", {"use": "../KEY_OK"})
    assert words.title == entries()["CERT_WRONG_USE"].cause


def test_every_reminder_that_a_certificate_gives_has_words() -> None:
    end = datetime(2030, 1, 1, tzinfo=UTC)
    dates = (end - timedelta(days=365), end)
    ends = Certificate(b"", "张丽", "W01", "1", "CA", *dates, "f" * 64, "RS256")
    for days in range(91):
        assert expiry_notice(ends, end - timedelta(days=days)) in entries()


def test_every_code_of_a_key_is_explained_to_it_under_its_heading() -> None:
    page = (_ROOT / "docs/keys.md").read_text(encoding="utf-8")
    _, *parts = re.split(r"\| \*\*(.+?)\*\* \|", page[page.index("## Codes") :])
    told = {
        code: Heading(heading)
        for heading, part in zip(parts[::2], parts[1::2], strict=True)
        for code in re.findall(r"`([A-Z]+_[A-Z0-9_]+)`", part)
    }
    assert told == dict(HEADINGS)
