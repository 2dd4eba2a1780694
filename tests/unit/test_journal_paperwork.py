"""Receipts on real paper files: one original, and what is known when a print goes wrong."""

import os
import stat
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from clerk_client.desk.paperwork import Paperwork
from clerk_client.desk.session import Session
from clerk_client.domain.cases import Acceptance, Category
from clerk_client.domain.clerks import Clerk, Role, Window
from clerk_client.domain.people import Applicant, DocumentType, checked_document
from clerk_client.journal.catalogue import Catalogue
from clerk_client.journal.day_sheet import Paper
from clerk_client.journal.opening import journal_with_key
from clerk_client.journal.store import Journal
from printing import spool
from printing.errors import FolderUnwritable, PrintFailed
from printing.spool import CupsPrinter, FolderPrinter, Printer
from tests.unit.test_journal import KEY, NOON, STATION, WRITER, accepted
from ukey.token import Certificate

TODAY = date(2026, 11, 21)
CERTIFICATE = Certificate(b"", "张丽", "ZS-0001", "1", "CA", NOON, NOON, "f" * 64, "RS256")
SESSION = Session(
    clerk=Clerk("ZS-0001", "张丽", Role.CLERK),
    window=Window("B12", "2楼B区12号"),
    hall="442000",
    hall_name="中山市政务服务中心",
    station="T-1",
    supervision_phone="12345",
    certificate=CERTIFICATE,
    token_id="t",
    clock_offset_ms=0,
)


class Noon:
    """The clock of these tests."""

    def now(self) -> datetime:
        return NOON


class Desk:
    """A journal with one acceptance, and paperwork whose printer a test chooses."""

    def __init__(self, journal: Journal, printer: Printer) -> None:
        self.journal = journal
        self.printer = printer
        self.paperwork = Paperwork(
            journal=journal,
            catalogue=Catalogue(journal),
            station_key=STATION,
            printer=lambda: self.printer,
            session=lambda: SESSION,
            clock=Noon(),
            query_address="",
            demonstration=False,
        )
        line = journal.append(accepted(), WRITER, STATION, provisional=True)
        assert line.head.number
        document = checked_document(DocumentType.PASSPORT, "E12345678", TODAY)
        self.acceptance = Acceptance(
            number=line.head.number,
            key=line.head.key,
            done_at=NOON,
            category=Category.HALL_PENDING,
            matter_code="SJ012",
            matter_name="食品经营许可（新办）",
            department_code="SJ",
            department_name="市监局",
            department_full_name="中山市市场监督管理局",
            is_licence=True,
            applicant=Applicant("张三", document),
            window="B12",
            clerk="ZS-0001",
            clerk_name="张丽",
            line_hash=line.hash,
            decided_offline=True,
        )

    @property
    def paper(self) -> Paper:
        (row,) = self.journal.acceptances(TODAY)
        return row.paper

    def kinds(self) -> list[tuple[str, int | None, bool | None]]:
        return [
            (line.head.kind, line.body.get("reprint"), line.body.get("doubtful"))
            for line in self.journal.lines()
        ][1:]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    journal = journal_with_key(tmp_path / "journal.db", KEY)
    yield Desk(journal, FolderPrinter(tmp_path / "papers"))
    journal.close()


def test_the_first_paper_is_the_original_and_every_later_one_a_reprint(
    desk: Desk, tmp_path: Path
) -> None:
    printed = [desk.paperwork.print_receipt(desk.acceptance, again) for again in (False, True)]
    assert [paper.reprint for paper in printed] == [0, 1]
    assert desk.paperwork.print_receipt(desk.acceptance).reprint == 2
    assert desk.kinds() == [("printed", 0, None), ("reprinted", 1, None), ("reprinted", 2, None)]
    assert desk.paper is Paper.PRINTED
    assert len(list((tmp_path / "papers").iterdir())) == 3


def test_a_printer_that_takes_nothing_leaves_the_receipt_unprinted(
    desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "papers").write_text("a file where the folder should be")
    with pytest.raises(FolderUnwritable):
        desk.paperwork.print_receipt(desk.acceptance)
    assert desk.paper is Paper.UNPRINTED
    assert desk.kinds() == []
    (tmp_path / "papers").unlink()
    assert desk.paperwork.print_receipt(desk.acceptance).reprint == 0


@pytest.fixture
def silent_cups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CupsPrinter:
    """Stands for a print system that hangs: its `lp` takes the paper and never answers."""
    program = tmp_path / "bin" / "lp"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(spool, "_SUBMIT_SECONDS", 0.05)
    return CupsPrinter("HP")


def test_a_print_system_that_never_answers_leaves_the_receipt_in_doubt(
    desk: Desk, silent_cups: CupsPrinter
) -> None:
    desk.printer = silent_cups
    with pytest.raises(PrintFailed):
        desk.paperwork.print_receipt(desk.acceptance)
    assert desk.paper is Paper.DOUBTFUL
    desk.paperwork.confirm_printed(desk.acceptance.number)
    assert desk.kinds() == [("printed", 0, True)]
    assert desk.paper is Paper.PRINTED
    # Once is enough.
    desk.paperwork.confirm_printed(desk.acceptance.number)
    assert len(desk.kinds()) == 1


def test_a_receipt_printed_again_out_of_doubt_says_it_is_a_reprint(
    desk: Desk, silent_cups: CupsPrinter
) -> None:
    folder, desk.printer = desk.printer, silent_cups
    with pytest.raises(PrintFailed):
        desk.paperwork.print_receipt(desk.acceptance)
    desk.printer = folder
    assert desk.paperwork.print_receipt(desk.acceptance).reprint == 1
    assert desk.kinds() == [("reprinted", 1, None)]
    assert desk.paper is Paper.PRINTED
    assert desk.paperwork.print_receipt(desk.acceptance).reprint == 2


def test_nothing_is_confirmed_that_is_in_no_doubt(desk: Desk) -> None:
    desk.paperwork.confirm_printed(desk.acceptance.number)
    desk.paperwork.confirm_printed("L0000000000000000")
    assert desk.kinds() == []
