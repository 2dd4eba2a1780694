"""The contract's messages about stations: what each tells of itself, what IT sees of all.

A report has nothing of a person: no holder of a key, no document, no ticket.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from clerk_client.wire.messages import MOST, Answer, Request, Whole

_Word = Annotated[str, StringConstraints(max_length=80, pattern=r"^[^|\x00-\x1f\x7f]*$")]
_Code = Annotated[str, StringConstraints(max_length=60, pattern=r"^[A-Z0-9_]*$")]


class DeviceState(Request):
    """One check of the diagnosis: its subject, how grave, and its code (wording.toml)."""

    subject: Literal["key", "camera", "printer", "hall", "clock"]
    severity: Literal["ok", "warning", "error"]
    code: _Code


class StationReport(Request):
    """`POST station-reports`: the last one of a station stands."""

    version: _Word
    system: _Word
    contract: _Word
    journal: str = Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    lines: Whole = Field(ge=0, le=MOST)
    waiting: Whole = Field(ge=0, le=MOST)
    refused: Whole = Field(ge=0, le=MOST)
    numbers_left: Whole = Field(ge=0, le=MOST)
    clock_offset_ms: Whole = Field(ge=-MOST, le=MOST)
    drivers: list[_Word] = Field(max_length=20)
    devices: list[DeviceState] = Field(max_length=50)


class ReportTaken(Answer):
    """When the hall took the report."""

    reported_at: str


class StationInFleet(Answer):
    """A station as IT sees it; `highest_seq` is the hall's. No `report` until its first one."""

    station: str
    window: str
    window_name: str
    enrolled_at: str
    retired: bool
    reported_at: str = ""
    clerk: str = ""
    journals: int = 0
    highest_seq: int = 0
    report: StationReport | None = None


class FleetAnswer(Answer):
    """`GET fleet?after=&limit=`: a page by station code; `next` is empty on the last one."""

    stations: list[StationInFleet]
    next: str = ""
