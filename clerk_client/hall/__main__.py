"""`python -m clerk_client.hall`: load the hall's files, enrol a station, serve."""

import argparse
import logging
import sys
import tomllib
from pathlib import Path

from sqlalchemy.exc import DBAPIError

import resources
from clerk_client.domain.clock import SystemClock
from clerk_client.hall.errors import DatabaseUnusable, HallError
from clerk_client.hall.findings import LoadRefused
from clerk_client.hall.store import open_engine, upgrade_schema
from ukey.errors import CertificateUnfit


def main(arguments: list[str] | None = None) -> int:
    """0 when done, 1 when the input is refused, 2 for wrong arguments."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
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
    except OSError as error:
        _tell("HALL_FILE", error)
    return 1


def _tell(code: str, detail: object) -> None:
    print(f"{code}: {detail}", _words(code), sep="\n", file=sys.stderr)


def _words(code: str) -> str:
    """Cause and next step for hall IT; the facts stand in the line before."""
    words = tomllib.loads(resources.text("wording.toml")).get(code, {})
    return "。".join(words[part] for part in ("cause", "next") if part in words)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m clerk_client.hall", description=__doc__)
    commands = parser.add_subparsers(required=True)
    load = commands.add_parser("load", help="take over the files of a folder, all or nothing")
    load.add_argument("folder", type=Path)
    load.set_defaults(run=_load)
    enrol = commands.add_parser("enrol", help="print a one-time code for a station")
    enrol.add_argument("station")
    enrol.add_argument("--window", required=True, help="code of the window where it stands")
    enrol.set_defaults(run=_enrol)
    serve = commands.add_parser("serve", help="serve the contract")
    serve.add_argument("--authorities", type=Path, required=True, help="PEM file")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=0, help="0 takes a free one")
    serve.add_argument("--port-file", type=Path, help="the port is written there")
    serve.add_argument("--public-url", default="", help="how stations reach it through a proxy")
    serve.add_argument(
        "--until-stdin-closes",
        action="store_true",
        help="stop when the program that started it ends, however it ends",
    )
    serve.set_defaults(run=_serve)
    for command in (load, enrol, serve):
        command.add_argument("--database", required=True, help="sqlite:////folder/hall.sqlite")
    return parser


def _load(options: argparse.Namespace) -> int:
    from clerk_client.hall.loading import load

    engine = open_engine(options.database)
    upgrade_schema(engine)
    for table, count in load(engine, options.folder).items():
        print(f"{table}: {count}")
    return 0


def _enrol(options: argparse.Namespace) -> int:
    from clerk_client.hall.stations import new_enrolment_code

    engine = open_engine(options.database)
    upgrade_schema(engine)
    now = SystemClock().now()
    print(new_enrolment_code(engine, options.station, options.window, now))
    return 0


def _serve(options: argparse.Namespace) -> int:
    from clerk_client.hall.api import build_app
    from clerk_client.hall.serving import serve
    from ukey.certificates import load_authorities

    authorities = load_authorities(options.authorities.read_bytes())
    engine = open_engine(options.database)
    upgrade_schema(engine)
    app = build_app(engine, authorities, SystemClock(), options.public_url)
    serve(
        app,
        options.host,
        options.port,
        options.port_file,
        until_stdin_closes=options.until_stdin_closes,
    )
    engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
