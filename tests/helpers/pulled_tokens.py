"""SoftHSM tokens that are pulled like a key."""

from collections.abc import Iterable
from pathlib import Path


def pull(tokens: Iterable[Path]) -> None:
    """Takes these folders of a store away, each at once.

    Not deleted: a driver at work may write into a folder while it is being emptied.
    """
    for folder in list(tokens):
        folder.rename(folder.parent.parent / f"pulled-{folder.name}")
