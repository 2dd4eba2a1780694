"""A real Secret Service: gnome-keyring on a session bus of its own, unlocked, in its own folder."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def secret_service(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment in which `keyring` reaches it; both daemons end with the context."""
    with tempfile.TemporaryDirectory(prefix="clerk-keyring-") as folder:
        inside = {**environment, "XDG_DATA_HOME": folder, "HOME": folder}
        inside.setdefault("XDG_RUNTIME_DIR", folder)
        reading, writing = os.pipe()
        bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", f"--print-address={writing}"],
            pass_fds=[writing],
            env=inside,
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        try:
            with os.fdopen(reading) as told:
                inside["DBUS_SESSION_BUS_ADDRESS"] = told.readline().strip()
            keyring = subprocess.Popen(
                [
                    "gnome-keyring-daemon",
                    "--foreground",
                    "--unlock",
                    "--components=secrets",
                    f"--control-directory={Path(folder) / 'control'}",
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=inside,
            )
            assert keyring.stdin is not None
            keyring.stdin.write(b"demonstration")
            keyring.stdin.close()
            try:
                _wait_for_service(inside, keyring)
                yield {
                    **environment,
                    "DBUS_SESSION_BUS_ADDRESS": inside["DBUS_SESSION_BUS_ADDRESS"],
                }
            finally:
                _end(keyring)
        finally:
            _end(bus)


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


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
