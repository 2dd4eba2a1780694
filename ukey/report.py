"""What a help desk gets to see of a station's keys: a zip without whose they are.

No PIN is ever here to begin with. Each file holds chosen fields only, and all text is then cleaned
once more of names, serials and of who works at this machine.
"""

import dataclasses
import io
import json
import locale
import platform
import struct
import zipfile
from collections.abc import Mapping
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from ukey import pcsc
from ukey.catalog import Catalog, Driver
from ukey.diagnosis import Diagnosis
from ukey.errors import SmartCardServiceDown, UKeyError
from ukey.findings import LEVELS, Finding, Heading, words_of
from ukey.hall_day import HALL_ZONE
from ukey.preflight import facts_of, this_architecture
from ukey.redaction import Cleaner, last_four, shortened
from ukey.token import Token

_PCSC_PATIENCE = 0.5
_ABOUT_A_PERSON = ("token", "holder")


class ReportExists(UKeyError):
    """A file of that name is there. It is never overwritten."""

    code = "REPORT_EXISTS"

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = str(path)


class ReportNotWritten(UKeyError):
    """The place cannot be written to."""

    code = "REPORT_NOT_WRITTEN"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = str(path)
        self.reason = reason


def ensure_new(path: Path) -> None:
    """Before a diagnosis is made for nothing. Raises ReportExists, ReportNotWritten."""
    try:
        if path.exists():
            raise ReportExists(path)
        if not path.parent.is_dir():
            raise ReportNotWritten(path, "no such folder")
    except OSError as error:
        raise ReportNotWritten(path, error.strerror or str(error)) from error


def write_report(path: Path, diagnosis: Diagnosis, catalog: Catalog, moment: datetime) -> None:
    """Whole or not at all. `moment` is aware. Raises ReportExists, ReportNotWritten."""
    content = _zipped(_files(diagnosis, catalog, moment))
    try:
        with path.open("xb") as file:
            try:
                file.write(content)
                file.flush()
            except BaseException:
                path.unlink(missing_ok=True)
                raise
    except FileExistsError as error:
        raise ReportExists(path) from error
    except OSError as error:
        raise ReportNotWritten(path, error.strerror or str(error)) from error


def plain_finding(finding: Finding) -> dict[str, Any]:
    """As in `--json`."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "heading": finding.heading.value,
        "facts": dict(finding.facts),
        "next_step": words_of(finding).next_step,
    }


# --- what goes in --------------------------------------------------------------------------------


def _files(diagnosis: Diagnosis, catalog: Catalog, moment: datetime) -> dict[str, bytes]:
    cleaner = Cleaner(diagnosis.tokens)
    findings = [_anonymous(finding, cleaner) for finding in diagnosis.findings]
    contents: dict[str, Any] = {
        "findings.json": [plain_finding(finding) for finding in findings],
        "station.json": cleaner.cleaned(_station(moment)),
        "drivers.json": cleaner.cleaned(_drivers(diagnosis, catalog)),
        "usb.json": cleaner.cleaned(_usb(diagnosis, catalog)),
        "readers.json": cleaner.cleaned(_readers(diagnosis)),
        "tokens.json": cleaner.cleaned([_token(token) for token in diagnosis.tokens]),
    }
    texts = {
        name: json.dumps(content, ensure_ascii=False, indent=2).encode("utf-8", "replace")
        for name, content in contents.items()
    }
    # Windows' editor takes UTF-8 for something else without the mark.
    return {"说明.txt": _explanation(findings, moment).encode("utf-8-sig"), **texts}


def _zipped(files: Mapping[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return whole.getvalue()


def _anonymous(finding: Finding, cleaner: Cleaner) -> Finding:
    facts = {name: fact for name, fact in finding.facts.items() if name not in _ABOUT_A_PERSON}
    if "serial" in facts:
        facts["serial"] = last_four(facts["serial"])
    return dataclasses.replace(finding, facts=cleaner.cleaned(facts))


def _station(moment: datetime) -> dict[str, Any]:
    try:
        client = metadata.version("clerk-client")
    except metadata.PackageNotFoundError:
        client = ""
    return {
        "made_at": moment.isoformat(timespec="seconds"),
        "client": client,
        "python": platform.python_version(),
        "system": platform.system(),
        "release": platform.release(),
        "system_version": platform.version(),
        "machine": platform.machine(),
        "bits": struct.calcsize("P") * 8,
        "drivers_must_be": this_architecture(),
        "locale": ".".join(part for part in locale.getlocale() if part),
    }


def _drivers(diagnosis: Diagnosis, catalog: Catalog) -> list[dict[str, Any]]:
    installed = diagnosis.evidence.installed if diagnosis.evidence else ()
    return [_driver(driver, driver in installed) for driver in catalog.drivers]


def _driver(driver: Driver, is_installed: bool) -> dict[str, Any]:
    places = dict.fromkeys((*driver.libraries, *driver.other_libraries))
    looked_at = [facts_of(path) for path in places]
    return {
        "name": driver.name,
        "family": driver.family,
        "maker": driver.maker,
        "checked_on_hardware": driver.checked_on_hardware,
        "uses_pcsc": driver.uses_pcsc,
        "usb": list(driver.usb),
        "installed": is_installed,
        "libraries": [dataclasses.asdict(facts) for facts in looked_at if facts.exists],
        "not_there": [facts.path for facts in looked_at if not facts.exists],
    }


def _usb(diagnosis: Diagnosis, catalog: Catalog) -> list[dict[str, Any]] | None:
    """Of what is no key the number alone: a telephone may call itself by its owner's name."""
    devices = diagnosis.evidence.devices if diagnosis.evidence else None
    if devices is None:
        return None
    return [
        {
            "id": device.id,
            "known": catalog.knows_usb(device.id),
            "families": list(catalog.family_of_usb(device.id)),
            "product": shortened(device.product) if catalog.knows_usb(device.id) else "",
        }
        for device in devices
    ]


