"""`python -m ukey`: what is wrong with the keys of this station, and what to do about it."""

import argparse
import json
import logging
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from resources.words import words_for
from ukey.catalog import Catalog, driver_at, load_catalog
from ukey.certificates import load_authorities
from ukey.diagnosis import Diagnosis, diagnose
from ukey.driver import Deadlines
from ukey.errors import CertificateUnfit
from ukey.evidence import USB_ROOT
from ukey.findings import Finding, Heading, shown, words_of
from ukey.hub import KeyHub
from ukey.kinds import load_kinds
from ukey.redaction import last_four
from ukey.report import (
    ReportExists,
    ReportNotWritten,
    ensure_new,
    plain_finding,
    write_report,
)
from ukey.revocation import load_revocations
from ukey.token import Token
from ukey.trust import Trust

_PATIENCE = 2.0
"""Seconds for the drivers, so that with Python's own start an answer is there within three."""
_LEAVE = 0.2
_LEVELS = {"ok": "正常", "warning": "注意", "error": "故障"}
_WORST_FIRST = ("error", "warning", "ok")
# Said elsewhere: which key a finding is about stands in its own line, the words have the rest.
_NOT_REPEATED = ("token", "holder", "serial", "not_after", "family", "standing", "days", "count")
_STANDINGS = {"full": "正常", "low": "输错过", "last": "还剩一次", "locked": "已锁定"}


class _Refused(Exception):
    """What was asked for cannot be done: a code and its facts."""


def main(arguments: list[str] | None = None) -> int:
    """0 when nothing is wrong, or only what a warning says; 1 with an error, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    # Nothing of it is for whoever reads the screen.
    logging.getLogger("ukey").addHandler(logging.NullHandler())
    for stream in (sys.stdout, sys.stderr):
        # A console of another encoding shows a question mark, and no traceback.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        if options.report is not None:
            ensure_new(options.report)
        diagnosis, catalog = _diagnosed(options)
        _tell(diagnosis, options)
        if options.report is not None:
            write_report(options.report, diagnosis, catalog, datetime.now(UTC))
    except (ReportExists, ReportNotWritten) as error:
        return _refuse(error.code, vars(error))
    except _Refused as error:
        return _refuse(*error.args)
    if options.report is not None:
        print(f"报告已写入 {options.report}", file=sys.stderr if options.json else sys.stdout)
    return 1 if any(finding.severity == "error" for finding in diagnosis.findings) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ukey", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--driver", type=Path, metavar="PATH", help="this library alone, in no catalogue"
    )
    which.add_argument(
        "--drivers", type=Path, metavar="FOLDER", help="driver files of your own (docs/drivers.md)"
    )
    parser.add_argument(
        "--authorities", type=Path, metavar="FILE", help="PEM file of whom the hall trusts"
    )
    parser.add_argument(
        "--revocations",
        type=Path,
        nargs="+",
        default=[],
        metavar="PATH",
        help="revocation lists, files or folders; needs --authorities",
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="a zip for the help desk")
    parser.add_argument("--usb", type=Path, default=USB_ROOT, help=argparse.SUPPRESS)
    return parser


def _diagnosed(options: argparse.Namespace) -> tuple[Diagnosis, Catalog]:
    if options.revocations and options.authorities is None:
        raise _Refused("REVOCATIONS_ALONE", {})
    moment = datetime.now(UTC)
    authorities = _authorities(options.authorities)
    revoked = load_revocations(options.revocations, authorities) if options.revocations else None
    kinds = load_kinds(options.drivers)
    catalog = load_catalog(options.drivers)
    if options.driver is not None:
        catalog = Catalog((driver_at(options.driver),), catalog.families)
    catalog = replace(catalog, problems=(*catalog.problems, *kinds.problems))
    hub = KeyHub(
        catalog.drivers,
        replace(Deadlines(), close=_LEAVE),
        families=catalog.families,
        kinds=kinds,
    )
    try:
        trust = Trust(authorities, moment, revoked=revoked)
        found = diagnose(hub, catalog, trust, usb_root=options.usb, within=_PATIENCE)
    finally:
        hub.stop()
    return found, catalog


def _authorities(file: Path | None) -> tuple[Any, ...]:
    if file is None:
        return ()
    try:
        return load_authorities(file.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
    except CertificateUnfit:
        reason = "not PEM"
    raise _Refused("AUTHORITIES_UNUSABLE", {"path": file, "reason": reason})


def _refuse(code: str, facts: dict[str, object]) -> int:
    words = words_for(code, facts)
    print(f"{words.title}。{words.next_step}（{code}）", file=sys.stderr)
    return 2


# --- what is told --------------------------------------------------------------------------------


def _tell(diagnosis: Diagnosis, options: argparse.Namespace) -> None:
    unchecked = "没有指定 --authorities：未核对证书由谁签发"
    if options.json:
        document = {
            "findings": [plain_finding(finding) for finding in diagnosis.findings],
            "tokens": [_plain_token(token) for token in diagnosis.tokens],
        }
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        # UTF-8 whatever the console is set to: a program reads it.
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
        return
    for heading in Heading:
        under = [finding for finding in diagnosis.findings if finding.heading is heading]
        worst = min((f.severity for f in under), key=_WORST_FIRST.index, default="")
        print(f"{heading.value}　【{_LEVELS[worst]}】" if worst else heading.value)
        for finding in under:
            _tell_finding(finding)
    if diagnosis.tokens:
        print("\n电子钥匙：")
        for token in diagnosis.tokens:
            print(f"　　{_described(token)}")
        if options.authorities is None:
            print(f"　　（{unchecked}）")


def _tell_finding(finding: Finding) -> None:
    words = words_of(finding)
    print(f"　　原因：{words.title}")
    print(f"　　办法：{words.next_step}")
    print(f"　　代码：{words.code}")
    facts = finding.facts
    if "token" in facts:
        whose = (facts.get("holder", ""), facts["family"], last_four(facts["serial"]))
        if any(whose):
            print(f"　　钥匙：{'，'.join(filter(None, whose))}")
    for name, fact in facts.items():
        if name not in _NOT_REPEATED:
            print(f"　　　　{name}: {', '.join(fact.splitlines())}")
    print()


def _described(token: Token) -> str:
    parts = [token.family_name or token.driver]
    if token.certificate is not None:
        until = shown(token.certificate.not_after.isoformat())
        parts += [token.certificate.holder, f"有效期至{until}"]
    if token.serial:
        parts.append(f"序列号{last_four(token.serial)}")
    if not token.unusable:
        parts.append(f"PIN{_STANDINGS[token.pin.value]}")
    return "，".join(parts)


def _plain_token(token: Token) -> dict[str, Any]:
    certificate = token.certificate
    return {
        "id": token.id,
        "driver": token.driver,
        "family": token.family,
        "label": token.label,
        "serial": token.serial,
        "pin": token.pin.value,
        "must_change_pin": token.must_change_pin,
        "unusable": token.unusable,
        "certificate": certificate
        and {
            "holder": certificate.holder,
            "issuer": certificate.issuer,
            "serial": certificate.serial,
            "not_before": certificate.not_before.isoformat(),
            "not_after": certificate.not_after.isoformat(),
            "kind": certificate.kind.value,
            "alg": certificate.alg,
            "sha256": certificate.sha256,
        },
    }


if __name__ == "__main__":
    sys.exit(main())
