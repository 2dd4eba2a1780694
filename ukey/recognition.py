"""From what a driver shows to what a clerk is offered: whose key, which family, usable or not."""

from collections.abc import Sequence
from dataclasses import dataclass

from ukey.catalog import Driver, Family
from ukey.certificates import best_for_signing, read_certificate
from ukey.errors import (
    CertificateMissing,
    CertificateUnreadable,
    PinNotSet,
    TokenNotInitialized,
    UKeyError,
)
from ukey.kinds import Kinds
from ukey.protocol import RawToken
from ukey.token import Certificate, Token


@dataclass(frozen=True, slots=True)
class Recognised:
    """A key with its readable certificates, the best first, and the CKA_ID of each.

    Which of them the private key belongs to, only the log-in shows. `problem` is why none could be
    read.
    """

    token: Token
    raw: RawToken
    certificates: tuple[tuple[Certificate, bytes], ...]
    problem: CertificateUnreadable | None


@dataclass(frozen=True, slots=True)
class Recognition:
    """What keys are told apart by. `chosen_family` is the clerk's own word for the rest."""

    families: Sequence[Family] = ()
    kinds: Kinds | None = None
    chosen_family: str = ""

    def recognise(self, driver: Driver, raw: RawToken) -> Recognised:
        """One key as `driver` shows it."""
        readable: dict[Certificate, bytes] = {}
        with_key: set[str] = set()
        reason = ""
        for found in raw.certificates:
            try:
                certificate = read_certificate(found.der, self.kinds)
            except CertificateUnreadable as error:
                reason = error.reason or "unreadable"
                continue
            readable[certificate] = found.id
            if found.has_key:
                with_key.add(certificate.sha256)
        best = best_for_signing(readable, with_key)
        family, family_name = self._family_of(driver, best)
        # A serial alone is not always one of a kind: cards of some makes all say zero.
        mark = best.sha256[:8] if best else "blank"
        token = Token(
            id=f"{driver.name}:{raw.serial}:{mark}",
            driver=driver.name,
            family=family,
            family_name=family_name,
            label=raw.label or family_name,
            serial=raw.serial,
            pin=raw.pin,
            certificate=best,
            pin_min=max(driver.pin_min, raw.pin_min),
            pin_max=min(driver.pin_max, raw.pin_max) if raw.pin_max else driver.pin_max,
            # Some keys without any PIN say so as well.
            must_change_pin=raw.must_change_pin and raw.has_pin,
            unusable=_unusable(raw, best, reason),
        )
        order = sorted(readable, key=lambda certificate: certificate is not best)
        return Recognised(
            token,
            raw,
            tuple((certificate, readable[certificate]) for certificate in order),
            CertificateUnreadable(reason, token.id)
            if token.unusable == CertificateUnreadable.code
            else None,
        )

    def _family_of(self, driver: Driver, certificate: Certificate | None) -> tuple[str, str]:
        """By its driver, by who issued its certificate, or as the clerk chose."""
        if driver.family:
            return driver.family, driver.family_name
        issuer = certificate.issuer.casefold() if certificate else ""
        for family in self.families:
            if any(piece.casefold() in issuer for piece in family.issuers):
                return family.name, family.title
        for family in self.families:
            if family.name == self.chosen_family:
                return family.name, family.title
        return "", ""


def error_of(token: Token) -> UKeyError:
    """Why a key cannot be opened, from its `unusable`."""
    for simple in (TokenNotInitialized, PinNotSet, CertificateMissing):
        if token.unusable == simple.code:
            return simple("as the last scan saw it")
    return CertificateUnreadable("unreadable", token.id)


def _unusable(raw: RawToken, certificate: Certificate | None, reason: str) -> str:
    if not raw.is_initialized:
        return TokenNotInitialized.code
    if not raw.has_pin:
        return PinNotSet.code
    if certificate is None:
        return CertificateUnreadable.code if reason else CertificateMissing.code
    return ""
