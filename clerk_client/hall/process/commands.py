"""What each command of `python -m clerk_client.hall` does."""

import argparse
import ipaddress
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from clerk_client.domain.clock import SystemClock
from clerk_client.hall import origin
from clerk_client.hall.errors import PlainHttpRefused, WorkersNotHere
from clerk_client.hall.process import log_lines
from clerk_client.hall.process.tls import TlsFiles
from clerk_client.hall.store import open_engine, upgrade_schema


def load(options: argparse.Namespace) -> int:
    """Takes over a folder's files."""
    from clerk_client.hall.files.loading import load

    with _database(options.database) as engine:
        origin.ensure_here(engine)
        loaded = load(engine, options.folder)
    for table, count in loaded.items():
        print(f"{table}: {count}")  # noqa: T201 - the command's answer
    return 0


def enrol(options: argparse.Namespace) -> int:
    """Prints a station's one-time code."""
    from clerk_client.hall.access.stations import new_enrolment_code

    with _database(options.database) as engine:
        origin.ensure_here(engine)
        now = SystemClock().now()
        code = new_enrolment_code(engine, options.station, options.window, now)
    print(code)  # noqa: T201 - the command's answer
    return 0


def backup(options: argparse.Namespace) -> int:
    """Copies a SQLite database."""
    from clerk_client.hall.process.backing_up import back_up

    print(f"{options.file}: {back_up(options.database, options.file)}")  # noqa: T201
    return 0


def restored(options: argparse.Namespace) -> int:
    """Raises the epoch of a database that was put back."""
    with _database(options.database) as engine:
        epoch = origin.restored(engine, options.last_epoch, anyway=options.anyway)
    print(f"epoch: {epoch}")  # noqa: T201 - the command's answer
    return 0


def audit_verify(options: argparse.Namespace) -> int:
    """Checks the audit's chain; 1 when something is wrong."""
    from clerk_client.hall.audit_trail.sealing import verify_audit
    from clerk_client.hall.process.words import words

    with _database(options.database) as engine:
        standing = verify_audit(engine, options.head or "")
    for finding in standing.findings:
        told = words(finding.code).format(seal=finding.seal)
        print(f"{finding.code}: {told}")  # noqa: T201 - the command's answer
    print(f"rows: {standing.rows}  unsealed: {standing.unsealed}")  # noqa: T201
    print(f"head: {standing.head}")  # noqa: T201
    return 1 if standing.findings else 0


def openapi(_: argparse.Namespace) -> int:
    """Prints the contract's OpenAPI document."""
    from clerk_client.hall.api import contract_app
    from clerk_client.hall.openapi import text

    # In bytes: on Windows a text stream would have its own coding and ends of lines.
    sys.stdout.buffer.write(text(contract_app()).encode())
    return 0


def serve(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Serves in this process, as one of several, or as their parent."""
    from clerk_client.hall.process.serving import announce, listen
    from ukey.certificates import load_authorities

    log_lines.set_up(options.log, options.worker)
    if options.worker:
        return _serve_as_worker(options)
    _ensure_protected(options)
    tls = _tls(options)
    if tls is not None:
        tls.context(SystemClock().now())
    # Once here, so that a wrong file is told once and before anything starts.
    load_authorities(options.authorities.read_bytes())
    _metrics_token(options)
    with _database(options.database) as engine:
        origin.begin(engine)
    with listen(options.host, options.port) as listening:
        scheme = "https" if tls is not None else "http"

        def tell() -> None:
            announce(listening, scheme, options.port_file)

        if options.workers == 1:
            _serve_here(options, listening, tell)
            return 0
        return _serve_with_workers(options, arguments, listening, tell)


def _serve_with_workers(
    options: argparse.Namespace,
    arguments: Sequence[str],
    listening: socket.socket,
    tell: Callable[[], None],
) -> int:
    if os.name == "nt":
        raise WorkersNotHere
    from clerk_client.hall.process.workers import Workers

    command = [sys.executable, "-m", "clerk_client.hall", *arguments]
    workers = Workers(command, options.workers, listening)
    return workers.run(tell, until_stdin_closes=options.until_stdin_closes)


def _serve_as_worker(options: argparse.Namespace) -> int:
    from clerk_client.hall.process.workers import READY, forget_figures

    options.until_stdin_closes = True
    with socket.socket(fileno=options.listening) as listening:
        _serve_here(options, listening, lambda: _say(READY), forget_figures)
    return 0


def _serve_here(
    options: argparse.Namespace,
    listening: socket.socket,
    tell: Callable[[], None],
    when_stdin_closed: Callable[[], None] | None = None,
) -> None:
    from clerk_client.hall.api import build_app
    from clerk_client.hall.process.serving import Serving, serve
    from ukey.certificates import load_authorities

    clock = SystemClock()
    engine = open_engine(options.database)
    recovery = options.recovery_certificate
    app = build_app(
        engine,
        load_authorities(options.authorities.read_bytes()),
        clock,
        options.public_url,
        revocation_lists=options.revocation_lists,
        recovery_certificate=recovery.read_text(encoding="ascii") if recovery else "",
    )
    app.state.metrics_token = _metrics_token(options)
    serve(
        app,
        listening,
        Serving(
            clock=clock,
            connections=options.connections,
            announce=tell,
            tls=_tls(options),
            until_stdin_closes=options.until_stdin_closes,
            when_stdin_closed=when_stdin_closed,
        ),
    )
    engine.dispose()


def _say(words: bytes) -> None:
    os.write(1, words)


@contextmanager
def _database(address: str) -> Iterator[Engine]:
    """Its tables are this version's; no connection is left open."""
    engine = open_engine(address)
    try:
        upgrade_schema(engine)
        yield engine
    finally:
        engine.dispose()


def _tls(options: argparse.Namespace) -> TlsFiles | None:
    if options.tls_cert is None:
        return None
    return TlsFiles(options.tls_cert, options.tls_key)


def _metrics_token(options: argparse.Namespace) -> bytes:
    file: Path | None = options.metrics_token_file
    return file.read_bytes().strip() if file is not None else b""


def _ensure_protected(options: argparse.Namespace) -> None:
    is_behind_proxy = options.public_url.startswith("https://") or options.plain_http_behind_proxy
    if options.tls_cert is None and not is_behind_proxy and not _is_loopback(options.host):
        raise PlainHttpRefused(options.host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
