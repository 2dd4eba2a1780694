"""The operating system's smart card service with virtual readers: real pcscd, real vpcd.

In a namespace, and only these readers: those of the machine, and its own service, are not touched.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.helpers.namespace import COVERED, Daemon, Namespace
from tests.helpers.piv import Contents
from tests.helpers.virtual_card import PIN, VirtualCard

_SOCKET = "/run/pcscd/pcscd.comm"
_DRIVERS = Path("/usr/lib/pcsc/drivers")
_VPCD = _DRIVERS / "serial" / "libifdvpcd.so"
_FIRST_PORT = 35963  # vpcd's own, with the next one for its second slot


class SmartCards:
    """A service, readers 0 and 1, and whatever cards a test makes; `smart_cards` starts it.

    Drivers that use PC/SC find it by `environment`, wherever they run: no launcher is needed.
    """

    def __init__(
        self, space: Namespace, configuration: Path, environment: dict[str, str], ends: ExitStack
    ) -> None:
        self._space = space
        self._configuration = configuration
        self._ends = ends
        self._service: Daemon | None = None
        self._plugged: dict[int, VirtualCard] = {}
        self.environment = environment

    def make_card(self, contents: Contents, *, pin: str = PIN, tries: int = 3) -> VirtualCard:
        """A card with a number of its own, not plugged yet. Its PIN has six to eight digits."""
        card = VirtualCard(self._space.launcher, contents, _card_number(), pin, tries)
        self._ends.callback(card.end)
        return card

    def insert(self, card: VirtualCard, reader: int = 0) -> None:
        """Returns once the reader has powered it; a driver may notice a little later."""
        assert self._plugged.setdefault(reader, card) is card, "another card is in that reader"
        card.insert(_FIRST_PORT + reader)

    def pull(self, card: VirtualCard) -> None:
        """Returns at once; the service notices within half a second."""
        self._plugged = {reader: each for reader, each in self._plugged.items() if each is not card}
        card.pull()

    def start_service(self) -> None:
        # Without --auto-exit, which ends it in the middle of a slow test.
        command = ["pcscd", "--foreground", "--config", str(self._configuration)]
        self._service = self._space.daemon(command, _SOCKET)

    def stop_service(self) -> None:
        """Plugged cards stay in their readers, which are gone: insert them again."""
        assert self._service is not None
        self._service.stop()
        self._service = None


@contextmanager
def smart_cards(
    folder: Path, *, readers: bool = True, service: bool = True
) -> Iterator[SmartCards]:
    """Without `readers` the service shows none; without `service` it is not started yet.

    `folder` is the test's own. What is missing on the machine makes the test skip.
    """
    if shutil.which("pcscd") is None or not _VPCD.exists():
        pytest.skip("pcscd and vsmartcard-vpcd are not installed")
    configuration = folder / "readers"
    configuration.mkdir()
    library = Path(shutil.copy(_VPCD, folder / "libifdvpcd.so"))
    if readers:
        port = f"0x{_FIRST_PORT:X}"
        (configuration / "vpcd").write_text(
            f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{port}\n'
            f"LIBPATH {library}\nCHANNELID {port}\n"
        )
    opensc = folder / "opensc.conf"
    opensc.write_text(
        "app default {\n    framework pkcs15 {\n        use_file_caching = no;\n    }\n}\n"
    )
    # Real readers of the machine would be taken by the drivers in this folder.
    with Namespace([*COVERED, str(_DRIVERS)]) as space, ExitStack() as ends:
        environment = {
            "PCSCLITE_CSOCK_NAME": str(space.path(_SOCKET)),
            "OPENSC_CONF": str(opensc),
        }
        cards = SmartCards(space, configuration, environment, ends)
        if service:
            cards.start_service()
        yield cards


def _card_number() -> bytes:
    """A GUID as RFC 4122 wants one; drivers pass over others."""
    number = bytearray(os.urandom(16))
    number[6] = 0x40 | number[6] & 0x0F
    number[8] = 0x80 | number[8] & 0x3F
    return bytes(number)
