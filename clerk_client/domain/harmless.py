"""Any stranger's text as something that can be shown: it may look odd and can do nothing."""

import re
import unicodedata

_MOST_READ, _MOST_SHOWN = 400, 60
# Letters without a shape, that isprintable takes for printable.
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# Written from right to left: one of them turns the order of what stands beside it.
_LEFTWARD = frozenset(("R", "AL", "AN"))
_SECRET = re.compile(
    r"((?:密码|口令|(?<![a-z])(?:password|passwd|passcode|pass|pwd|mima|pin)(?![a-z]))"
    r"(?:\W{1,8}|[为是]\W?|(?=[0-9a-z])))"
    r"[^\s;&|,\"'}·]{1,64}",
    re.IGNORECASE,
)


def harmless(text: str) -> str:
    """At most 60 characters of the text, each of which shows as itself and moves no other.

    In the place of anything else (control and format characters, marks that pile up, surrogates,
    private use, writing from right to left) stands a dot, and stars in that of what follows the
    word password. It is no markup for a label that shows plain text.
    """
    folded = unicodedata.normalize("NFKC", text[:_MOST_READ])
    shown = "".join(c if _shows_as_itself(c) else "·" for c in folded)
    shown = _SECRET.sub(r"\1***", shown)
    return shown if len(shown) <= _MOST_SHOWN else shown[: _MOST_SHOWN - 1] + "…"


def is_harmless(text: str) -> bool:
    """Whether each character shows as itself and moves no other, so that all may be shown."""
    return all(map(_shows_as_itself, text))


def _shows_as_itself(character: str) -> bool:
    return (
        character.isprintable()
        and character not in _FILLERS
        and not unicodedata.category(character).startswith("M")
        and unicodedata.bidirectional(character) not in _LEFTWARD
    )
