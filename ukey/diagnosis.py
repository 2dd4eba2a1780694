"""What is wrong with the keys of this station: the cause first, each with its next step."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cryptography import x509

from ukey.catalog import Catalog
from ukey.certificates import is_for_signing
from ukey.errors import (
    CertificateRevoked,
    CertificateUntrusted,
    CertificateWrongUse,
    DriverCrashed,
    DriverFailed,
    KeyTimeout,
    PinLocked,
    PinMustChange,
    PinNotSet,
    PinRefused,
    SeveralTokens,
    TokenNotInitialized,
    UKeyError,
)
from ukey.evidence import (
    USB_ROOT,
    Evidence,
    absence,
    broken_drivers,
    drivers_at,
    gather,
    is_needless,
)
from ukey.findings import CHECK_FAILED, HEADINGS, KEY_OK, Finding, Heading, finding_of
from ukey.hub import KeyHub
from ukey.recognition import error_of
from ukey.token import Certificate, PinStanding, Token
from ukey.trust import Trust

__all__ = [
    "HEADINGS",
    "Diagnosis",
    "Evidence",
    "Finding",
    "Heading",
    "Trust",
    "absence",
    "diagnose",
    "gather",
]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`findings` are never empty, and the first one is the cause: errors come before the rest.

    `evidence` is None when not even a look was possible.
    """

    findings: tuple[Finding, ...]
    tokens: tuple[Token, ...]
    evidence: Evidence | None = None


def diagnose(
    hub: KeyHub,
    catalog: Catalog,
    trust: Trust,
    *,
    usb_root: Path = USB_ROOT,
    within: float = 2.5,
) -> Diagnosis:
    """Takes a look, for which drivers that were given up get another chance. Never raises.

    Without authorities in `trust` nothing is said about who issued a certificate. Keys that are
    open stay open.
    """
    evidence: Evidence | None = None
    found: list[Finding] = []
    try:
        hub.forgive_drivers()
        evidence = gather(hub, catalog, usb_root=usb_root, within=within)
    except Exception as error:  # noqa: BLE001 - a diagnosis tells, whatever happens
        found.append(_failed(error))
    else:
        for token in evidence.tokens:
            found += _caught(partial(_of_key, token, evidence, trust))
        if not evidence.tokens:
            found += _caught(lambda: [absence(evidence, catalog)])
        if len(evidence.tokens) > 1:
            facts = {"count": str(len(evidence.tokens))}
            found.append(Finding(SeveralTokens.code, "warning", facts))
        found += _caught(partial(_of_other_drivers, evidence, catalog, found[:1]))
    found += [finding_of(broken, "warning") for broken in catalog.problems]
    # The sort is stable: within the errors, and within the rest, the order above stands.
    found.sort(key=lambda finding: finding.severity != "error")
    return Diagnosis(tuple(found), evidence.tokens if evidence else (), evidence)


# --- one key -------------------------------------------------------------------------------------


def _of_key(token: Token, evidence: Evidence, trust: Trust) -> list[Finding]:
    """The nearest cause why it cannot be used, else what its holder has to know."""
    facts = {"token": token.id, "family": token.family_name, "serial": token.serial}
    certificate = token.certificate
    if certificate is not None:
        facts["holder"] = certificate.holder
        facts["not_after"] = certificate.not_after.isoformat()
    if error := _fault(token, evidence, trust):
        return [finding_of(error, "error", facts)]
    assert certificate is not None
    found = [
        Finding(code, "warning", {**facts, **more}) for code, more in trust.notices(certificate)
    ]
    if token.pin is not PinStanding.FULL:
        # Before reminders: it is about the very next thing that the clerk does.
        found.insert(0, Finding(PinRefused.code, "warning", {**facts, "standing": token.pin.value}))
    if token.must_change_pin:
        found.insert(0, Finding(PinMustChange.code, "warning", facts))
    return found or [Finding(KEY_OK, "ok", facts)]


def _fault(token: Token, evidence: Evidence, trust: Trust) -> UKeyError | None:
    if token.unusable in (TokenNotInitialized.code, PinNotSet.code):
        return error_of(token)
    if token.pin is PinStanding.LOCKED:
        return PinLocked("as the scan saw it")
    if token.certificate is None:
        own = (p for p in evidence.problems if getattr(p, "token_id", "") == token.id)
        return next(own, None) or error_of(token)
    return _unfit(token.certificate, trust)


def _unfit(certificate: Certificate, trust: Trust) -> UKeyError | None:
    unfit = trust.unfit(certificate)
    if trust.authorities or not isinstance(unfit, CertificateUntrusted):
        return unfit
    # Nobody said whom to trust: what would come after that question is asked here.
    if not is_for_signing(certificate):
        return CertificateWrongUse("authority" if _is_authority(certificate) else "encryption")
    revoked_at = trust.revoked.revoked_at(certificate) if trust.revoked else None
    return CertificateRevoked(revoked_at) if revoked_at else None


def _is_authority(certificate: Certificate) -> bool:
    parsed = x509.load_der_x509_certificate(certificate.der)
    extensions = (extension.value for extension in parsed.extensions)
    return any(isinstance(e, x509.BasicConstraints) and e.ca for e in extensions)


# --- the rest ------------------------------------------------------------------------------------


def _of_other_drivers(evidence: Evidence, catalog: Catalog, cause: list[Finding]) -> list[Finding]:
    """Drivers that fail beside the cause, or beside a key that works.

    Of those that cannot even be loaded only the ones that may be why a key is not shown: for one
    that is plugged, or, where there is none, for keys that nobody knows by sight. Many a station
    has leftovers of other makers.
    """
    named = {finding.facts.get("path") for finding in cause}
    shown = {
        usb for t in evidence.tokens for d in catalog.drivers if d.name == t.driver for usb in d.usb
    }
    unseen = {device.id for device in evidence.devices or ()} - shown
    found = []
    for problem in broken_drivers(evidence):
        its = drivers_at(problem.path, catalog.drivers)
        matters = (
            isinstance(problem, DriverCrashed | KeyTimeout | DriverFailed)
            or any(unseen & {*d.usb} for d in its)
            or not (evidence.tokens or is_needless(problem, evidence, catalog))
        )
        if problem.path not in named and matters:
            found.append(finding_of(problem, "warning"))
    return found


def _caught(check: Callable[[], list[Finding]]) -> list[Finding]:
    """Each check catches its own failure, so that the others still tell what they found."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - a diagnosis that fails has to say so, not to crash
        return [_failed(error)]


def _failed(error: Exception) -> Finding:
    # Its text may hold anything, a name too.
    log.warning("a check of the keys failed: %s", type(error).__name__)
    return Finding(CHECK_FAILED, "error", {"detail": type(error).__name__})
