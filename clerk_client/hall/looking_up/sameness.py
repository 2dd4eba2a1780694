"""Whether two texts that different people typed say the same."""

import re
import unicodedata

_DOTS = re.compile("[•‧・.。·]")
_UNSEEN = re.compile(r"[\s\u200b-\u200d\u2060\ufeff]+")


def folded(text: str) -> str:
    """What is left when width, case, blanks and the kind of a name's dot do not matter."""
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    # Once more: letters that small ones make may have a composed form again.
    return unicodedata.normalize("NFKC", _DOTS.sub("·", plain).casefold())


def says_the_same(one: str, other: str) -> bool:
    """Neither is empty, and they differ in nothing that matters."""
    return bool(folded(one)) and folded(one) == folded(other)
