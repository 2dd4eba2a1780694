"""A window at work, without its screen: the client's own parts, and a clerk who acts as a clerk.

What the clerk sees is said in a file, a line of JSON each: a process that is killed has shown what
stands there and nothing else. `tried` is said before the form is submitted, `shown` once the
acceptance stands, `printed` once the receipt is told to be out.
"""

import json
import os
from pathlib import Path
from typing import Any

import keyring

from clerk_client.app.record_rooms import record_rooms
from clerk_client.desk import desk, records, sign_in, supervision, suspension, voiding  # noqa: F401
from clerk_client.desk.forms import Form
from clerk_client.domain.cases import Category
from clerk_client.domain.people import DocumentType
from clerk_client.hall_link.errors import HallError
from clerk_client.journal import delivery, setting_aside  # noqa: F401
from clerk_client.journal.errors import JournalError
from clerk_client.parts import FAILURES, Parts
from clerk_client.settings import load_settings
from clerk_client.wire.lines import Kind
from printing import layout
from printing.document import MaterialRow, Receipt
from tests.faults.clocks import SkewedClock
from tests.faults.soft_key import SoftKey
from tests.helpers.fault_points import FaultPoints, Moment
from tests.helpers.station import opened_key

# Looked for once and then kept: what every life would else spend half its time on.
keyring.get_keyring()
layout.receipt_pdf(
    Receipt(
        hall_name="示例市政务服务中心",
        department_full_name="示例市公安局",
        is_licence=True,
        number="442000202610000123X",
        applicant_name="欧阳小满",
        document_type_name="居民身份证",
        masked_document="1101**********002X",
        phone="13800000000",
        matter_name="旅馆业特种行业许可",
        accepted_at="2026-03-05 09:31",
        materials=(MaterialRow("消防意见", "", ""),),
        promised="",
        legal_days="20个工作日",
        window="2楼B区12号",
        clerk_name="陈思敏",
        window_phone="",
        supervision_phone="",
        qr="R1",
        chain_head="0" * 64,
        category_name="中山分厅待办",
    )
)

AWAY, JOURNAL_FAILED = 3, 4
"""Exit codes: nobody could sign in; the journal could not be opened or written at the start."""
MATTER = "GA-LG"
_NUMBER = "11010519491231002X"  # GB 11643's own example


def work(
    *,
    settings: str,
    key: str,
    said: str,
    acts: list[list[Any]],
    kill_at: Moment = 0,
    noted: str = "",
    clock: str = "",
) -> int:
    """One life of the client: sign-in, what the start found, `acts` in order, and the end."""
    life = _Life(Path(settings), key, Path(said), Path(clock) if clock else None)
    points = FaultPoints(kill_at, Path(noted)) if noted else None
    if points is not None:
        # Laying out a paper reaches nothing, and a profiler makes it ten times slower.
        layout.receipt_pdf = points.unseen(layout.receipt_pdf)
        points.begin()
    code = life.live(acts)
    if points is not None:
        points.end()
    return code


class _Life:
    def __init__(self, settings: Path, key: str, said: Path, clock: Path | None) -> None:
        self._parts = Parts(load_settings(settings), SkewedClock(clock))
        self._key = key
        self._said = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._delivery: Any = None
        self._rooms: Any = None

    def live(self, acts: list[list[Any]]) -> int:
        parts = self._parts
        try:
            at_desk = parts.desk()
            at_desk.prepare()
            at_desk.sign_in(self._opened_key())
            self._rooms = record_rooms(parts)
            self._rooms.start.report()
            self._settle_doubts()
        except HallError as error:
            self._say(away=error.code)
            parts.close()
            return AWAY
        except JournalError as error:
            self._say(failed=error.code, act="start")
            parts.close()
            return JOURNAL_FAILED
        self._delivery = parts.delivery()
        for name, *given in acts:
            try:
                getattr(self, f"_{name}")(*given)
            except FAILURES as error:
                self._say(failed=getattr(error, "code", ""), act=name)
        self._delivery.close()
        at_desk.close()
        parts.close()
        return 0

    def _opened_key(self) -> Any:
        holder, _, pin = self._key.partition("|")
        return opened_key(self._parts, holder, pin) if pin else SoftKey(Path(self._key))

    def _settle_doubts(self) -> None:
        """As a clerk does: a paper that lies there is confirmed, another one is printed again."""
        for paper in self._parts.journal().papers_in_doubt():
            if self._papers_out(paper.number) > self._papers_told(paper.number):
                self._rooms.paperwork.confirm_printed(paper.number)
            else:
                acceptance = self._rooms.records.acceptance(paper.number)
                self._rooms.paperwork.print_receipt(acceptance, again=True)

    def _papers_out(self, number: str) -> int:
        folder = self._parts.settings.printer_folder
        assert folder is not None
        return sum(1 for _ in folder.glob(f"*{number}*.pdf"))

    def _papers_told(self, number: str) -> int:
        journal = self._parts.journal()
        return journal.count(Kind.PRINTED, number) + journal.count(Kind.REPRINTED, number)

    # --- acts ---

    def _accept(self, key: str, prints: bool = False, matter: str = MATTER) -> None:
        """The form of that key: the same one, when it was submitted in a life before."""
        at_desk = self._parts.desk()
        found = at_desk.choose(matter)
        form = Form(
            found,
            found.matters[0],
            Category.HALL_PENDING,
            DocumentType.RESIDENT_ID,
            "欧阳小满",
            _NUMBER,
            "13800000000",
            key=key,
        )
        self._say(tried=key)
        acceptance = at_desk.accept(form)
        self._say(shown=acceptance.number, key=key)
        if prints:
            paper = self._parts.paperwork().print_receipt(acceptance)
            self._say(printed=paper.number, reprint=paper.reprint, where=paper.where)
            at_desk.hand_over(acceptance.number)

    def _deliver(self) -> None:
        standing = self._delivery.deliver()
        self._say(
            waiting=standing.waiting,
            refused=standing.refused,
            reachable=standing.hall_reachable,
            blocked=standing.blocked_code,
        )

    def _reprint(self, number: str) -> None:
        acceptance = self._rooms.records.acceptance(number)
        paper = self._rooms.paperwork.print_receipt(acceptance, again=True)
        self._say(printed=paper.number, reprint=paper.reprint, where=paper.where)

    def _void(self, number: str) -> None:
        self._rooms.voiding.request(number, "录入有误，重新受理")
        self._say(void_asked=number)

    def _void_last(self) -> None:
        """The newest acceptance that nobody has asked to void."""
        for number in self._newest():
            if self._parts.journal().count(Kind.VOID_REQUESTED, number) == 0:
                self._void(number)
                return

    def _reprint_last(self) -> None:
        self._reprint(self._newest()[0])

    def _newest(self) -> list[str]:
        lines = reversed(list(self._parts.journal().lines()))
        return [line.head.number or "" for line in lines if line.head.kind == "accepted"]

    def _approve(self) -> None:
        for waiting in self._rooms.approvals.waiting():
            self._rooms.approvals.decide(waiting, is_approved=True)
            self._say(void_approved=waiting.number)

    def _set_clock(self, file: str, seconds: float) -> None:
        from tests.faults.clocks import set_clock

        set_clock(Path(file), seconds)

    def _wait_for(self, file: str) -> None:
        """Says that it is here and goes on once somebody made the file."""
        import time

        self._say(at=file)
        while not Path(file).exists():
            time.sleep(0.002)

    def _say(self, **facts: Any) -> None:
        os.write(self._said, json.dumps(facts).encode() + b"\n")
