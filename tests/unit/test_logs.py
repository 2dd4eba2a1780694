"""Nothing of a person reaches a log file or a crash report."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from clerk_client.logs import crash_report, redacted, start_logging


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield start_logging(tmp_path)
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


PERSONAL = (
    *("11010519491231002X", "欧阳小满", "13800000000", "91350100M000100Y43"),
    *("E12345678", "EA1234567", "C12345678", "H0123456789"),
)


@pytest.mark.parametrize("text", PERSONAL)
def test_personal_data_is_redacted(text: str) -> None:
    assert text not in redacted(f"look-up of {text} failed")


def test_codes_and_hashes_stay_readable() -> None:
    text = "line 12 refused: LINE_CHAIN_BROKEN " + "ab12cd34" * 8
    assert redacted(text) == text


def test_what_a_library_logs_with_personal_data_is_redacted_in_the_file(log_file: Path) -> None:
    try:
        raise ValueError(f"bad applicant {PERSONAL[1]} {PERSONAL[0]}")
    except ValueError:
        logging.getLogger("somebody.else").exception("with %s", PERSONAL[0])
    written = log_file.read_text(encoding="utf-8")
    assert "ValueError" in written
    assert not any(text in written for text in PERSONAL)


def test_a_crash_report_tells_places_and_no_values() -> None:
    def fails(name: str, number: str) -> None:
        raise RuntimeError(f"{name} {number}")

    try:
        try:
            fails(PERSONAL[1], PERSONAL[0])
        except RuntimeError as error:
            raise KeyError(PERSONAL[2]) from error
    except KeyError as error:
        report = crash_report(error, "desk")
    assert "KeyError <- RuntimeError" in report
    assert "thread: desk" in report
    assert "test_logs.py" in report
    assert not any(text in report for text in PERSONAL)
