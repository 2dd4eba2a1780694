"""From a code to what a clerk reads: resources/wording.toml with the days of the hall in it."""

import enum
import re
from collections.abc import Mapping
from datetime import datetime

from clerk_client.domain.clock import hall_day
from resources.words import UNKNOWN, Words, entries, words_for

__all__ = ["UNKNOWN", "Words", "entries", "set_places", "wording_for"]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")

_places: dict[str, str] = {}


def set_places(*, office: str) -> None:
    """Whom the sentences send a clerk to, by this station's settings: once, at the start."""
    _places["office"] = office


def wording_for(problem: object, facts: Mapping[str, object] | None = None) -> Words:
    """The words for a code, or for anything with a `code` such as an error or a check.

    Facts in the sentence come from `facts`, or else from the public attributes of `problem`; its
    `wording` names the entry when that is not its code. Never raises: what is missing shows as a
    dash, an unknown code as a general sentence.
    """
    code = problem if isinstance(problem, str) else str(getattr(problem, "code", UNKNOWN))
    known = {**_places, **_attributes(problem), **(facts or {})}
    return words_for(code, known, _shown, str(getattr(problem, "wording", "")))


def _attributes(problem: object) -> dict[str, object]:
    if isinstance(problem, str):
        return {}
    facts = getattr(problem, "facts", None)
    told = dict(facts) if isinstance(facts, Mapping) else {}
    return {**told, **{k: v for k, v in getattr(problem, "__dict__", {}).items() if k[0] != "_"}}


def _shown(fact: object) -> str:
    if isinstance(fact, enum.Enum):
        fact = fact.value
    if isinstance(fact, str) and _MOMENT.fullmatch(fact):
        # Facts that were written down, in a finding say, are still moments.
        fact = datetime.fromisoformat(fact)
    if isinstance(fact, datetime):
        fact = hall_day(fact)
    return str(fact)
