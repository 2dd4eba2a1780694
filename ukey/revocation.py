"""Was a certificate taken back? Told by its authority's lists (CRL, RFC 5280), which IT keeps here.

Only the clerk's own certificate is asked about: an authority that was taken back is taken out of
the file of authorities.
"""

import os
import stat
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from ukey.errors import RevocationUnknown
from ukey.revocation_list import MALFORMED, RevocationList, lists_in, read_list
from ukey.token import Certificate

_SUFFIXES = {".crl", ".pem", ".der"}
_LARGEST = 64 * 2**20
_FRESH_WITHOUT_NEXT = timedelta(days=7)
_ANSWERS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class ListProblem:
    """A list that cannot be used, for IT. `reason` is `missing`, `unreadable` or `untrusted`."""

    file: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class _File:
    stamp: tuple[int, ...]
    lists: tuple[RevocationList, ...] = ()
    problems: tuple[ListProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    """All that the lists say of one certificate, whatever the time is."""

    revoked_at: datetime | None
    newest: RevocationList | None
    untrusted: RevocationList | None


class Revocations:
    """吊销列表. A file that changes is read again at the next question; asking is cheap.

    What `learn` was told counts beside the files. From any thread. A file that can no longer be
    read keeps what it said last; one that is gone says nothing any more.
    """

    def __init__(self, places: Sequence[Path], authorities: Sequence[x509.Certificate]) -> None:
        self._places = tuple(places)
        self._authorities = tuple(authorities)
        self._lock = threading.Lock()
        self._files: dict[Path, _File] = {}
        self._given: tuple[RevocationList, ...] = ()
        self._trusted: tuple[RevocationList, ...] = ()
        self._untrusted: tuple[RevocationList, ...] = ()
        self._answers: dict[str, _Answer] = {}

    def learn(self, lists: Iterable[RevocationList]) -> None:
        """Lists that came another way than by a file, in place of those learnt before."""
        with self._lock:
            self._given = tuple(lists)
            self._sort_out()

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
            issued_at = answer.newest.issued_at
            ends = answer.newest.crl.next_update_utc or issued_at + _FRESH_WITHOUT_NEXT
            return RevocationUnknown("outdated", issued_at) if moment > ends else None
        if answer.untrusted is not None:
            return RevocationUnknown("untrusted", answer.untrusted.issued_at)
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
        lists = [each for each in self._trusted if each.covers(parsed)]
        dates = [date for each in lists if (date := each.revoked_at(parsed.serial_number))]
        return _Answer(
            revoked_at=min(dates, default=None),
            newest=max(lists, key=_issued_at, default=None),
            untrusted=max(
                (each for each in self._untrusted if each.covers(parsed)),
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
        self._sort_out()

    def _sort_out(self) -> None:
        self._answers.clear()
        lists = [*self._given, *(each for file in self._files.values() for each in file.lists)]
        self._untrusted = tuple(each for each in lists if not each.signed_by)
        newest: dict[object, RevocationList] = {}
        for each in sorted(lists, key=_issued_at):
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
        blocks = lists_in(path.read_bytes())
        if not blocks:
            return _unreadable(path, stamp, "no list in it")
        lists: list[RevocationList] = []
        problems: list[ListProblem] = []
        for block in blocks:
            try:
                found = read_list(block, self._authorities)
            except MALFORMED as error:
                problems.append(ListProblem(path.name, "unreadable", str(error)))
                continue
            lists.append(found)
            if not found.signed_by:
                detail = f"signed by no known authority, issuer {found.crl.issuer.rfc4514_string()}"
                problems.append(ListProblem(path.name, "untrusted", detail))
        return _File(stamp, tuple(lists), tuple(problems))


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


def _issued_at(each: RevocationList) -> datetime:
    return each.issued_at
