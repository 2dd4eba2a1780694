"""The auditor's commands: what is read, in which order, and the exit code."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from clerk_client.auditing.audit import Audit
from clerk_client.auditing.errors import AuditingError
from clerk_client.auditing.files import export_at, opened
from clerk_client.auditing.heads import printed_head
from clerk_client.auditing.rows import Row, rows
from clerk_client.auditing.signers import Signers
from clerk_client.auditing.telling import Progress, Telling, complain
from clerk_client.auditing.trust import load_trust
from clerk_client.hall_link.errors import KeyringAbsent
from clerk_client.journal.errors import JournalError
from clerk_client.settings import SettingsBroken

_TOLD = (AuditingError, SettingsBroken, JournalError, KeyringAbsent)

CLEAN, FINDINGS, NOT_BEGUN, INTERRUPTED = 0, 1, 2, 130
_LOOK_EVERY = 256


def run(options: argparse.Namespace) -> int:
    """The exit code: 0 clean, 1 findings, 2 when it cannot begin or go on, 130 stopped."""
    for stream in (sys.stdout, sys.stderr):
        # A console of another encoding shows a question mark, and no traceback.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "verify": _verify,
        "verify-receipt": _verify_receipt,
        "export": _export,
        "recover-journal": _recover,
    }
    try:
        code = commands[options.command](options)
        sys.stdout.flush()
        return code
    except _TOLD as error:
        complain(error)
        return NOT_BEGUN
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the answer has gone; Python would complain once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_BEGUN


def _verify(options: argparse.Namespace) -> int:
    heads = [printed_head(text) for text in options.head]
    file, beside = export_at(options.file)
    trust = load_trust(options.trust, [*beside, *options.certificates])
    telling = Telling(as_json=options.json)
    audit = Audit(Signers(trust), heads)
    try:
        with opened(file) as stream:
            for finding in audit.findings(_watched(stream, file)):
                telling.finding(finding)
    finally:
        audit.close()
    telling.end(audit.checked, with_heads=bool(heads), with_lists=bool(trust.lists))
    return FINDINGS if audit.checked.findings else CLEAN


def _verify_receipt(options: argparse.Namespace) -> int:
    from clerk_client.auditing.receipts import check_receipt, code_in_picture

    text = options.text if options.image is None else code_in_picture(options.image)
    file, beside = export_at(options.journal) if options.journal is not None else (None, [])
    trust = load_trust(options.trust, [*beside, *options.certificates])
    is_right = check_receipt(text, trust, file, Telling(as_json=options.json))
    return CLEAN if is_right else FINDINGS


def _export(options: argparse.Namespace) -> int:
    from clerk_client.auditing.station import export_journal

    written = export_journal(options.folder, options.station)
    telling = Telling(as_json=False)
    facts = {"path": options.folder, "lines": written.lines, "head": written.head}
    telling.note("JOURNAL_EXPORTED", **facts)
    if written.missing:
        telling.note("EXPORT_CERTIFICATES_MISSING", count=written.missing)
    return CLEAN


def _recover(options: argparse.Namespace) -> int:
    from clerk_client.auditing.station import recover_journal

    station = recover_journal(options.journal, options.key, options.station)
    Telling(as_json=False).note("JOURNAL_KEY_GIVEN_BACK", station=station)
    return CLEAN


def _watched(stream: BinaryIO, file: Path) -> Iterator[Row]:
    progress = Progress(file.stat().st_size)
    try:
        for row in rows(stream):
            if row.number % _LOOK_EVERY == 0:
                progress.at(row.number, stream.tell() if stream.seekable() else 0)
            yield row
    finally:
        progress.end()
