"""`python -m ukey`: what is wrong with the keys of this station, and what to do about it."""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from resources.words import words_for
from ukey.catalog import Catalog, driver_at, load_catalog
from ukey.certificates import load_authorities
from ukey.diagnosis import Diagnosis, diagnose
from ukey.errors import CertificateUnfit
from ukey.evidence import USB_ROOT
from ukey.findings import LEVELS, Finding, Heading, shown, words_of
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
from ukey.station import Station, StationUnusable, find_station, read_station
from ukey.token import Token
from ukey.trust import Trust

_PATIENCE = 2.0
"""Seconds for the drivers, so that with Python's own start an answer is there within three."""
_LEAVE = 0.2
_WORST_FIRST = ("error", "warning", "ok")
_LEADS = {"error": "最可能的原因", "warning": "请注意"}
# Said elsewhere: which key a finding is about stands in its own line, the words have the rest.
_NOT_REPEATED = ("token", "holder", "serial", "not_after", "family", "standing", "days", "count")
_STANDINGS = {"full": "正常", "low": "输错过", "last": "还剩一次", "locked": "已锁定"}


class _Refused(Exception):
    """What was asked for cannot be done: a code and its facts."""


@dataclass(frozen=True, slots=True)
class _Sources:
    """What the look goes by: the command line's word, else station.toml's, else nothing."""

    station: Path | None
    driver: Path | None
    drivers: Path | None
    authorities: tuple[Any, ...]
    revocations: tuple[Path, ...]


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
        sources = _sources(options)
        diagnosis, catalog = _diagnosed(sources, options.usb)
        _tell(diagnosis, sources, as_json=options.json)
        if options.report is not None:
            write_report(options.report, diagnosis, catalog, datetime.now(UTC))
    except (ReportExists, ReportNotWritten, StationUnusable) as error:
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
        "--driver", type=Path, metavar="FILE", help="this library alone, in no catalogue"
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
        help="revocation lists, files or folders; needs authorities",
    )
    station = parser.add_mutually_exclusive_group()
    station.add_argument(
        "--station", type=Path, metavar="FILE", help="station.toml; default: the client's own"
    )
    station.add_argument("--no-station", action="store_true", help="go by no station.toml")
    parser.add_argument("--report", type=Path, metavar="FILE", help="a zip for the help desk")
    parser.add_argument("--usb", type=Path, default=USB_ROOT, help=argparse.SUPPRESS)
    return parser


def _sources(options: argparse.Namespace) -> _Sources:
    """Raises _Refused for what was named on the command line and cannot be used."""
    for path, is_there, code in (
        (options.driver, Path.exists, "NO_SUCH_FILE"),
        (options.drivers, Path.is_dir, "NO_SUCH_FOLDER"),
    ):
        if path is not None and not _holds(is_there, path):
            raise _Refused(code, {"path": path})
    station = _station(options)
    if options.authorities is not None:
        authorities = _authorities(options.authorities)
    else:
        authorities = _authorities_of(station)
    if options.revocations and not authorities:
        raise _Refused("REVOCATIONS_ALONE", {})
    return _Sources(
        station=station.path if station else None,
        driver=options.driver,
        drivers=options.drivers or (station.drivers if station else None),
        authorities=authorities,
        revocations=tuple(options.revocations)
        or (station.revocation_lists if station and authorities else ()),
    )


def _holds(question: Callable[[Path], bool], path: Path) -> bool:
    try:
        return question(path)
    except (OSError, ValueError):
        return False


def _station(options: argparse.Namespace) -> Station | None:
    if options.no_station:
        return None
    place = options.station or find_station()
    return read_station(place) if place is not None else None


def _authorities_of(station: Station | None) -> tuple[Any, ...]:
    """A station whose authorities cannot be read is looked at all the same, as the client does."""
    if station is None:
        return ()
    try:
        return _authorities(station.authorities)
    except _Refused as refused:
        _complain(*refused.args)
        return ()


def _authorities(file: Path) -> tuple[Any, ...]:
    try:
        return tuple(load_authorities(file.read_bytes()))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    except CertificateUnfit:
        reason = "not PEM"
    raise _Refused("AUTHORITIES_UNUSABLE", {"path": file, "reason": reason})


def _diagnosed(sources: _Sources, usb_root: Path) -> tuple[Diagnosis, Catalog]:
    moment = datetime.now(UTC)
    authorities, lists = sources.authorities, sources.revocations
    revoked = load_revocations(lists, authorities) if lists else None
    kinds = load_kinds(sources.drivers)
    catalog = load_catalog(sources.drivers)
    if sources.driver is not None:
        catalog = Catalog((driver_at(sources.driver),), catalog.families)
    catalog = replace(catalog, problems=(*catalog.problems, *kinds.problems))
    hub = KeyHub(catalog.drivers, families=catalog.families, kinds=kinds)
    try:
        trust = Trust(authorities, moment, revoked=revoked)
        found = diagnose(hub, catalog, trust, usb_root=usb_root, within=_PATIENCE)
    finally:
        hub.stop(_LEAVE)
    return found, catalog


def _refuse(code: str, facts: Mapping[str, object]) -> int:
    _complain(code, facts)
    return 2


def _complain(code: str, facts: Mapping[str, object]) -> None:
    words = words_for(code, facts)
    print(f"{words.title}。{words.next_step}（{code}）", file=sys.stderr)
    if reason := facts.get("reason"):
        print(f"　　详情：{reason}", file=sys.stderr)


# --- what is told --------------------------------------------------------------------------------


def _tell(diagnosis: Diagnosis, sources: _Sources, *, as_json: bool) -> None:
    if as_json:
        document = {
            "station": str(sources.station) if sources.station else None,
            "findings": [plain_finding(finding) for finding in diagnosis.findings],
            "tokens": [_plain_token(token) for token in diagnosis.tokens],
        }
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        # UTF-8 whatever the console is set to: a program reads it.
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
        return
    print(_where_from(sources))
    cause = diagnosis.findings[0]
    if lead := _LEADS.get(cause.severity):
        words = words_of(cause)
        print(f"{lead}：{words.title}（{words.code}）")
    print()
    for heading in Heading:
        under = [finding for finding in diagnosis.findings if finding.heading is heading]
        worst = min((f.severity for f in under), key=_WORST_FIRST.index, default="")
        print(f"{heading.value}　【{LEVELS[worst]}】" if worst else heading.value)
        for finding in under:
            _tell_finding(finding)
    if diagnosis.tokens:
        print("\n电子钥匙：")
        for token in diagnosis.tokens:
            print(f"　　{_described(token)}")
        if not sources.authorities:
            print("　　（没有签发机构的证书：未核对证书由谁签发）")


def _where_from(sources: _Sources) -> str:
    if sources.station is not None:
        return f"已读取 {sources.station}"
    if sources.driver or sources.drivers:
        return "没有读取 station.toml"
    return "没有读取 station.toml（只检查自带的驱动目录）"


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
            first, *more = fact.splitlines() or [""]
            print(f"　　　　{name}: {first}")
            for line in more:
                print(f"　　　　{' ' * len(name)}  {line}")
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
