"""How a code under the camera is named to the clerk who has to choose among several."""

import json

from clerk_client.domain.errors import NotATicket


def label_of(text: str) -> str:
    """The ticket's number where there is one, else the beginning of what was read."""
    try:
        fields = json.loads(text)
        return f"{fields['number']}　{fields['day']}"
    except (ValueError, TypeError, KeyError, RecursionError):
        return NotATicket(text).text
