"""Is a line what it says it is? The hall asks on arrival, an auditor over an export."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from clerk_client.wire.lines import FIRST_PREV, Head, Line, body_sha256
from ukey.algorithms import is_signature_of

KeyFinder = Callable[[Line], PublicKeyTypes | None]
"""The public key that a line's `cert_sha256` names, or None when it is not known."""

_ENDS_KEPT = 4


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong with one line. `code` is stable; words stand in wording.toml."""

    seq: int
    code: str
    facts: Mapping[str, int] = field(default_factory=dict)


class Chain:
    """Follows one journal line by line and finds its way again after a fault.

    So one missing, foreign or changed line is one fault, not one for each line after it.
    """

    def __init__(self) -> None:
        # Where the next line may follow; the last one is where it should.
        self._ends: list[tuple[int, str]] = [(0, FIRST_PREV)]
        self._unread = 0

    def pass_unread(self) -> None:
        """A line stood here that could not be read: what follows it is not held against it."""
        self._unread += 1

    def fault(self, head: Head, line_hash: str) -> LineFault | None:
        """What is wrong with the place of the next line, or None."""
        unread, self._unread = self._unread, 0
        end = (head.seq, line_hash)
        before = (head.seq - 1, head.prev)
        last = self._ends[-1][0]
        if before in self._ends:
            is_next = before == self._ends[-1]
            self._ends.remove(before)
            self._ends.append(end)
            return None if is_next else LineFault(head.seq, "LINE_ORDER")
        if head.seq <= max(seq for seq, _ in self._ends):
            return LineFault(head.seq, "LINE_ORDER")
        self._ends = [*self._ends[1 - _ENDS_KEPT :], end]
        if unread and head.seq == last + unread + 1:
            return None
        if head.seq == last + 1:
            return LineFault(head.seq, "LINE_CHAIN_BROKEN")
        return LineFault(head.seq, "LINES_MISSING", {"first": last + 1, "last": head.seq - 1})


def is_signed(alg: str, signature: bytes, message: bytes, key: PublicKeyTypes) -> bool:
    """`signature` belongs to `message` under `key`. False for any other kind of key."""
    if alg == "Ed25519":
        if not isinstance(key, Ed25519PublicKey):
            return False
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True
    return is_signature_of(key, alg, signature, message)


def signature_is_right(line: Line, key: PublicKeyTypes) -> bool:
    """The signature belongs to the head under `key`. False for any other kind of key."""
    return is_signed(line.head.alg, line.signature, line.head.canonical(), key)


def line_fault(line: Line, key: PublicKeyTypes | None) -> LineFault | None:
    """What is wrong with the line by itself: body, signer, signature."""
    if body_sha256(line.body) != line.head.body_sha256:
        return LineFault(line.head.seq, "LINE_BODY_CHANGED")
    if key is None:
        return LineFault(line.head.seq, "LINE_SIGNER_UNKNOWN")
    if not signature_is_right(line, key):
        return LineFault(line.head.seq, "LINE_SIGNATURE_WRONG")
    return None


def chain_faults(lines: Iterable[Line], find_key: KeyFinder) -> Iterator[LineFault]:
    """Every fault of one journal's lines at hand, from its first line on, in order."""
    chain, journal = Chain(), None
    for line in lines:
        journal = journal or line.head.journal
        if line.head.journal != journal:
            yield LineFault(line.head.seq, "LINE_OTHER_JOURNAL")
            continue
        if misplaced := chain.fault(line.head, line.hash):
            yield misplaced
        if wrong := line_fault(line, find_key(line)):
            yield wrong
