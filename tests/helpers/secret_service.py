"""A real Secret Service: gnome-keyring on a session bus of its own, unlocked, in its own folder."""

import os
import subprocess
import tempfile
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
                _wait_for_service(inside)
                yield {
                    **environment,
                    "DBUS_SESSION_BUS_ADDRESS": inside["DBUS_SESSION_BUS_ADDRESS"],
                }
            finally:
                _end(keyring)
        finally:
            _end(bus)


def _wait_for_service(environment: Mapping[str, str]) -> None:
    """Asks until the name has an owner; dbus-send waits for an activated service by itself."""
    for _ in range(100):
        asked = subprocess.run(
            [
                "dbus-send",
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.secrets",
                "/org/freedesktop/secrets/aliases/default",
                "org.freedesktop.DBus.Peer.Ping",
            ],
            env=dict(environment),
            capture_output=True,
            check=False,
        )
        if asked.returncode == 0:
            return
    raise AssertionError("no Secret Service: " + asked.stderr.decode(errors="replace"))


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
