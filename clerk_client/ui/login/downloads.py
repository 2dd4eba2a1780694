"""驱动下载: where the driver of each kind of key is to be had, or whom to call."""

from collections.abc import Sequence
from dataclasses import dataclass

from clerk_client.ui.login.exchange import KeyHelp

_HELP = "信息科"


@dataclass(frozen=True, slots=True)
class Download:
    """One kind's driver. Without `address` somebody has to be asked for it."""

    title: str
    address: str
    is_openable: bool
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
        Download(title, address, is_openable(address), bool(family) and name == family)
        for name, title in titles.items()
        for address in [help_.downloads.get(name, "").strip()]
    ]
    rows.sort(key=lambda row: not row.is_own)
    return Downloads(tuple(rows), help_.whom_to_call or _HELP)


def is_openable(address: str) -> bool:
    r"""A web address or a share, `file:` or `\\server\…`: nothing that would run by itself."""
    return address.lower().startswith(("http://", "https://", "file:", "\\\\"))
