"""Keeps out of what others get to see whose key it is, and whose machine."""

import getpass
import platform
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ukey.token import Token

_OTHER_HOMES = re.compile(r"(/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\:\"'\s]+")
_LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?=[0-9A-Fa-f]*[0-9])[0-9A-Fa-f]{6,}(?![0-9A-Za-z])")


def last_four(serial: str) -> str:
    """As it may be told to others."""
    return f"…{serial[-4:]}" if len(serial) > 4 else serial


def shortened(name: str) -> str:
    """Keys and readers often have their serial in their name."""
    return _LONG_NUMBER.sub(lambda found: last_four(found[0]), name)


class Cleaner:
    """Takes out of any text what says whose key or whose machine it is."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        hidden: dict[str, str] = {}
        for token in tokens:
            hidden[token.serial] = last_four(token.serial)
            if token.certificate is not None:
                for name in (token.certificate.holder, token.certificate.identity):
                    hidden[name] = "…"
        hidden |= dict.fromkeys((_user(), platform.node()), "…")
        self._home = _home()
        # The longest first: one may be a part of another.
        names = sorted((name for name in hidden if name.strip()), key=len, reverse=True)
        self._patterns = [(_alone(name), hidden[name]) for name in names]

    def cleaned(self, content: Any) -> Any:
        """Lists and tables of text, all the way down."""
        if isinstance(content, str):
            return self._clean(content)
        if isinstance(content, Mapping):
            return {name: self.cleaned(each) for name, each in content.items()}
        if isinstance(content, list | tuple):
            return [self.cleaned(each) for each in content]
        return content.isoformat() if isinstance(content, datetime) else content

    def _clean(self, text: str) -> str:
        if self._home:
            text = re.sub(rf"{re.escape(self._home)}(?![^/\\])", "~", text)
        text = _OTHER_HOMES.sub("~", text)
        for pattern, instead in self._patterns:
            text = pattern.sub(instead, text)
        return text


def _alone(name: str) -> re.Pattern[str]:
    """A short name of Latin letters may be a part of any word; a Chinese one is never."""
    escaped = re.escape(name)
    if name.isascii():
        escaped = rf"(?<![0-9A-Za-z]){escaped}(?![0-9A-Za-z])"
    return re.compile(escaped, re.IGNORECASE)


def _home() -> str:
    try:
        home = str(Path.home())
    except RuntimeError:
        return ""
    return home if len(home) > 1 else ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
