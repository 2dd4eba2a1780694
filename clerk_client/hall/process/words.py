"""What the commands say to hall IT about a code."""

import tomllib

import resources


def words(code: str) -> str:
    """Cause and next step; the facts stand beside it."""
    found = tomllib.loads(resources.text("wording.toml")).get(code, {})
    return "。".join(found[part] for part in ("cause", "next") if part in found)
