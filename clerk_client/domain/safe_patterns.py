"""Regular expressions that others write, and that must never keep a clerk waiting.

`re` tries every way in which a pattern could fit and knows no deadline. So the ways are counted
beforehand, and a pattern with too many is refused: the count is an upper bound for any text of the
given length. It reads the pattern's own signs, as `re` shows what it parsed to nobody.
"""

import re
from collections.abc import Iterator

MOST_WAYS = 20_000
"""One open end over 1,000 characters beside a few short ones. Each way may go through the whole
text once more; the worst such pattern that was found took 0.15 s, ordinary ones microseconds."""

_SIGN = re.compile(
    r"(?P<escape>\\.)"
    r"|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<open>\((?:\?(?:P<\w+>|<?[=!]|[:>])|(?!\?)))"
    r"|(?P<close>\))"
    r"|(?P<bar>\|)"
    r"|(?P<repeat>(?:[*+?]|\{(?:[0-9]+(?:,[0-9]*)?|,[0-9]*)\})[+?]?)"
    r"|(?P<single>.)",
    re.DOTALL,
)
_LONGEST_PATTERN = 1000


class PatternUnsafe(ValueError):
    """The pattern is none, or could take too long."""


def safe_pattern(pattern: str, longest: int) -> re.Pattern[str]:
    """Compiled, for texts of at most `longest` characters. Raises PatternUnsafe with the reason.

    `\\d`, `\\w` and `\\s` mean ASCII. What repeats should be one character or set: after a group
    that can fit in several ways, the count grows with each repeat. `*+` and `++` give nothing back
    and so count as one way.
    """
    if len(pattern) > _LONGEST_PATTERN:
        raise PatternUnsafe(f"the pattern is longer than {_LONGEST_PATTERN} characters")
    try:
        compiled = re.compile(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternUnsafe(f"the pattern is broken: {error}") from error
    count = _Count(pattern, longest)
    if count.ways() > MOST_WAYS:
        raise PatternUnsafe(f"the pattern could take too long: {count.advice()}")
    return compiled


class _Count:
    """Goes through a pattern once, from left to right."""

    def __init__(self, pattern: str, longest: int) -> None:
        self._signs = _signs(pattern)
        self._longest = longest
        self._open_ends = 0
        self._has_repeated_group = False

    def ways(self) -> int:
        """Those of everything up to the end of the group: branches add, what follows multiplies."""
        branches, branch, last, is_group = 0, 1, 1, False
        for kind, sign in self._signs:
            if kind == "repeat":
                last = self._repeated(last, sign, is_group=is_group)
                continue
            branch = _capped(branch * last)
            last, is_group = 1, kind == "open"
            if is_group:
                last = self.ways()
            elif kind == "bar":
                branches, branch = branches + branch, 1
            elif kind == "close":
                break
        return _capped(branches + _capped(branch * last))

    def advice(self) -> str:
        """What to change first, after `ways` came to too many."""
        if self._has_repeated_group:
            return "repeat a single character or set, [0-9]+, not a group that fits in several ways"
        if self._open_ends > 1:
            return "only one .* in a pattern; elsewhere a set with a + behind its repeat, [^;]*+"
        return "put a + behind a repeat: *+, {1,40}+"

    def _repeated(self, once: int, sign: str, *, is_group: bool) -> int:
        low, high = _bounds(sign, self._longest)
        gives_back = len(sign) == 1 or not sign.endswith("+")
        if not is_group and not gives_back:
            return 1
        if once == 1:
            self._open_ends += high == self._longest
            return high - low + 1
        ways, total = 1, 1 if low == 0 else 0
        for times in range(1, high + 1):
            ways = _capped(ways * once)
            if times >= low:
                total = _capped(total + ways)
            if ways > MOST_WAYS:
                self._has_repeated_group |= once <= MOST_WAYS
                return ways
        return total


def _signs(pattern: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(pattern):
        found = _SIGN.match(pattern, at)
        kind = found.lastgroup if found else None
        if found is None or kind is None or (kind == "single" and found[0] == "("):
            raise PatternUnsafe("of the groups that begin with (? only named and plain ones go")
        if kind == "escape" and found[0][1] in "123456789":
            raise PatternUnsafe("the pattern refers back to a group")
        yield kind, found[0]
        at = found.end()


def _bounds(sign: str, longest: int) -> tuple[int, int]:
    if sign[0] in "*+?":
        return int(sign[0] == "+"), 1 if sign[0] == "?" else longest
    least, _, most = sign[1 : sign.index("}")].partition(",")
    low = min(int(least or 0), longest)
    if "," not in sign:
        return low, low
    return low, max(low, min(int(most), longest) if most else longest)


def _capped(ways: int) -> int:
    return min(ways, MOST_WAYS + 1)
