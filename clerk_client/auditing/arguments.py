"""What the auditor's commands are told. Read at each start of the client: loads nothing more."""

import argparse
from pathlib import Path
from typing import Any


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Beside `demo`."""
    verify = commands.add_parser(
        "verify",
        help="check an exported journal",
        epilog="exit code: 0 nothing found, 1 findings, 2 it could not begin. "
        "More: docs/verifying.md",
    )
    verify.add_argument("file", type=Path, metavar="FILE", help="an export's folder or lines.jsonl")
    _add_trust(verify)
    verify.add_argument(
        "--head",
        action="append",
        default=[],
        metavar="HASH[@NUMBER]",
        help="the head printed on a receipt or shift sheet; may be repeated",
    )
    receipt = commands.add_parser("verify-receipt", help="check a receipt's code")
    what = receipt.add_mutually_exclusive_group(required=True)
    what.add_argument("text", nargs="?", metavar="TEXT", help="what the code says")
    what.add_argument("--image", type=Path, metavar="FILE", help="a picture of the receipt")
    _add_trust(receipt)
    receipt.add_argument(
        "--journal", type=Path, metavar="FILE", help="an export that must hold its line"
    )
    export = commands.add_parser("export", help="take this station's journal out, for an auditor")
    export.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder")
    recover = commands.add_parser(
        "recover-journal", help="put the lost key of a journal back into the keyring"
    )
    recover.add_argument("journal", type=Path, metavar="JOURNAL", help="its file")
    recover.add_argument(
        "--key", type=Path, required=True, metavar="PEM", help="the hall's private recovery key"
    )
    for parser in (export, recover):
        # Without a default: one given before the command's name counts as well.
        parser.add_argument(
            "--station", type=Path, default=argparse.SUPPRESS, help="station.toml of this station"
        )


def _add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trust",
        type=Path,
        nargs="+",
        action="extend",
        required=True,
        metavar="TRUST",
        help="files or folders: authorities, revocation lists, the hall's answer to GET trust",
    )
    parser.add_argument(
        "--certificates",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="clerks' certificates that are not in the export",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
