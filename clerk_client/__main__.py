"""`python -m clerk_client`: the window; with `demo`, all that it needs around it too.

The other commands are for auditors and IT, and need no display.
"""

import argparse
import os
import platform
import sys
from pathlib import Path

from clerk_client.settings import (
    Settings,
    SettingsBroken,
    find_settings,
    load_settings,
    usual_tickets,
)


def main(arguments: list[str] | None = None) -> int:
    """The process's exit code: 2 when it cannot begin."""
    options = _parser().parse_args(arguments)
    if options.command == "demo":
        from clerk_client.demo.screen import display_answers
        from clerk_client.demo.show import run_demo

        seen = _display_is_named() and display_answers()
        return run_demo(options.folder, options.output, with_display=seen)
    if options.command is not None:
        from clerk_client.auditing.command import run as run_audit

        return run_audit(options)
    if not _display_is_named():
        _tell("NO_DISPLAY")
        return 2
    try:
        settings = load_settings(find_settings(options.station))
        _try_formats(settings)
    except SettingsBroken as error:
        _tell(error)
        return 2
    from clerk_client.app import run

    return run(settings)


def _try_formats(settings: Settings) -> None:
    """Raises SettingsBroken while the file can still be corrected without a clerk waiting.

    Only what IT wrote: loading the formats takes 20 ms, and the usual ones are known to be good.
    """
    if settings.tickets is usual_tickets():
        return
    from clerk_client.domain.ticket_formats import formats_of

    formats_of(settings.path, settings.tickets)


def _tell(problem: object) -> None:
    from clerk_client.ui.wording import wording_for

    words = wording_for(problem)
    print(f"{words.title}。{words.next_step}。（{words.code}）", file=sys.stderr)


def _display_is_named() -> bool:
    """Whether it answers is not asked here: that takes as long as Qt takes to load."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return platform.system() != "Linux" or any(os.environ.get(name) for name in names)


def _parser() -> argparse.ArgumentParser:
    from clerk_client.auditing.arguments import add_commands

    parser = argparse.ArgumentParser(prog="clerk-client", description=__doc__)
    parser.add_argument("--station", type=Path, help="station.toml of this station")
    commands = parser.add_subparsers(dest="command")
    demo = commands.add_parser("demo", help="a hall, keys and tickets to try the client with")
    demo.add_argument("--folder", type=Path, default=Path(".demo"), help="everything of the demo")
    demo.add_argument(
        "--output",
        type=Path,
        default=Path("demo-output"),
        help="what a demo without display leaves",
    )
    add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
