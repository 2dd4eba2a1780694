"""Keys that fail: how soon IT has its answer, and how soon a pull is seen."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.ground import Ground
from benchmarks.table import Figure, Goal
from clerk_client.demo.authority import Authority, rsa_key
from clerk_client.workers.key_worker import POLL_MS
from tests.helpers.faulty_drivers import Fault, build
from tests.helpers.piv import Place
from tests.helpers.smart_cards import smart_cards
from ukey.catalog import driver_at
from ukey.hub import KeyHub

_OPENSC = next(Path("/usr/lib").glob("*/opensc-pkcs11.so"), Path("opensc-pkcs11.so"))
_TURNS = 5
_PULLS = 8


def measure(_: Ground) -> list[Figure]:
    """With a driver that hangs; then with a card over pcscd and OpenSC, which needs root."""
    figures = [_diagnosis()]
    # As in the tests, the card's namespace skips itself where it cannot be made.
    with contextlib.suppress(pytest.skip.Exception):
        figures.append(_pull())
    return figures


def _diagnosis() -> Figure:
    with TemporaryDirectory() as folder:
        library = build(Fault.HANG_IN_SLOT_LIST, Path(folder))
        asked = ["-m", "ukey", "--driver", str(library), "--json"]
        times = [_run(asked) for _ in range(_TURNS)]
    peers = [_run(["-c", "import pkcs11"]) for _ in range(_TURNS)]
    beside = "Python and the binding, started only"
    return Figure.of("diagnosis", times, peers, beside, Goal(seconds=3.0))


def _run(arguments: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - started


def _pull() -> Figure:
    """From the pull to the word of it, asked as often as the window asks; without the window."""
    key = rsa_key()
    times, bare = [], []
    with (
        TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        smart_cards(Path(folder)) as cards,
    ):
        for name, value in cards.environment.items():
            patch.setenv(name, value)
        certificate = Authority().issue("张丽", "W01", key)
        card = cards.make_card({Place.AUTHENTICATION: (key, certificate)})
        hub = KeyHub([driver_at(_OPENSC)])
        for turn in range(2 * _PULLS):
            cards.insert(card)
            while not (tokens := hub.scan()):
                time.sleep(0.05)
            hub.open(tokens[0].id, "123456")
            # By turns as the window asks, and as fast as can be: what the reader itself takes.
            pause = POLL_MS / 1000 if turn % 2 else 0.0
            started = time.perf_counter()
            cards.pull(card)
            while hub.loss_of(tokens[0].id) is None:
                time.sleep(pause)
            (times if turn % 2 else bare).append(time.perf_counter() - started)
        hub.stop()
    beside = "the same, asked without a pause"
    return Figure.of("pull seen", times, bare, beside, Goal(seconds=1.0))
