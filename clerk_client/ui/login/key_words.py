"""What is said of one plugged key before its PIN: whose it is, what stops it, what to know."""

from typing import TYPE_CHECKING

from clerk_client.domain.clock import hall_day
from clerk_client.ui.login.exchange import KeyCard
from clerk_client.ui.wording import Words, wording_for

if TYPE_CHECKING:
    from clerk_client.desk.keys import Plugged
    from printing.document import Wish
    from ukey.token import Token

UNKNOWN_FAMILY = "未识别种类"

_KINDS = {"institution": "机构证书", "business": "业务证书"}


def card_of(plugged: "Plugged", *, is_usable: bool, demo_pin: str) -> KeyCard:
    """The key as the list shows it. An ordinary clerk's certificate needs no word for its kind."""
    token, certificate = plugged.token, plugged.token.certificate
    return KeyCard(
        holder=certificate.holder if certificate else "",
        family=token.family_name or UNKNOWN_FAMILY,
        serial_end=token.serial[-4:],
        valid_until=hall_day(certificate.not_after).isoformat() if certificate else "",
        kind=_KINDS.get(certificate.kind.value, "") if certificate else "",
        is_usable=is_usable,
        demo_pin=demo_pin,
    )


def obstacle(plugged: "Plugged", *, is_locked: bool) -> Words | None:
    """Why this key's PIN is not asked for."""
    token = plugged.token
    if token.unusable:
        return wording_for(token.unusable)
    if token.certificate is None:
        return wording_for("CERT_MISSING")
    if token.pin.value == "locked" or is_locked:
        return wording_for("PIN_LOCKED")
    return wording_for(plugged.reason) if plugged.reason is not None else None


def standing_words(token: "Token") -> Words | None:
    """A PIN that is near its lock, told before the next attempt."""
    standing = token.pin.value
    if standing in ("low", "last"):
        return wording_for(f"PIN_STANDING_{standing.upper()}")
    return None


def notices_of(plugged: "Plugged") -> list[Words]:
    """What its holder should know and what stops nothing."""
    return [wording_for(code, facts) for code, facts in plugged.notices]


def request_for(plugged: "Plugged", stopped_by: Words | None) -> "tuple[Wish | None, Words | None]":
    """What to ask the office for, and why: what stops the key, or will stop it soon."""
    use = getattr(plugged.reason, "use", "")
    for words in [stopped_by] if stopped_by is not None else notices_of(plugged):
        # Imported late: most keys need no paper, and the page stands without any.
        from clerk_client.desk.key_papers import wish_for

        if wish := wish_for(words.code, use):
            return wish, words
    return None, None


def pin_words(error: Exception) -> Words:
    """Why the key did not take the PIN, with how near its lock is now."""
    standing = getattr(getattr(error, "standing", None), "value", "")
    if getattr(error, "code", "") == "PIN_WRONG" and standing in ("low", "last"):
        return wording_for(f"PIN_WRONG_{standing.upper()}")
    return wording_for(error)
