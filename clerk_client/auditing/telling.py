"""How an audit is told: a line a finding, or one JSON document for a program."""

import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from clerk_client.auditing.audit import Checked, Finding
from clerk_client.domain.clock import from_rfc3339, hall_time
from resources.words import words_for

_SHOWN = 100
_EVERY_S = 0.5


class Telling:
    """Of one command. Findings are shown as they come, or kept for the document."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._count = 0
        self._kept: list[dict[str, Any]] = []
        self._notes: list[dict[str, Any]] = []

    def finding(self, finding: Finding) -> None:
        """At most 100 are told one by one."""
        self._count += 1
        if self._count > _SHOWN:
            return
        said = words_for(finding.code, finding.facts).title
        if self._as_json:
            place = {"code": finding.code, "row": finding.row, "seq": finding.seq}
            self._kept.append({**place, "facts": dict(finding.facts), "said": said})
            return
        facts = {"row": finding.row, "seq": finding.seq, "said": said}
        entry = "AUDIT_FINDING" if finding.row else "AUDIT_FINDING_FILE"
        _write(f"{words_for(entry, facts).title}（{finding.code}）")

    def note(self, code: str, **facts: object) -> None:
        """What is to be known and is no fault."""
        if self._as_json:
            self._notes.append({"code": code, "said": words_for(code, facts).title})
        else:
            _write(sentence(code, facts))

    def end(self, checked: Checked, *, with_heads: bool, with_lists: bool) -> None:
        """Counts of each kind with what to do, and what was checked as the last line."""
        if self._count > _SHOWN and not self._as_json:
            _write(sentence("AUDIT_MORE", {"shown": _SHOWN, "more": self._count - _SHOWN}))
        if checked.erased:
            self.note("AUDIT_ERASED", count=checked.erased)
        if not with_lists:
            self.note("AUDIT_WITHOUT_LISTS")
        if self._as_json:
            self._document({**_plain(checked), "findings": self._kept})
            return
        for code, count in checked.findings.most_common():
            todo = words_for(code, {}).next_step
            _write(sentence("AUDIT_TALLY", {"kind": code, "count": count, "todo": todo}))
        clean = "AUDIT_CLEAN" if with_heads else "AUDIT_CLEAN_WITHOUT_HEAD"
        facts = {
            "count": self._count,
            "lines": checked.lines,
            "head": checked.head,
            "first_at": shown_time(checked.first_at),
            "last_at": shown_time(checked.last_at),
        }
        _write(sentence("AUDIT_WITH_FINDINGS" if self._count else clean, facts))

    def receipt(self, said: Mapping[str, Any]) -> None:
        """The document of a receipt's check, where one is wanted."""
        if self._as_json:
            clean = bool(said) and not self._count
            self._document({"clean": clean, "receipt": dict(said), "findings": self._kept})

    def _document(self, fields: Mapping[str, Any]) -> None:
        """With the notes, in UTF-8 whatever the console is set to: a program reads it."""
        text = json.dumps({**fields, "notes": self._notes}, ensure_ascii=False, indent=2)
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
        sys.stdout.buffer.flush()


class Progress:
    """On a terminal only: how far it is."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._is_shown = sys.stderr.isatty()
        self._next = time.monotonic() + _EVERY_S

    def at(self, lines: int, position: int) -> None:
        """Says it every half second."""
        if not self._is_shown or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY_S
        percent = min(100, position * 100 // max(1, self._size))
        words = words_for("AUDIT_PROGRESS", {"lines": lines, "percent": percent})
        sys.stderr.write(f"\r{words.title}")
        sys.stderr.flush()

    def end(self) -> None:
        """Leaves the terminal's line to others."""
        if self._is_shown:
            sys.stderr.write("\r\x1b[K")


def sentence(code: str, facts: Mapping[str, object]) -> str:
    """Cause and next step."""
    words = words_for(code, facts)
    return f"{words.title}。{words.next_step}"


def complain(problem: Exception) -> None:
    """Why it could not begin or go on, on standard error."""
    code = str(getattr(problem, "code", ""))
    sys.stderr.write(f"{sentence(code, vars(problem))}（{code}）\n")


def shown_time(done_at: str) -> str:
    """As a person in the hall reads it; empty and odd ones as they are."""
    try:
        return hall_time(from_rfc3339(done_at))
    except (ValueError, OverflowError):
        return done_at


def _plain(checked: Checked) -> dict[str, Any]:
    return {
        "clean": not checked.findings,
        "journal": checked.journal,
        "lines": checked.lines,
        "erased": checked.erased,
        "first_at": checked.first_at,
        "last_at": checked.last_at,
        "head": checked.head,
        "counts": dict(checked.findings),
    }


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
