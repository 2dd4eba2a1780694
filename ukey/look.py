"""A look at what is plugged: which drivers are fit to be asked, and each asked by itself."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ukey.catalog import Driver
from ukey.driver import DriverBusy, DriverProcess
from ukey.errors import (
    DriverError,
    DriverFailed,
    DriverMissing,
    DriverWrongArchitecture,
    UKeyError,
)
from ukey.preflight import check_library
from ukey.protocol import Garbled, HostOptions, RawToken, token_from_plain
from ukey.token import Token

_MOST_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Installed:
    """A driver whose library can be loaded, and its process."""

    driver: Driver
    process: DriverProcess


@dataclass(frozen=True, slots=True)
class Look:
    """What a scan saw, and what kept it from seeing more."""

    tokens: tuple[Token, ...]
    problems: tuple[UKeyError, ...]


class Question(threading.Thread):
    """What is plugged, asked of one driver. A daemon: a driver that hangs must not hold the end."""

    def __init__(self, of: Installed, within: float, patience: float) -> None:
        super().__init__(name=f"keys-{of.driver.name}", daemon=True)
        self.of = of
        self.answer: list[RawToken] | None = None
        self.error: UKeyError | None = None
        self.busy: DriverBusy | None = None
        self._within = within
        self._patience = patience

    def run(self) -> None:
        process = self.of.process
        try:
            answer = process.ask("tokens", {}, self._within, patience=self._patience)
            self.answer = _tokens(answer.value, self.of)
        except DriverBusy as busy:
            self.busy = busy
        except UKeyError as error:
            self.error = error


def library_of(driver: Driver) -> Path:
    """The first of its libraries that can be loaded. Raises what is wrong with the first there."""
    problem: DriverError | None = None
    for library in driver.libraries:
        try:
            return _checked(library)
        except DriverMissing:
            continue
        except DriverError as error:
            problem = problem or error
    if problem is not None:
        raise problem
    for library in driver.other_libraries:
        # Installed, but for another bitness: that is what is to be told, not that it is missing.
        try:
            _checked(library)
        except DriverWrongArchitecture:
            raise
        except DriverError:
            continue
    raise DriverMissing(driver.library)


def _checked(library: Path) -> Path:
    try:
        path = library.resolve()
    except (OSError, RuntimeError) as error:
        raise DriverFailed(library, str(error)) from error
    check_library(path)
    return path


def options_of(driver: Driver) -> HostOptions:
    """What its process has to know of it."""
    return HostOptions(
        mechanisms=driver.mechanisms,
        label_encodings=driver.label_encodings,
        ignores_blank=driver.ignores_blank,
        restart_to_notice=driver.restart_to_notice,
    )


def _tokens(answer: Any, each: Installed) -> list[RawToken]:
    try:
        return [token_from_plain(plain) for plain in answer[:_MOST_TOKENS]]
    except (Garbled, TypeError) as error:
        raise DriverFailed(each.process.library, f"garbled: {error}") from error
