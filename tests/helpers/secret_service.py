"""A real Secret Service: gnome-keyring on a session bus of its own, unlocked, in its own folder."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from clerk_client.demo.programs import end, tied


@contextmanager
def secret_service(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment in which `keyring` reaches it; both daemons end with the context.

    If this process is killed they end too: the bus is tied to it, the keyring to the bus.
    """
    with ExitStack() as started:
        folder = started.enter_context(tempfile.TemporaryDirectory(prefix="clerk-keyring-"))
        inside = {**environment, "XDG_DATA_HOME": folder, "HOME": folder}
        inside.setdefault("XDG_RUNTIME_DIR", folder)
        inside["DBUS_SESSION_BUS_ADDRESS"] = _start_bus(inside, started)
        keyring = subprocess.Popen(
            tied(
                [
                    "gnome-keyring-daemon",
                    "--foreground",
                    "--unlock",
                    "--components=secrets",
                    f"--control-directory={Path(folder) / 'control'}",
                ]
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=inside,
        )
        started.callback(end, keyring)
        assert keyring.stdin is not None
        with keyring.stdin as asks_for_the_password:
            asks_for_the_password.write(b"demonstration")
        _wait_for_service(inside, keyring)
        yield {**environment, "DBUS_SESSION_BUS_ADDRESS": inside["DBUS_SESSION_BUS_ADDRESS"]}


def _start_bus(environment: Mapping[str, str], started: ExitStack) -> str:
    """Its address."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as told:
        try:
            bus = subprocess.Popen(
                tied(["dbus-daemon", "--session", "--nofork", f"--print-address={writing}"]),
                pass_fds=[writing],
                env=dict(environment),
                stderr=subprocess.DEVNULL,
            )
        finally:
            os.close(writing)
        started.callback(end, bus)
        address = told.readline().strip()
    assert address, "the session bus did not start"
    return address


def _wait_for_service(environment: Mapping[str, str], keyring: "subprocess.Popen[bytes]") -> None:
    """Asks the bus, which activates nothing: any call to the name itself would start a second,
    locked daemon, whose prompt nobody answers."""
    until = time.monotonic() + 20
    while time.monotonic() < until and keyring.poll() is None:
        asked = subprocess.run(
            [
                "dbus-send",
                "--session",
                "--print-reply=literal",
                "--dest=org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus.NameHasOwner",
                "string:org.freedesktop.secrets",
            ],
            env=dict(environment),
            capture_output=True,
            check=False,
        )
        if b"true" in asked.stdout:
            return
    raise AssertionError("no Secret Service")
