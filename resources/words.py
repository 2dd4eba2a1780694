"""From a code to what a person reads: cause and next step, out of wording.toml.

For the window and for every command line; how a fact looks is the caller's.
"""

import re
import string
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import resources

UNKNOWN = "UNKNOWN_CODE"
"""The entry for codes without one: a newer hall may know codes that this client does not."""

_BITS = re.compile(r"(\S+), (\d+)-bit(?:, big-endian)?")
_SYSTEM = re.compile(r"\A(Windows|Linux), (\S+)\Z")

PLACES: Mapping[str, str] = MappingProxyType({"office": "网建办"})
"""Whom sentences name where the station's settings name nobody else, by the fact's name."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is shown: the cause as `title`, what to do now, and the code for whoever is called."""

    title: str
    next_step: str
    code: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Cause and next step with the {names} of facts in them.

    `by` are facts that choose another entry in place of this one: see `entry_for`.
    """

    cause: str
    next: str
    by: tuple[str, ...] = ()

    @property
    def facts(self) -> set[str]:
        """The names of the facts that the sentences ask for."""
        fields = string.Formatter().parse(self.cause + self.next)
        return {name for _, name, _, _ in fields if name is not None}


@cache
def entries() -> Mapping[str, Entry]:
    """All of wording.toml, read once."""
    tables: dict[str, dict[str, Any]] = tomllib.loads(resources.text("wording.toml"))
    return {
        code: Entry(table["cause"], table["next"], tuple(table.get("by", ())))
        for code, table in tables.items()
    }


def entry_for(code: str, facts: Mapping[str, object]) -> Entry:
    """The entry of a code, or of its variant that fits the facts.

    With `by = ["use"]`, CERT_WRONG_USE and the fact use = "business" the entry is
    CERT_WRONG_USE_BUSINESS; without an entry for the value it is CERT_WRONG_USE_USE, which stands
    for any value; without that, CERT_WRONG_USE itself. The first fact that finds an entry decides;
    one that is empty or False finds none.
    """
    known = entries()
    entry = known.get(code) or known[UNKNOWN]
    for fact in entry.by:
        if value := facts.get(fact):
            for variant in (str(getattr(value, "value", value)), fact):
                if found := known.get(f"{code}_{variant.upper()}"):
                    return found
    return entry


def words_for(
    code: str,
    facts: Mapping[str, object],
    shown: Callable[[object], str] = str,
    entry: str = "",
) -> Words:
    """Never raises: what is missing shows as a dash, an unknown code as a general sentence.

    PLACES are known without being among the facts. `shown` makes text of a fact that is there;
    `entry` is where the words stand when that is not under the code itself.
    """
    known = {**PLACES, **facts, "code": code}
    found = entry_for(entry or code, facts)
    return Words(_filled(found.cause, known, shown), _filled(found.next, known, shown), code)


def _filled(sentence: str, known: Mapping[str, object], shown: Callable[[object], str]) -> str:
    # Only plain {names}: str.format would also follow attributes of what the hall sent.
    parts = []
    for literal, name, _, _ in string.Formatter().parse(sentence):
        parts.append(literal)
        if name is not None:
            fact = known.get(name)
            text = "" if fact is None or fact == "" else shown(fact)
            parts.append(in_a_sentence(text) or "—")
    return "".join(parts)


def in_a_sentence(text: str) -> str:
    """`x86-64, 64-bit` and `Windows, x64` as a Chinese sentence has them; any other text as is."""
    if found := _BITS.fullmatch(text):
        return f"{found[1]}（{found[2]}位）"
    return _SYSTEM.sub(r"\1（\2）", text)
