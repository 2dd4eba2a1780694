"""A PostgreSQL of the tests' own, from the system's packages, on a free loopback port.

Its files are in a folder of its own; the machine's own clusters are neither used nor touched.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import LiteralString, Self

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from clerk_client.hall.store import open_engine, upgrade_schema

ADDRESS = "CLERK_TEST_POSTGRES"
WHY_NOT = "CLERK_TEST_NO_POSTGRES"
_TEMPLATE = "hall_migrated"
_MAKING_TEMPLATE = 1
_SETTINGS = {
    "shared_buffers": "64MB",
    # A test ends processes, never the power: what they handed over reaches the disk.
    "fsync": "off",
    "full_page_writes": "off",
}
_PATIENCE = 60.0
_TRIES = 3
# Linux ends the server (fast shutdown, whoever is connected) when the thread that starts it is
# gone. The tie is made after the change of user, which would undo it; by then the parent may have
# died: then nothing is begun.
_TIED = ("--pdeathsig", "INT", "sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"')


class PostgresMissing(Exception):
    """Why no PostgreSQL can be started here."""


class PostgresServer:
    """Usable as a context: starts on entry, on exit ends and leaves nothing behind.

    It does not outlive the process that starts it, however that ends. `settings` instead of the
    tests' own, `under` instead of the folder for what is passing. Raises PostgresMissing.
    """

    def __init__(
        self, settings: Mapping[str, str] | None = None, under: Path | None = None
    ) -> None:
        self._settings = _SETTINGS if settings is None else settings
        self._under = under
        self._programs = _programs()
        self._as_user = _as_user()
        self._password = secrets.token_urlsafe(12)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def address(self) -> str:
        """Of the database `postgres`, for its superuser."""
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/postgres"

    @property
    def password(self) -> str:
        return self._password

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(encoding="utf-8")

    def start(self) -> None:
        """Returns once it takes connections; a second start keeps port and databases."""
        known = self.port
        for _ in range(_TRIES):
            if self._starts_at(known or _free_port()):
                return
        raise AssertionError(f"PostgreSQL did not start: {self.log}")

    def stop(self) -> None:
        """Ends it as an administrator does who does not wait for the clients."""
        self._end(at_once=False)

    def kill(self) -> None:
        """Ends it with nothing written any more; returns once its other processes have followed."""
        assert self._process is not None, "PostgreSQL does not run"
        parent = self._process.pid
        listed = ""
        # It may have ended by itself.
        with suppress(OSError):
            listed = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
        self._end(at_once=True)
        deadline = time.monotonic() + _PATIENCE
        # One that is still busy would answer once more.
        while any(map(_is_alive, listed.split())) and time.monotonic() < deadline:
            time.sleep(0.01)

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="clerk-postgres-", dir=self._under))
        try:
            if self._as_user:
                shutil.chown(self._folder, "postgres", "postgres")
            self._make_cluster()
            self.start()
        except BaseException:
            self._clear_up()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clear_up()

    def _make_cluster(self) -> None:
        given = self._folder / "password"
        given.write_text(self._password, encoding="ascii")
        given.chmod(0o644)  # the folder is closed to others
        done = subprocess.run(
            [
                *self._as_user,
                str(self._programs / "initdb"),
                f"--pgdata={self._folder / 'cluster'}",
                f"--pwfile={given}",
                "--username=postgres",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        given.unlink()
        assert done.returncode == 0, done.stderr

    def _starts_at(self, port: int) -> bool:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": "300",
            **self._settings,
        }
        command = [str(self._programs / "postgres"), "-D", str(self._folder / "cluster")]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        launcher = [*(self._as_user or ["setpriv"]), *_TIED, str(os.getpid())]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*launcher, *command],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _PATIENCE
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                self.port = port
                psycopg.connect(self.address).close()
                return True
            except psycopg.OperationalError:
                time.sleep(0.02)
        self.kill()
        return False

    def _end(self, at_once: bool) -> None:
        process, self._process = self._process, None
        assert process is not None, "PostgreSQL does not run"
        if at_once:
            process.kill()
        else:
            process.send_signal(signal.SIGINT)
        process.wait(_PATIENCE)

    def _clear_up(self) -> None:
        if self._process is not None:
            self.stop()
        shutil.rmtree(self._folder)


@contextmanager
def postgres_for_tests() -> Iterator[dict[str, str]]:
    """What the tests' environment gets: where the run's server is, or why there is none."""
    server = PostgresServer()
    try:
        server.__enter__()
    except PostgresMissing as reason:
        yield {WHY_NOT: str(reason)}
        return
    try:
        yield {ADDRESS: server.address}
    finally:
        server.__exit__(None, None, None)


@contextmanager
def postgres_database(template: str = _TEMPLATE, options: LiteralString = "") -> Iterator[str]:
    """The address of a database of the run's server, with the hall's empty tables; dropped after.

    Another `template` gives other contents, `template0` none. Skips the test without a server.
    """
    address = os.environ.get(ADDRESS)
    if address is None:
        pytest.skip(os.environ.get(WHY_NOT, "PostgreSQL comes with: python -m tests"))
    name = f"hall_{uuid.uuid4().hex}"
    with psycopg.connect(address, autocommit=True) as connection:
        if template == _TEMPLATE:
            _make_template(connection, address)
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} " + options)
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield address_of(name)
    finally:
        with psycopg.connect(address, autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))


def address_of(database: str, password: str | None = None, port: int | None = None) -> str:
    """Of another database of the run's server; with another password or port of a wrong one."""
    url = make_url(os.environ[ADDRESS]).set(database=database, password=password, port=port)
    return url.render_as_string(hide_password=False)


def postgres_program(name: str) -> Path:
    """One of the tools that come with the server. Skips the test without them."""
    try:
        return _programs() / name
    except PostgresMissing as reason:
        pytest.skip(str(reason))


def _make_template(connection: psycopg.Connection, address: str) -> None:
    """Once a run: the workers wait for the one that makes it."""
    connection.execute("SELECT pg_advisory_lock(%s)", [_MAKING_TEMPLATE])
    found = "SELECT 1 FROM pg_database WHERE datname = %s"
    if connection.execute(found, [_TEMPLATE]).fetchone() is None:
        making = f"{_TEMPLATE}_making"
        drop = sql.SQL("DROP DATABASE IF EXISTS {}")
        connection.execute(drop.format(sql.Identifier(making)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
        engine = open_engine(address_of(making))
        upgrade_schema(engine)
        engine.dispose()
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(rename.format(sql.Identifier(making), sql.Identifier(_TEMPLATE)))
    connection.execute("SELECT pg_advisory_unlock(%s)", [_MAKING_TEMPLATE])


def _is_alive(process: str) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _programs() -> Path:
    """Debian's newest. Their folder is in nobody's search path."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not found:
        raise PostgresMissing("PostgreSQL is not installed")
    return max(found, key=lambda folder: int(folder.parent.name))


def _as_user() -> list[str]:
    """What stands before a command: PostgreSQL refuses to run as root."""
    if not hasattr(os, "geteuid") or shutil.which("setpriv") is None:
        raise PostgresMissing("the tests' PostgreSQL needs Linux with setpriv")
    if os.geteuid() != 0:
        return []
    if subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode != 0:
        raise PostgresMissing("there is no user postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
