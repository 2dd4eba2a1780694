"""What is wrong with the keys of this station: one cause, one code. Never raises."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Literal

from cryptography import x509

from ukey.certificates import ensure_fit
from ukey.errors import (
    CertificateExpired,
    CertificateMissing,
    CertificateNotYetValid,
    CertificateUnfit,
    CertificateUnreadable,
    DriverFailed,
    DriverMissing,
    NoToken,
    PinLocked,
    UKeyError,
)
from ukey.hub import KeyHub
from ukey.token import PinStanding, Token

Severity = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `code` has its cause and next step in wording.toml; `facts` fill them."""

    code: str
    severity: Severity
    facts: Mapping[str, str] = field(default_factory=dict)


def diagnose(
    hub: KeyHub, authorities: Sequence[x509.Certificate], moment: datetime
) -> list[Finding]:
    """One finding at least: for each key, else for the cause that none is there. Takes a scan.

    `moment` is aware; it is held against the certificates' dates.
    """
    tokens: list[Token] = []

    def scan() -> list[Finding]:
        tokens.extend(hub.scan())
        return []

    findings = _caught(scan)
    for token in tokens:
        findings += _caught(partial(_of_key, token, hub, authorities, moment))
    findings += _caught(lambda: _of_drivers(hub, bool(tokens)))
    return findings


def _of_key(
    token: Token, hub: KeyHub, authorities: Sequence[x509.Certificate], moment: datetime
) -> list[Finding]:
    facts = {"token": token.id, "family": token.family_name, "serial": token.serial}
    if token.pin is PinStanding.LOCKED:
        return [Finding(PinLocked.code, "error", facts)]
    if token.certificate is None:
        unreadable = any(
            isinstance(p, CertificateUnreadable) and p.token_id == token.id for p in hub.problems
        )
        missing = CertificateUnreadable if unreadable else CertificateMissing
        return [Finding(missing.code, "error", facts)]
    facts["holder"] = token.certificate.holder
    facts["not_after"] = token.certificate.not_after.isoformat()
    try:
        ensure_fit(token.certificate, authorities, moment)
    except CertificateUnfit as error:
        return [Finding(error.code, "error", {**facts, **_facts(error)})]
    return [Finding("KEY_OK", "ok", {**facts, "pin": token.pin.value})]


def _of_drivers(hub: KeyHub, has_key: bool) -> list[Finding]:
    """A library that is missing is a finding only when none is there: a station needs but one."""
    missing = [p for p in hub.problems if isinstance(p, DriverMissing)]
    failed = [
        Finding(p.code, "error", _facts(p))
        for p in hub.problems
        if not isinstance(p, DriverMissing | CertificateUnfit)
    ]
    if has_key or failed:
        return failed
    if not hub.installed:
        paths = "\n".join(str(p.path) for p in missing)
        return [Finding(DriverMissing.code, "error", {"path": paths})]
    return [Finding(NoToken.code, "error")]


def _facts(error: UKeyError) -> dict[str, str]:
    if isinstance(error, CertificateExpired):
        return {"not_after": error.not_after.isoformat()}
    if isinstance(error, CertificateNotYetValid):
        return {"not_before": error.not_before.isoformat()}
    if isinstance(error, DriverFailed):
        return {"detail": error.detail}
    return {}


def _caught(check: Callable[[], list[Finding]]) -> list[Finding]:
    """Each check catches its own failure, so that the others still tell what they found."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - a diagnosis that fails has to say so, not to crash
        return [Finding(DriverFailed.code, "error", {"detail": f"{type(error).__name__}: {error}"})]
