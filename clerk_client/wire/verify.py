"""Is a line what it says it is? The hall asks on arrival, an auditor over an export."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from clerk_client.wire.lines import FIRST_PREV, Line, body_sha256
from ukey.algorithms import is_signature_of

KeyFinder = Callable[[Line], PublicKeyTypes | None]
"""The public key that a line's `cert_sha256` names, or None when it is not known."""


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong with one line. `code` is stable; words stand in wording.toml."""

    seq: int
    code: str


def signature_is_right(line: Line, key: PublicKeyTypes) -> bool:
    """The signature belongs to the head under `key`. False for any other kind of key."""
    message = line.head.canonical()
    if line.head.alg == "Ed25519":
        if not isinstance(key, Ed25519PublicKey):
            return False
        try:
            key.verify(line.signature, message)
        except InvalidSignature:
            return False
        return True
    return is_signature_of(key, line.head.alg, line.signature, message)


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
    """Every fault of one journal, from its first line on, in order."""
    prev, seq, journal = FIRST_PREV, 0, None
    for line in lines:
        journal = journal or line.head.journal
        seq += 1
        if line.head.seq != seq or line.head.prev != prev or line.head.journal != journal:
            yield LineFault(line.head.seq, "LINE_CHAIN_BROKEN")
            seq = line.head.seq
        fault = line_fault(line, find_key(line))
        if fault:
            yield fault
        prev = line.hash
