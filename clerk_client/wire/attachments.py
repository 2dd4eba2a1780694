"""Captured material as lines name it: `"attachments": [{"sha256": …}, …]` in a body."""

import re
from collections.abc import Mapping

from clerk_client.wire.lines import Json

LARGEST = 10_485_760
"""Bytes of one attachment."""

MOST_OF_A_LINE = 100
"""Attachments that one line may name."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def named_in(body: Mapping[str, Json]) -> list[str] | None:
    """The attachments that a line's body names, each once; None when that is not said rightly."""
    listed = body.get("attachments", [])
    if not isinstance(listed, list) or len(listed) > MOST_OF_A_LINE:
        return None
    found = [each.get("sha256") if isinstance(each, Mapping) else None for each in listed]
    named = [each for each in found if isinstance(each, str) and _SHA256.fullmatch(each)]
    return list(dict.fromkeys(named)) if len(named) == len(found) else None
