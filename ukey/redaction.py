"""Keeps out of what others get to see whose key it is, and whose machine."""

import getpass
import os
import platform
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from ukey.token import Token

# A name may have blanks, so it ends where the next folder begins, or the text around the path.
_NAME = r"""[^/\\:"'<>|,;\r\n]+"""
_OTHER_HOMES = re.compile(
    rf"(?:/home/|/Users/|[A-Z]:[\\/]+(?:Users|Documents and Settings)[\\/]+){_NAME}",
    re.IGNORECASE,
)
# A share is often called by its owner, or has a folder for each: the file's name alone may stay.
_SHARE = re.compile(
    rf"(?<![^\s\"'(=:,;])\\\\+(?:[?.]\\+UNC\\+)?(?![?.]\\){_NAME}\\+(?:{_NAME}\\+)*",
    re.IGNORECASE,
)
_BETWEEN = r"[\s._·-]*"
_TELLING = 6
"""Letters of a name that is hidden also inside longer words: no folder is called so by chance."""
# Six digits, hexadecimal ones in a row or decimal ones with letters or dashes between; more of them
# than the number of any model has.
_SERIAL = re.compile(r"(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{6,}|[0-9](?:[A-Za-z-]*[0-9]){5,}")


def last_four(serial: str) -> str:
    """As it may be told to others."""
    return f"…{serial[-4:]}" if len(serial) > 4 else serial


def shortened(name: str) -> str:
    """Keys and readers often have their serial in their name, also right after letters of it."""
    return _SERIAL.sub(lambda found: last_four(found[0]), name)


class Cleaner:
    """Takes out of any text what says whose key or whose machine it is."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        hidden = {platform.node(): "…"}
        for token in tokens:
            hidden[token.serial] = last_four(token.serial)
            if token.certificate is not None:
                hidden[token.certificate.identity] = "…"
        names = {t.certificate.holder for t in tokens if t.certificate is not None} | _users()
        self._home = _home()
        patterns = [(word, _alone(word), told) for word, told in hidden.items() if word.strip()]
        patterns += [(name, _anywhere(name), "…") for name in names if name.strip()]
        # The longest first: one may be a part of another.
        patterns.sort(key=lambda each: len(each[0]), reverse=True)
        self._patterns = [(pattern, told) for _, pattern, told in patterns]

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
            text = re.sub(rf"{re.escape(self._home)}(?![^/\\])", "~", text, flags=re.IGNORECASE)
        text = _SHARE.sub(lambda found: r"\\…" + "\\", text)
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


def _anywhere(name: str) -> re.Pattern[str]:
    """A person's name, however its parts are joined in a path."""
    joined = _BETWEEN.join(map(re.escape, name.split()))
    if name.isascii() and len(name) < _TELLING:
        joined = rf"(?<![A-Za-z]){joined}(?![A-Za-z])"
    return re.compile(joined, re.IGNORECASE)


def _home() -> str:
    try:
        home = str(Path.home())
    except RuntimeError:
        return ""
    return home if len(home) > 1 else ""


def _users() -> set[str]:
    """What this machine calls whoever sits at it: account and home folder may differ."""
    found = {os.environ.get(name, "") for name in ("USER", "USERNAME", "LOGNAME", "SUDO_USER")}
    with suppress(OSError, KeyError, ImportError):
        found.add(getpass.getuser())
    if home := _home():
        found.add(PurePath(home).name)
    return found
