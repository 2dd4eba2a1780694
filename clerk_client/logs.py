"""Log files without personal data, and the hook that catches what nobody expected.

A document number, a telephone number or a PIN never belongs into a message; the redaction is
the net below that rule, for texts that come from elsewhere.
"""

import logging
import logging.handlers
import platform
import re
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import platformdirs

_LONG_NUMBER = re.compile(r"(?<![0-9a-fA-F])[0-9]{6,}[0-9Xx]?(?![0-9a-fA-F])")
_IDEOGRAPHS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff·]{2,}")
_CREDIT_CODE = re.compile(r"\b[0-9A-HJ-NP-RTUW-Y]{18}\b")
# Passports and permits: one or two letters, then digits.
_LETTERED_NUMBER = re.compile(r"\b[A-Za-z]{1,2}[0-9]{6,12}\b")
# The query password on an applicant's slip, should a message quote what a code said.
_PASSWORD = re.compile(r"(?i)(password|passwd|pwd|密码)(\W{1,8})[^\s;&|,\"']+")
_SIZE, _FILES = 5 * 1024 * 1024, 10

log = logging.getLogger(__name__)


def redacted(text: str) -> str:
    """The text without anything that may be a name or a number of a person.

    Chinese words are dropped too: names cannot be told from them, and messages are in English.
    """
    text = _PASSWORD.sub(r"\1\2[secret]", text)
    text = _CREDIT_CODE.sub("[number]", text)
    text = _LETTERED_NUMBER.sub("[number]", text)
    text = _LONG_NUMBER.sub("[number]", text)
    return _IDEOGRAPHS.sub("[text]", text)


class RedactingFormatter(logging.Formatter):
    """Rewrites what is about to be written, whoever put it together: message, traceback, stack."""

    def format(self, record: logging.LogRecord) -> str:
        """One redacted entry."""
        return redacted(super().format(record))


def start_logging(folder: Path | None = None) -> Path:
    """Writes to 10 files of 5 MB in the user's log folder. The file that is written now.

    Where no file can be written, the standard error stream gets what there is to say.
    """
    folder = folder or platformdirs.user_log_path("clerk_client", appauthor=False)
    file = folder / "clerk_client.log"
    writer: logging.Handler
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writer = logging.handlers.RotatingFileHandler(
            file, maxBytes=_SIZE, backupCount=_FILES - 1, encoding="utf-8"
        )
    except OSError:
        writer = logging.StreamHandler()
    writer.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(writer)
    root.setLevel(logging.INFO)
    return file


def crash_report(error: BaseException, where: str) -> str:
    """What the help desk needs: versions and the places in the code, never a value or a message.

    Messages of exceptions may quote what a clerk typed, so only their types are told.
    """
    frames = traceback.extract_tb(error.__traceback__)
    chain = [type(error).__qualname__]
    cause = error.__cause__ or error.__context__
    while cause is not None and len(chain) < 5:
        chain.append(type(cause).__qualname__)
        cause = cause.__cause__ or cause.__context__
    lines = [
        f"time: {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        f"python: {platform.python_version()} on {platform.system()} {platform.release()}",
        f"thread: {where}",
        "error: " + " <- ".join(chain),
        f"code: {getattr(error, 'code', '-')}",
        *(f"  {Path(f.filename).name}:{f.lineno} {f.name}" for f in frames),
    ]
    return "\n".join(lines)


def install_crash_hook(show: Callable[[str], None]) -> None:
    """Sends every unhandled exception, of any thread, to the log and to `show`.

    Goes in before the first widget: without a hook, PyQt5 aborts on an exception in a slot.
    `show` is called in the thread that failed and must not raise.
    """

    def caught(error: BaseException, where: str) -> None:
        if isinstance(error, KeyboardInterrupt):
            return
        report = crash_report(error, where)
        log.error("unhandled\n%s", report)
        show(report)

    def in_main(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        caught(error.with_traceback(trace), threading.current_thread().name)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            caught(args.exc_value, args.thread.name if args.thread else "?")

    sys.excepthook = in_main
    threading.excepthook = in_thread
