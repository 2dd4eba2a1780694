"""Package data that every package may read: wording, drivers, theme, pictures."""

from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path


def text(name: str) -> str:
    """The text of `name`, a path inside this package such as `drivers/linux.toml`.

    Raises FileNotFoundError.
    """
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def path(name: str) -> AbstractContextManager[Path]:
    """`name` as a real file, for what can only open files; good inside the `with` only."""
    return as_file(files(__name__).joinpath(name))
