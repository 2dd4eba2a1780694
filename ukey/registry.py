"""The Windows registry, read for where vendors installed their libraries.

Not checked on Windows; the walk is tested over a registry made of plain values.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import PureWindowsPath
from typing import Protocol

KEY = re.compile(r"HK(?:LM|CU)(?:\\[^\\\x00-\x1f]+)+")
"""A key in full; a part that is only `*` stands for every subkey."""


class Registry(Protocol):
    """What is asked of a registry. A key or value that is not there is empty, never an error."""

    def subkeys(self, key: str) -> Sequence[str]: ...

    def text(self, key: str, value: str) -> str: ...


def libraries_in(registry: Registry, key: str, value: str) -> Iterator[tuple[str, str]]:
    """Each library named by `value` under `key`, after the subkeys that stood for `*`.

    The subkeys are joined with `-`, empty when the key has no `*`. A name without a folder is left
    out: loading it would search the folder that the client was started in.
    """
    for found, subkeys in _matches(registry, key):
        library = registry.text(found, value).strip().strip('"')
        if "\x00" not in library and PureWindowsPath(library).is_absolute():
            yield "-".join(subkeys), library


def is_32_bit(key: str) -> bool:
    """Where 64-bit Windows keeps what 32-bit programs wrote."""
    return "wow6432node" in key.lower().split("\\")


def _matches(registry: Registry, key: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    before, star, after = f"{key}\\".partition("\\*\\")
    if not star:
        yield key, ()
        return
    for subkey in sorted(registry.subkeys(before), key=str.lower):
        rest = f"{before}\\{subkey}\\{after}".rstrip("\\")
        for found, deeper in _matches(registry, rest):
            yield found, (subkey, *deeper)


if sys.platform == "win32":
    import winreg

    _HIVES = {"HKLM": winreg.HKEY_LOCAL_MACHINE, "HKCU": winreg.HKEY_CURRENT_USER}

    class _WindowsRegistry:
        """In the view of this process: a 32-bit one sees the keys of 32-bit programs."""

        def subkeys(self, key: str) -> Sequence[str]:
            try:
                with self._opened(key) as handle:
                    return [
                        winreg.EnumKey(handle, i) for i in range(winreg.QueryInfoKey(handle)[0])
                    ]
            except OSError:
                return []

        def text(self, key: str, value: str) -> str:
            try:
                with self._opened(key) as handle:
                    content, kind = winreg.QueryValueEx(handle, value)
            except OSError:
                return ""
            if not isinstance(content, str):
                return ""
            if kind == winreg.REG_EXPAND_SZ:
                return winreg.ExpandEnvironmentStrings(content)
            return content

        def _opened(self, key: str) -> winreg.HKEYType:
            hive, _, path = key.partition("\\")
            return winreg.OpenKey(_HIVES[hive], path)

    def this_registry() -> Registry | None:
        """None where there is no registry."""
        return _WindowsRegistry()

else:

    def this_registry() -> Registry | None:
        """None where there is no registry."""
        return None
