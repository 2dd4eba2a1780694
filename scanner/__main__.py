"""`python -m scanner`: what a picture or a camera gives to read, and what is wrong with it."""

import argparse
import json
import logging
import math
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from scanner import telling
from scanner.errors import SourceUnknown
from scanner.trial import PictureReport, try_camera, try_picture

_SECONDS = 5.0
_LONGEST_S = 3600.0
# What is left to scanner.sources: its kinds, and any other address or path. All else is a camera's
# name, which may have a colon too.
_SETTING = re.compile(r"(?:camera|file|folder|http):|[a-z][a-z0-9+.-]*:/", re.IGNORECASE)
_READ, _NOT_READ, _WRONG_CALL, _CAMERA_TROUBLE = 0, 1, 2, 3
_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """0 when all was read, 1 when something was not, 2 for wrong usage, 3 for camera trouble."""
    options = _parser().parse_args(arguments)
    # Nothing of it is for whoever reads the screen.
    logging.getLogger("scanner").addHandler(logging.NullHandler())
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    for stream in (sys.stdout, sys.stderr):
        # A console of another encoding shows a question mark, and no traceback.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        if options.list:
            return _list(as_json=options.json)
        if options.camera is not None:
            return _camera(options.camera, options.seconds, as_json=options.json)
        return _pictures(options.images, as_json=options.json)
    except KeyboardInterrupt:
        print("已停止", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the answer has gone; Python would complain once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NOT_READ


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scanner",
        description=__doc__,
        epilog="exit code: 0 all was read, 1 something was not, 2 wrong usage or no picture at a "
        "path, 3 the camera failed, 130 stopped with Ctrl+C. More: docs/camera.md",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    # In a group argparse takes `*` with a default only.
    what.add_argument(
        "images",
        nargs="*",
        type=Path,
        default=[],
        metavar="IMAGE",
        help="a picture, or a folder of them, without what is in folders inside",
    )
    what.add_argument(
        "--camera",
        metavar="NAME",
        help="a camera's name or part of it, its number or identity (--list shows them); "
        "or what [camera] source takes: camera:NAME, file:PATH, folder:PATH, http://HOST/PATH",
    )
    what.add_argument("--list", action="store_true", help="the cameras of this station")
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=_SECONDS,
        help="how long the camera is tried, from its first picture (default: %(default)g)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not (math.isfinite(seconds) and 0 < seconds <= _LONGEST_S):
        raise ValueError
    return seconds


def _list(*, as_json: bool) -> int:
    from scanner.devices import cameras

    known = cameras()
    if as_json:
        _write({"cameras": [telling.plain_camera(camera) for camera in known]})
    else:
        _print(telling.lines_of_cameras(known))
    return _READ


def _camera(name: str, seconds: float, *, as_json: bool) -> int:
    from scanner.sources import source_for

    setting = name if _SETTING.match(name) else f"camera:{name}"
    try:
        source = source_for(setting)
    except SourceUnknown as error:
        _complain(error.code, vars(error))
        return _WRONG_CALL
    report = try_camera(source, seconds)
    if as_json:
        _write({"camera": telling.plain_trial(report)})
    else:
        _print(telling.lines_of_camera(report))
    if report.error is not None:
        return _CAMERA_TROUBLE
    return _READ if report.seen else _NOT_READ


def _pictures(paths: list[Path], *, as_json: bool) -> int:
    """Told one by one, as a folder may hold many; with `as_json` all in the end."""
    reports: list[PictureReport] = []
    unusable: list[dict[str, object]] = []
    for path in paths:
        files = _files(path)
        if isinstance(files, str):
            _complain(files, {"path": path})
            unusable.append(
                {"path": str(path), "error": telling.plain_problem(files, {"path": path})}
            )
            continue
        for file in files:
            reports.append(try_picture(file))
            if not as_json:
                _print(telling.lines_of_picture(reports[-1]))
    if as_json:
        pictures = [telling.plain_picture(report) for report in reports]
        _write({"pictures": pictures, "unusable": unusable})
    if unusable:
        return _WRONG_CALL
    return _READ if all(report.readings for report in reports) else _NOT_READ


def _files(path: Path) -> list[Path] | str:
    """The pictures there, or the code for why there are none."""
    from scanner.pictures import pictures_in

    try:
        return pictures_in(path) or "NO_PICTURES"
    except (OSError, ValueError):
        return "NO_SUCH_FILE"


def _complain(code: str, facts: Mapping[str, object]) -> None:
    print(telling.problem(code, facts), file=sys.stderr)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _write(document: Mapping[str, object]) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    # UTF-8 whatever the console is set to: a program reads it.
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
