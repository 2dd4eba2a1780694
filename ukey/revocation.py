"""Was a certificate taken back? Told by its authority's lists (CRL, RFC 5280), which IT keeps here.

Only the clerk's own certificate is asked about: an authority that was taken back is taken out of
the file of authorities.
"""

import os
import re
import stat
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ukey.errors import RevocationUnknown
from ukey.token import Certificate

_SUFFIXES = {".crl", ".pem", ".der"}
_PEM = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)
_LARGEST = 64 * 2**20
_FRESH_WITHOUT_NEXT = timedelta(days=7)
_ANSWERS_KEPT = 1000

MALFORMED = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""All that cryptography says of bytes that are no certificate or list as it should be."""


@dataclass(frozen=True, slots=True)
class ListProblem:
    """A list that cannot be used, for IT. `reason` is `missing`, `unreadable` or `untrusted`."""

    file: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class _List:
    """A list whose signature was checked. `signed_by` is empty when no authority made it."""

    crl: x509.CertificateRevocationList
    signed_by: bytes
    scope: x509.IssuingDistributionPoint | None

    @property
    def series(self) -> tuple[x509.Name, bytes, x509.IssuingDistributionPoint | None]:
        """What a newer list of the same authority, key and part replaces."""
        return self.crl.issuer, self.signed_by, self.scope


@dataclass(frozen=True, slots=True)
class _File:
    stamp: tuple[int, ...]
    lists: tuple[_List, ...] = ()
    problems: tuple[ListProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    """All that the lists say of one certificate, whatever the time is."""

    revoked_at: datetime | None
    newest: x509.CertificateRevocationList | None
    untrusted: x509.CertificateRevocationList | None


class Revocations:
    """吊销列表. A file that changes is read again at the next question; asking is cheap.

    From any thread. A file that can no longer be read keeps what it said last; one that is gone
    says nothing any more.
    """

    def __init__(self, places: Sequence[Path], authorities: Sequence[x509.Certificate]) -> None:
        self._places = tuple(places)
        self._authorities = tuple(authorities)
        self._lock = threading.Lock()
        self._files: dict[Path, _File] = {}
        self._trusted: tuple[_List, ...] = ()
        self._untrusted: tuple[_List, ...] = ()
        self._answers: dict[str, _Answer] = {}

    @property
    def problems(self) -> tuple[ListProblem, ...]:
        """The files and lists that cannot be used now."""
        with self._lock:
            self._look_again()
            return tuple(p for file in self._files.values() for p in file.problems)

    def revoked_at(self, certificate: Certificate) -> datetime | None:
        """When it was taken back or put on hold, or None for one that no list names."""
        return self._answer(certificate).revoked_at

    def unknown(self, certificate: Certificate, moment: datetime) -> RevocationUnknown | None:
        """Why the lists cannot tell at `moment` (aware), or None. A warning, never a refusal.

        None as well where no list is configured.
        """
        if not self._places:
            return None
        answer = self._answer(certificate)
        if answer.newest is not None:
            issued_at = answer.newest.last_update_utc
            ends = answer.newest.next_update_utc or issued_at + _FRESH_WITHOUT_NEXT
            return RevocationUnknown("outdated", issued_at) if moment > ends else None
        if answer.untrusted is not None:
            return RevocationUnknown("untrusted", answer.untrusted.last_update_utc)
        unreadable = any(problem.reason == "unreadable" for problem in self.problems)
        return RevocationUnknown("unreadable" if unreadable else "missing")

    def _answer(self, certificate: Certificate) -> _Answer:
        with self._lock:
            self._look_again()
            answer = self._answers.get(certificate.sha256)
            if answer is None:
                if len(self._answers) >= _ANSWERS_KEPT:
                    self._answers.clear()
                answer = self._answers[certificate.sha256] = self._asked(certificate)
            return answer

    def _asked(self, certificate: Certificate) -> _Answer:
        parsed = x509.load_der_x509_certificate(certificate.der)
        lists = [found.crl for found in self._trusted if _covers(found, parsed)]
        dates = [date for crl in lists if (date := _revoked_at(crl, parsed.serial_number))]
        return _Answer(
            revoked_at=min(dates, default=None),
            newest=max(lists, key=_issued_at, default=None),
            untrusted=max(
                (found.crl for found in self._untrusted if _covers(found, parsed)),
                key=_issued_at,
                default=None,
            ),
        )

    def _look_again(self) -> None:
        found: dict[Path, _File] = {}
        for path in self._paths():
            found[path] = self._file(path, self._files.get(path))
        if found.keys() == self._files.keys() and all(found[p] is self._files[p] for p in found):
            return
        self._files = found
        self._answers.clear()
        lists = [each for file in found.values() for each in file.lists]
        self._untrusted = tuple(each for each in lists if not each.signed_by)
        newest: dict[object, _List] = {}
        for each in sorted(lists, key=lambda each: each.crl.last_update_utc):
            if each.signed_by:
                newest[each.series] = each
        self._trusted = tuple(newest.values())

    def _paths(self) -> Iterable[Path]:
        """The files in the order of the places, each once."""
        paths: dict[Path, None] = {}
        for place in self._places:
            try:
                inside = sorted(p for p in place.iterdir() if p.suffix.lower() in _SUFFIXES)
            except (NotADirectoryError, FileNotFoundError):
                inside = []
            except OSError:
                inside = [path for path in self._files if path.parent == place]
            paths.update(dict.fromkeys(inside or [place]))
        return paths

    def _file(self, path: Path, before: _File | None) -> _File:
        """The same object as before when nothing changed."""
        try:
            status = path.stat()
            # A list is often replaced by another of the same length, within a clock's tick.
            stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
            if before is not None and before.stamp == stamp:
                return before
            now = self._read(path, stamp, status)
        except FileNotFoundError:
            missing = (ListProblem(path.name, "missing", "not there"),)
            now = _File((), problems=missing)
        except OSError as error:
            now = _unreadable(path, (), error.strerror or str(error))
        if before is not None:
            if before.stamp == now.stamp and before.problems == now.problems:
                return before
            if not now.lists and any(problem.reason == "unreadable" for problem in now.problems):
                return _File(now.stamp, before.lists, now.problems)
        return now

    def _read(self, path: Path, stamp: tuple[int, ...], status: os.stat_result) -> _File:
        if stat.S_ISDIR(status.st_mode):
            problem = ListProblem(path.name, "missing", "no list in the folder")
            return _File(stamp, problems=(problem,))
        if not stat.S_ISREG(status.st_mode):
            return _unreadable(path, stamp, "not a file")
        if status.st_size > _LARGEST:
            return _unreadable(path, stamp, f"larger than {_LARGEST // 2**20} MB")
        raw = path.read_bytes()
        blocks = _PEM.findall(raw) if b"-----BEGIN" in raw else [raw]
        if not blocks:
            return _unreadable(path, stamp, "no list in it")
        lists: list[_List] = []
        problems: list[ListProblem] = []
        for block in blocks:
            try:
                found = self._checked(block)
            except MALFORMED as error:
                problems.append(ListProblem(path.name, "unreadable", str(error)))
                continue
            lists.append(found)
            if not found.signed_by:
                detail = f"signed by no known authority, issuer {found.crl.issuer.rfc4514_string()}"
                problems.append(ListProblem(path.name, "untrusted", detail))
        return _File(stamp, tuple(lists), tuple(problems))

    def _checked(self, block: bytes) -> _List:
        """Raises one of MALFORMED; all that is read later without a net is read here first."""
        load = x509.load_pem_x509_crl if block.startswith(b"-----") else x509.load_der_x509_crl
        crl = load(block)
        _ = crl.issuer, crl.last_update_utc, crl.next_update_utc
        scope = _scope(crl)
        return _List(crl, self._signed_by(crl), scope)

    def _signed_by(self, crl: x509.CertificateRevocationList) -> bytes:
        """The key of the authority that made it, or nothing."""
        for authority in self._authorities:
            try:
                key = authority.public_key()
                if (
                    authority.subject == crl.issuer
                    and crl.is_signature_valid(key)  # type: ignore[arg-type] # others: TypeError
                    and _may_sign_lists(authority)
                ):
                    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            except MALFORMED:
                continue
        return b""


def load_revocations(
    places: Sequence[Path], authorities: Sequence[x509.Certificate]
) -> Revocations:
    """The lists in these files and folders: PEM, also several in a file, or DER. Never raises.

    In a folder *.crl, *.pem and *.der count. What cannot be used is among the problems.
    """
    revocations = Revocations(places, authorities)
    _ = revocations.problems
    return revocations


def _unreadable(path: Path, stamp: tuple[int, ...], detail: str) -> _File:
    return _File(stamp, problems=(ListProblem(path.name, "unreadable", detail),))


def _scope(crl: x509.CertificateRevocationList) -> x509.IssuingDistributionPoint | None:
    """Which part of the certificates it is about. Raises ValueError for a kind we cannot use."""
    scope = None
    for extension in crl.extensions:
        if isinstance(extension.value, x509.DeltaCRLIndicator):
            raise ValueError("a delta list: only complete ones are used")
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            scope = extension.value
        elif extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            raise ValueError(f"critical extension {extension.oid.dotted_string}")
    if scope is not None and scope.indirect_crl:
        raise ValueError("an indirect list: it names certificates of other authorities")
    return scope


def _covers(found: _List, parsed: x509.Certificate) -> bool:
    """It is of the certificate's issuer, and about the part that the certificate is in."""
    if found.crl.issuer != parsed.issuer:
        return False
    if found.scope is None:
        return True
    if found.scope.only_contains_ca_certs or found.scope.only_contains_attribute_certs:
        return False
    wanted = _distribution_points(parsed)
    # Either names no address: then nothing says that they do not belong together.
    return not found.scope.full_name or not wanted or not wanted.isdisjoint(found.scope.full_name)


def _distribution_points(parsed: x509.Certificate) -> set[x509.GeneralName]:
    try:
        points = parsed.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, *MALFORMED):
        return set()
    return {name for point in points for name in point.full_name or ()}


def _may_sign_lists(authority: x509.Certificate) -> bool:
    try:
        return authority.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _revoked_at(crl: x509.CertificateRevocationList, serial: int) -> datetime | None:
    if serial < 0:
        # RFC 5280 has none, some authorities do; the quick way refuses it.
        entry = next((each for each in crl if each.serial_number == serial), None)
    else:
        entry = crl.get_revoked_certificate_by_serial_number(serial)
    if entry is None:
        return None
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, *MALFORMED):
        reason = x509.ReasonFlags.unspecified
    # On hold (certificateHold) is taken back for as long as the list says so.
    return None if reason is x509.ReasonFlags.remove_from_crl else entry.revocation_date_utc


def _issued_at(crl: x509.CertificateRevocationList) -> datetime:
    return crl.last_update_utc
