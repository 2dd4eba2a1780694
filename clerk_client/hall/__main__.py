"""`python -m clerk_client.hall`: load the hall's files, enrol a station, serve, back up."""

import argparse
import logging
import re
import sys
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from clerk_client.hall.errors import DatabaseUnusable, HallError
from clerk_client.hall.files.findings import LoadRefused
from clerk_client.hall.process import commands
from clerk_client.hall.process.words import words
from ukey.errors import CertificateUnfit


def main(arguments: list[str] | None = None) -> int:
    """0 when done, 1 when the input is refused, 2 for wrong arguments.

    128 and the signal's number when a second signal cut answers off.
    """
    given = sys.argv[1:] if arguments is None else arguments
    options = _parsed(given)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        if options.run is commands.serve:
            return int(commands.serve(options, given))
        return int(options.run(options))
    except LoadRefused as refused:
        for finding in refused.findings:
            print(finding, file=sys.stderr)
    except HallError as error:
        _tell(error.code, error)
    except DBAPIError as error:
        # Without the statement, which says nothing to whoever typed the address.
        _tell(DatabaseUnusable.code, error.orig)
    except CertificateUnfit as error:
        # The words for a certificate are about a clerk's key; here it is a file of IT's.
        _tell("HALL_FILE", f"{options.authorities}: {error}")
    except (OSError, UnicodeDecodeError) as error:
        _tell("HALL_FILE", error)
    return 1


def _tell(code: str, detail: object) -> None:
    print(f"{code}: {detail}", words(code), sep="\n", file=sys.stderr)


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m clerk_client.hall", description=__doc__, allow_abbrev=False
    )
    found = parser.add_subparsers(required=True)
    load = found.add_parser("load", help="take over the files of a folder, all or nothing")
    load.add_argument("folder", type=Path)
    load.set_defaults(run=commands.load)
    enrol = found.add_parser("enrol", help="print a one-time code for a station")
    enrol.add_argument("station")
    enrol.add_argument("--window", required=True, help="code of the window where it stands")
    enrol.set_defaults(run=commands.enrol)
    serve = found.add_parser("serve", help="serve the contract")
    _add_serving(serve)
    serve.set_defaults(run=commands.serve)
    backup = found.add_parser("backup", help="copy a SQLite database, also while it is served")
    backup.add_argument("file", type=Path, help="must not exist yet")
    backup.set_defaults(run=commands.backup)
    restored = found.add_parser("restored", help="take a database that was put back into use")
    restored.add_argument(
        "--last-epoch",
        type=_from_1_to(9),
        help="11th digit of the newest number that went out, where nothing beside it tells",
    )
    restored.add_argument(
        "--anyway", action="store_true", help="though nothing says that it was put back"
    )
    restored.set_defaults(run=commands.restored)
    audited = found.add_parser("audit-verify", help="check the chain of who did what")
    audited.add_argument("--head", type=_head, help="seq:hash that an earlier check printed")
    audited.set_defaults(run=commands.audit_verify)
    openapi = found.add_parser("openapi", help="print the contract's OpenAPI document")
    openapi.set_defaults(run=commands.openapi)
    for command in (load, enrol, serve, backup, restored, audited):
        command.add_argument("--database", required=True, help="sqlite:////folder/hall.sqlite")
    options = parser.parse_args(arguments)
    if options.run is commands.serve and (options.tls_cert is None) != (options.tls_key is None):
        serve.error("--tls-cert and --tls-key belong together")
    return options


def _add_serving(serve: argparse.ArgumentParser) -> None:
    from clerk_client.hall.process.connections import MOST_CONNECTIONS

    serve.add_argument("--authorities", type=Path, required=True, help="PEM file")
    serve.add_argument("--revocation-lists", type=Path, help="folder of CRLs")
    serve.add_argument("--recovery-certificate", type=Path, help="PEM file")
    serve.add_argument("--tls-cert", type=Path, help="PEM file, the chain after it")
    serve.add_argument("--tls-key", type=Path, help="PEM file without a password")
    serve.add_argument("--workers", type=_from_1_to(64), default=1, help="processes")
    serve.add_argument("--metrics-token-file", type=Path, help="who bears it may read the figures")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=0, help="0 takes a free one")
    serve.add_argument("--port-file", type=Path, help="the port is written there")
    serve.add_argument("--public-url", default="", help="how stations reach it through a proxy")
    serve.add_argument(
        "--plain-http-behind-proxy",
        action="store_true",
        help="serve other machines unencrypted, because something before it encrypts",
    )
    serve.add_argument(
        "--connections",
        type=_from_1_to(100_000),
        default=MOST_CONNECTIONS,
        help="at once and a process, at most",
    )
    serve.add_argument("--log", choices=("auto", "json", "text"), default="auto")
    serve.add_argument(
        "--until-stdin-closes",
        action="store_true",
        help="stop when the program that started it ends, however it ends",
    )
    serve.add_argument("--worker", type=int, default=0, help=argparse.SUPPRESS)
    serve.add_argument("--listening", type=int, help=argparse.SUPPRESS)


def _head(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,18}:[0-9a-f]{64}", text):
        raise argparse.ArgumentTypeError("seq:hash, as audit-verify prints it")
    return text


class _from_1_to:  # noqa: N801 - reads as a type in the list above
    def __init__(self, most: int) -> None:
        self._most = most

    def __call__(self, text: str) -> int:
        number = int(text)
        if not 1 <= number <= self._most:
            raise argparse.ArgumentTypeError(f"1 to {self._most}")
        return number


if __name__ == "__main__":
    sys.exit(main())
