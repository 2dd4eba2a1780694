"""驱动下载: where the driver of each kind of key is to be had, or whom to call."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from clerk_client.ui.login.exchange import KeyHelp

_HELP = "信息科"


@dataclass(frozen=True, slots=True)
class Download:
    """One kind's driver. Without `address` somebody has to be asked for it."""

    title: str
    address: str
    opens: str
    """What the system is asked to open; "" for an address that can only be copied."""
    is_own: bool
    """Of the kind that was recognised or chosen."""


@dataclass(frozen=True, slots=True)
class Downloads:
    """All kinds, the clerk's own first."""

    rows: tuple[Download, ...]
    whom_to_call: str


def downloads_for(families: Sequence[tuple[str, str]], help_: KeyHelp, family: str) -> Downloads:
    """`family` is the clerk's own kind, or "". Kinds that only the settings name come last."""
    titles = {**dict(families), **{n: n for n in help_.downloads if n not in dict(families)}}
    rows = [
        Download(title, address, openable(address), bool(family) and name == family)
        for name, title in titles.items()
        for address in [help_.downloads.get(name, "").strip()]
    ]
    rows.sort(key=lambda row: not row.is_own)
    return Downloads(tuple(rows), help_.whom_to_call or _HELP)


def openable(address: str) -> str:
    r"""A web address as it is; of a share (`file:` or `\\server\…`) the folder, never a file in it.

    Opening a file runs it, whoever put it there. By its name alone: to ask a share takes time.
    """
    if address.lower().startswith(("http://", "https://")):
        return address
    plain = address.replace("\\", "/")
    if plain.lower().startswith("file:"):
        plain = unquote(re.split("[?#]", plain[len("file:") :])[0])
    elif not plain.startswith("//"):
        return ""
    server, path = "", plain
    if plain.startswith("//"):
        server, _, path = plain[2:].partition("/")
    folder = PurePosixPath("/", path.replace("\\", "/").lstrip("/"))
    if folder.suffix:
        folder = folder.parent
    # The stroke at the end: what is no folder after all is refused by the system.
    return f"file://{server}{quote(str(folder)).rstrip('/')}/"