def _readers(diagnosis: Diagnosis) -> dict[str, Any]:
    evidence = diagnosis.evidence
    names, service = (evidence.readers, evidence.service) if evidence else (None, None)
    if names is None and service is None:
        try:
            names = pcsc.readers(_PCSC_PATIENCE)
        except SmartCardServiceDown as down:
            service = down
    return {
        "service": f"{service.code} {service}" if service else "",
        "readers": [shortened(name) for name in names or ()],
    }


def _token(token: Token) -> dict[str, Any]:
    certificate = token.certificate
    return {
        "driver": token.driver,
        "family": token.family,
        "serial": last_four(token.serial),
        "pin": token.pin.value,
        "pin_length": [token.pin_min, token.pin_max],
        "must_change_pin": token.must_change_pin,
        "unusable": token.unusable,
        "certificate": certificate
        and {
            "issuer": certificate.issuer,
            "not_before": certificate.not_before.isoformat(),
            "not_after": certificate.not_after.isoformat(),
            "kind": certificate.kind.value,
            "alg": certificate.alg,
            "sha256": certificate.sha256[:8],
        },
    }


def _explanation(findings: list[Finding], moment: datetime) -> str:
    lines = [
        "电子钥匙诊断报告（供技术支持人员使用）",
        f"生成时间：{moment.astimezone(HALL_ZONE):%Y-%m-%d %H:%M}",
        "",
    ]
    for heading in Heading:
        for finding in (each for each in findings if each.heading is heading):
            words = words_of(finding)
            lines += [
                f"{heading.value}　【{LEVELS[finding.severity]}】{words.title}（{words.code}）",
                f"　　{words.next_step}",
            ]
    lines += [
        "",
        "其他文件：",
        "findings.json　诊断结果和依据",
        "station.json　 操作系统、客户端和位数",
        "drivers.json　 各家驱动的文件、版本和位数",
        "usb.json　　　 USB 上的设备；不是电子钥匙的只有编号",
        "readers.json　 系统智能卡服务和读卡器",
        "tokens.json　　插着的钥匙：厂家、PIN 状态、证书有效期",
        "",
        "报告里没有 PIN、持有人姓名、证件号码和完整的序列号（只有末四位），",
        "也没有本机的用户名和计算机名。",
        "",
    ]
    return "\n".join(lines)
