"""From a code to what a clerk reads: the cause and the next step, out of resources/wording.toml."""

import enum
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import resources
from clerk_client.domain.clock import hall_day

UNKNOWN = "UNKNOWN_CODE"
"""The entry for codes without one: a newer hall may know codes that this client does not."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is shown: the cause as `title`, what to do now, and the code for whoever is called."""

    title: str
    next_step: str
    code: str


def wording_for(problem: object, facts: Mapping[str, object] | None = None) -> Words:
    """The words for a code, or for anything with a `code` such as an error or a check.

    Facts in the sentence come from `facts`, or else from the public attributes of `problem`.
    Never raises: what is missing shows as a dash, an unknown code as a general sentence.
    """
    code = problem if isinstance(problem, str) else str(getattr(problem, "code", UNKNOWN))
    entry = entries().get(code) or entries()[UNKNOWN]
    known = {**_attributes(problem), **(facts or {}), "code": code}
    return Words(_filled(entry["cause"], known), _filled(entry["next"], known), code)


@cache
def entries() -> Mapping[str, Mapping[str, str]]:
    """All of resources/wording.toml, read once."""
    return tomllib.loads(resources.text("wording.toml"))


def _attributes(problem: object) -> dict[str, object]:
    if isinstance(problem, str):
        return {}
    facts = getattr(problem, "facts", None)
    told = dict(facts) if isinstance(facts, Mapping) else {}
    return {**told, **{k: v for k, v in getattr(problem, "__dict__", {}).items() if k[0] != "_"}}


def _filled(sentence: str, known: Mapping[str, object]) -> str:
    # Only plain {names}: str.format would also follow attributes of what the hall sent.
    parts = []
    for literal, name, _, _ in string.Formatter().parse(sentence):
        parts.append(literal)
        if name is not None:
            parts.append(_shown(known.get(name)))
    return "".join(parts)


def _shown(fact: object) -> str:
    if isinstance(fact, enum.Enum):
        fact = fact.value
    if isinstance(fact, datetime):
        fact = hall_day(fact)
    return "—" if fact is None or fact == "" else str(fact)
