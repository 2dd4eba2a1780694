"""Which certificates were taken back, by the lists in the folder that IT's job fills.

A list that is out of date still counts: whom it names stays out, whom it does not name comes in.
A hall must not close on the day that the job fails, and a clerk whose key was lost is locked in the
hall itself, at once. So a missing, broken or foreign list is told in the log and refuses nobody.
"""

import logging
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ukey.errors import CertificateRevoked
from ukey.revocation_list import MALFORMED, RevocationList, lists_in, read_list

log = logging.getLogger(__name__)

_READ_EVERY = timedelta(seconds=30)
_SUFFIXES = {".crl", ".pem", ".der"}
_LARGEST = 64 * 2**20
_FRESH_WITHOUT_NEXT = timedelta(days=7)
_ANSWERS_KEPT = 10_000

Problem = tuple[str, str]
"""A file's name or an issuer, and what is wrong."""


@dataclass(frozen=True, slots=True)
class _File:
    stamp: tuple[int, ...]
    lists: tuple[RevocationList, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What the folder said when it was read; replaced whole, so that nobody waits for a reader."""

    files: dict[Path, _File] = field(default_factory=dict)
    lists: tuple[RevocationList, ...] = ()
    published: tuple[bytes, ...] = ()
    answers: dict[str, datetime | None] = field(default_factory=dict)


class RevocationLists:
    """吊销列表 (CRL) of a folder, looked at again every 30 s. From any thread.

    *.crl, *.pem and *.der count: DER, or PEM with one list or several. A file that cannot be read
    any more keeps what it said last; one that is gone says nothing any more.
    """

    def __init__(self, folder: Path | None, authorities: Sequence[x509.Certificate]) -> None:
        self._folder = folder
        self._authorities = tuple(authorities)
        self._looking = threading.Lock()
        self._looked_at: datetime | None = None
        self._snapshot = _Snapshot()
        self._told: frozenset[Problem] = frozenset()

    def ensure_not_revoked(self, cert_sha256: str, der: Callable[[], bytes], now: datetime) -> None:
        """Raises CertificateRevoked. `der` is asked only for a certificate not seen before."""
        snapshot = self._current(now)
        if not snapshot.lists:
            return
        answers = snapshot.answers
        try:
            revoked_at = answers[cert_sha256]
        except KeyError:
            revoked_at = _revoked_at(der(), snapshot.lists)
            if len(answers) >= _ANSWERS_KEPT:
                answers.clear()
            answers[cert_sha256] = revoked_at
        if revoked_at is not None:
            raise CertificateRevoked(revoked_at)

    def published(self, now: datetime) -> tuple[bytes, ...]:
        """The lists that count, in DER."""
        return self._current(now).published

    def _current(self, now: datetime) -> _Snapshot:
        if self._folder is None or (
            self._looked_at is not None and abs(now - self._looked_at) < _READ_EVERY
        ):
            return self._snapshot
        # Only the very first question waits: until then there is nothing to go on with.
        if self._looking.acquire(blocking=self._looked_at is None):
            try:
                self._look(self._folder, now)
                self._looked_at = now
            finally:
                self._looking.release()
        return self._snapshot

    def _look(self, folder: Path, now: datetime) -> None:
        before = self._snapshot.files
        try:
            paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES)
        except OSError as error:
            self._tell({(folder.name, error.strerror or type(error).__name__)})
            return
        files = {path: _file(path, before.get(path), self._authorities) for path in paths}
        if files != before:
            lists = _newest(each for file in files.values() for each in file.lists)
            published = tuple(each.crl.public_bytes(Encoding.DER) for each in lists)
            self._snapshot = _Snapshot(files, lists, published)
        problems = {problem for file in files.values() for problem in file.problems}
        problems |= {
            (each.crl.issuer.rfc4514_string(), f"out of date, issued {each.issued_at:%Y-%m-%d}")
            for each in self._snapshot.lists
            if now > (each.crl.next_update_utc or each.issued_at + _FRESH_WITHOUT_NEXT)
        }
        self._tell(problems or ({(folder.name, "no list")} if not files else set()))

    def _tell(self, problems: set[Problem]) -> None:
        """Each once, and again when it comes back after it was gone."""
        for name, problem in sorted(problems - self._told):
            log.warning("revocation list %s: %s", name, problem)
        self._told = frozenset(problems)


def _revoked_at(der: bytes, lists: Iterable[RevocationList]) -> datetime | None:
    certificate = x509.load_der_x509_certificate(der)
    dates = (
        each.revoked_at(certificate.serial_number) for each in lists if each.covers(certificate)
    )
    return min((date for date in dates if date is not None), default=None)


def _newest(lists: Iterable[RevocationList]) -> tuple[RevocationList, ...]:
    """Of each authority, key and part the one that was issued last."""
    newest: dict[object, RevocationList] = {}
    for each in sorted(lists, key=lambda found: found.issued_at):
        newest[each.series] = each
    return tuple(newest.values())


def _file(path: Path, before: _File | None, authorities: Sequence[x509.Certificate]) -> _File:
    """The same object as before when nothing changed."""
    try:
        status = path.stat()
        stamp: tuple[int, ...] = (status.st_ino, status.st_size, status.st_mtime_ns)
        if before is not None and before.stamp == stamp:
            return before
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            found: list[RevocationList | str] = [f"no file of at most {_LARGEST // 2**20} MB"]
        else:
            found = list(_read(path.read_bytes(), authorities))
    except OSError as error:
        # Perhaps it can be read the next time.
        stamp, found = (), [error.strerror or type(error).__name__]
    lists = tuple(each for each in found if isinstance(each, RevocationList))
    problems = tuple((path.name, each) for each in found if isinstance(each, str))
    if before is not None and before.lists and not lists:
        lists = before.lists
    return _File(stamp, lists, problems)


def _read(raw: bytes, authorities: Sequence[x509.Certificate]) -> Iterator[RevocationList | str]:
    """Each list, or what is wrong with it."""
    blocks = lists_in(raw)
    if not blocks:
        yield "no list in it"
    for block in blocks:
        try:
            found = read_list(block, authorities)
        except MALFORMED as error:
            yield f"unreadable, {type(error).__name__}"
            continue
        if found.signed_by:
            yield found
        else:
            yield f"signed by no known authority, issuer {found.crl.issuer.rfc4514_string()}"
