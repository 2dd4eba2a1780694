"""The service's log: one JSON object a line for a collector, plain lines at a terminal.

Nothing that was sent stands in it: no path, no query, no body, no text of an exception.
"""

import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from clerk_client.domain.clock import rfc3339

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Set while a call is answered: every line of that call bears it, in whatever thread."""

_OURS = ("clerk_client", "uvicorn")
_FACTS = ("route", "method", "status", "ms", "station", "code")


def set_up(form: str, worker: int) -> None:
    """`form` is json, text, or auto: text when standard error is a terminal."""
    is_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    told = logging.StreamHandler(sys.stderr)
    told.setFormatter(_TextLine() if is_text else _JsonLine())
    told.addFilter(_Origin(worker))
    root = logging.getLogger()
    root.handlers[:] = [told]
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)


class _Origin(logging.Filter):
    """Says which worker and which call a line is of, and cuts what others quote."""

    def __init__(self, worker: int) -> None:
        super().__init__()
        self._worker = worker

    def filter(self, record: logging.LogRecord) -> bool:
        record.worker = self._worker
        if request_id.get():
            record.request_id = request_id.get()
        if not record.name.startswith(_OURS):
            # asyncio repeats the exception with its text from the second line on.
            record.msg, record.args = record.getMessage().partition("\n")[0], None
        return True


class _JsonLine(JsonFormatter):
    def __init__(self) -> None:
        names = {"levelname": "level", "name": "logger"}
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields=names,
            # uvicorn sends its messages a second time, coloured.
            reserved_attrs=[*RESERVED_ATTRS, "color_message"],
        )

    def add_fields(
        self,
        log_data: dict[str, Any],
        record: logging.LogRecord,
        message_dict: dict[str, Any],
    ) -> None:
        log_data["time"] = _moment(record)
        super().add_fields(log_data, record, message_dict)

    def formatException(self, ei: Any) -> str:  # type: ignore[override,unused-ignore]
        return without_text(ei[1])


class _TextLine(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        facts = [f"{name}={getattr(record, name)}" for name in _FACTS if hasattr(record, name)]
        return " ".join([_moment(record), super().format(record), *facts])

    def formatException(self, ei: Any) -> str:
        return without_text(ei[1])


def without_text(error: BaseException | None) -> str:
    """Where it happened and of what kind; its text may quote what was sent."""
    if error is None:
        return ""
    where = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{where}"


def _moment(record: logging.LogRecord) -> str:
    return rfc3339(datetime.fromtimestamp(record.created, UTC))
