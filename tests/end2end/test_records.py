"""A mistaken acceptance: requested, decided, counted no more. Real keys, hall and journal."""

from collections.abc import Iterator
from datetime import date

import pytest

from clerk_client.app.record_rooms import record_rooms
from clerk_client.desk.desk import Desk
from clerk_client.desk.keys import ApprovalOwnKey
from clerk_client.desk.records import Record, RecordRooms
from clerk_client.desk.supervision import VoidDecided
from clerk_client.desk.void_reasons import VoidReasonInvalid
from clerk_client.desk.voiding import (
    AcceptanceUnknown,
    AcceptanceVoid,
    ApprovalHallAway,
    ApprovalNotSupervisor,
    CategorySame,
    VoidNotRequested,
    VoidWaiting,
)
from clerk_client.domain.cases import Category
from clerk_client.hall_link.errors import HallUnavailable
from clerk_client.journal.day_sheet import Delivered, Paper, VoidState
from clerk_client.parts import Parts
from clerk_client.wire.lines import Kind
from tests.end2end.test_main_job import form
from tests.helpers.station import CLERK, SUPERVISOR, Station, opened_key

REASON = "选错了事项"


@pytest.fixture
def parts(station: Station) -> Iterator[Parts]:
    with station.opened() as opened_parts:
        yield opened_parts


@pytest.fixture
def desk(parts: Parts) -> Desk:
    """With 张丽 signed in."""
    desk = parts.desk()
    desk.sign_in(opened_key(parts, CLERK.name, "123456"))
    return desk


@pytest.fixture
def rooms(parts: Parts, desk: Desk) -> RecordRooms:
    assert desk.session
    return record_rooms(parts)


@pytest.fixture
def number(desk: Desk) -> str:
    """Of an acceptance that stands."""
    return desk.accept(form(desk.choose("GA-LG"))).number


def the_record(rooms: RecordRooms, today: date) -> Record:
    (record,) = rooms.records.of_day(today)
    return record


def kinds(parts: Parts) -> list[tuple[str, str]]:
    """Acts of the journal, and who signed them."""
    heads = [line.head for line in parts.journal().lines()]
    return [(head.kind, head.clerk) for head in heads if Kind(head.kind).is_act]


def sent(parts: Parts) -> tuple[int, int]:
    """Lines left waiting and refused after a pass."""
    delivery = parts.delivery()
    found = delivery.deliver()
    delivery.close()
    return found.waiting, found.refused


def test_void_approved_by_the_key_beside_counts_no_more_and_the_clerk_stays_signed_in(
    station: Station, parts: Parts, desk: Desk, rooms: RecordRooms, number: str
) -> None:
    token = parts.credentials().token
    rooms.voiding.request(number, f"  {REASON} ")
    record = the_record(rooms, station.today)
    assert (record.void, record.void_reason) == (VoidState.REQUESTED, REASON)
    key = opened_key(parts, SUPERVISOR.name, "654321")
    rooms.voiding.approve_beside(number, key)
    key.close()
    assert kinds(parts) == [
        ("accepted", "W01"),
        ("void_requested", "W01"),
        ("void_approved", "S01"),
    ]
    assert the_record(rooms, station.today).void is VoidState.APPROVED
    assert parts.credentials().token == token
    assert desk.session.clerk.code == "W01"
    assert sent(parts) == (0, 0)
    assert desk.tally().of(Category.HALL_PENDING) == 0
    # The second session is over, the clerk's is not.
    assert station.at_hall("SELECT clerk FROM tokens") == [("W01",)]
    with pytest.raises(AcceptanceVoid):
        rooms.records.acceptance(number)
    with pytest.raises(AcceptanceVoid):
        rooms.voiding.request(number, REASON)
    with pytest.raises(AcceptanceVoid):
        rooms.voiding.correct(number, Category.DEPARTMENT_INTERNAL)


def test_clerks_own_key_and_a_plain_clerks_approve_nothing(
    station: Station, parts: Parts, desk: Desk, rooms: RecordRooms, number: str
) -> None:
    rooms.voiding.request(number, REASON)
    with pytest.raises(ApprovalNotSupervisor):
        rooms.voiding.approve_beside(number, desk.key)
    station.at_hall("UPDATE clerks SET role = 'clerk' WHERE code = 'S01'")
    with pytest.raises(ApprovalNotSupervisor):
        rooms.voiding.approve_beside(number, opened_key(parts, SUPERVISOR.name, "654321"))
    station.at_hall("UPDATE clerks SET role = 'supervisor' WHERE code = 'W01'")
    with pytest.raises(ApprovalOwnKey):
        rooms.voiding.approve_beside(number, desk.key)
    assert [kind for kind, _ in kinds(parts)] == ["accepted", "void_requested"]
    assert the_record(rooms, station.today).void is VoidState.REQUESTED


def test_without_the_hall_a_request_waits_and_no_second_key_is_believed(
    station: Station, parts: Parts, rooms: RecordRooms, number: str
) -> None:
    station.hall.kill()
    rooms.voiding.request(number, REASON)
    (*_, line) = parts.journal().lines()
    assert line.head.decided_offline
    with pytest.raises(ApprovalHallAway):
        rooms.voiding.approve_beside(number, opened_key(parts, SUPERVISOR.name, "654321"))
    with pytest.raises(HallUnavailable):
        rooms.approvals.waiting()
    station.hall.start()
    assert sent(parts) == (0, 0)


def test_request_needs_a_reason_an_acceptance_and_no_other_request(
    rooms: RecordRooms, number: str
) -> None:
    for reason in ("", " \n ", "改" * 201):
        with pytest.raises(VoidReasonInvalid):
            rooms.voiding.request(number, reason)
    with pytest.raises(AcceptanceUnknown):
        rooms.voiding.request("44200020261000000000", REASON)
    rooms.voiding.request(number, REASON)
    for again in (
        lambda: rooms.voiding.request(number, REASON),
        lambda: rooms.voiding.correct(number, Category.DEPARTMENT_INTERNAL),
    ):
        with pytest.raises(VoidWaiting):
            again()


def test_corrected_category_is_counted_and_the_number_stays(
    station: Station, parts: Parts, desk: Desk, rooms: RecordRooms, number: str
) -> None:
    with pytest.raises(CategorySame):
        rooms.voiding.correct(number, Category.HALL_PENDING)
    rooms.voiding.correct(number, Category.DEPARTMENT_INTERNAL)
    record = the_record(rooms, station.today)
    assert record.category is Category.DEPARTMENT_INTERNAL
    assert record.first_category is Category.HALL_PENDING
    assert sent(parts) == (0, 0)
    tally = desk.tally()
    assert tally.of(Category.HALL_PENDING) == 0
    assert tally.of(Category.DEPARTMENT_INTERNAL) == 1
    with pytest.raises(VoidNotRequested):
        rooms.voiding.approve_beside(number, opened_key(parts, SUPERVISOR.name, "654321"))


@pytest.mark.parametrize("hall_is_there", [True, False], ids=["online", "away"])
def test_supervisor_decides_at_a_station_of_their_own(
    station: Station, parts: Parts, desk: Desk, rooms: RecordRooms, number: str, hall_is_there: bool
) -> None:
    rooms.voiding.request(number, REASON)
    assert sent(parts) == (0, 0)
    desk.sign_out()
    desk.sign_in(opened_key(parts, SUPERVISOR.name, "654321"))
    (waiting,) = rooms.approvals.waiting()
    assert (waiting.number, waiting.reason) == (number, REASON)
    assert (waiting.requested_by_name, waiting.matter_name) == ("张丽", "旅馆业特种行业许可")
    if not hall_is_there:
        station.hall.kill()
    with pytest.raises(VoidReasonInvalid):
        rooms.approvals.decide(waiting, is_approved=False)
    rooms.approvals.decide(waiting, is_approved=True)
    with pytest.raises(VoidDecided):
        rooms.approvals.decide(waiting, is_approved=False, reason="受理无误")
    (*_, line) = parts.journal().lines()
    assert line.body["request"] == waiting.request
    assert line.head.decided_offline is not hall_is_there
    if not hall_is_there:
        station.hall.start()
    else:
        # On its way, and not asked about a second time.
        assert rooms.approvals.waiting() == ()
    assert sent(parts) == (0, 0)
    assert desk.tally().of(Category.HALL_PENDING) == 0


def test_clerk_learns_that_a_void_was_approved_elsewhere(
    station: Station, parts: Parts, rooms: RecordRooms, number: str
) -> None:
    """What another station's line does at the hall, written there past the service."""
    rooms.voiding.request(number, REASON)
    assert sent(parts) == (0, 0)
    assert not rooms.records.learn_decisions(rooms.records.of_day(station.today))
    station.at_hall("UPDATE voids SET is_waiting = 0, approved_by = 'another line'")
    assert rooms.records.learn_decisions(rooms.records.of_day(station.today))
    assert the_record(rooms, station.today).void is VoidState.APPROVED
    with pytest.raises(AcceptanceVoid):
        rooms.records.acceptance(number)


def test_clerk_learns_that_a_void_was_declined_elsewhere_and_may_ask_again(
    station: Station, parts: Parts, rooms: RecordRooms, number: str
) -> None:
    rooms.voiding.request(number, REASON)
    assert sent(parts) == (0, 0)
    station.at_hall("UPDATE voids SET is_waiting = 0, declined_by = 'another line'")
    assert rooms.records.learn_decisions(rooms.records.of_day(station.today))
    assert the_record(rooms, station.today).void is VoidState.DECLINED
    rooms.voiding.request(number, REASON)
    assert sent(parts) == (0, 0)
    assert the_record(rooms, station.today).void is VoidState.REQUESTED


def test_refused_line_is_told_with_its_code_and_holds_up_nothing(
    station: Station, parts: Parts, rooms: RecordRooms, number: str
) -> None:
    station.at_hall("UPDATE matters SET code = 'GA-LG-2' WHERE code = 'GA-LG'")
    rooms.voiding.request(number, REASON)
    assert sent(parts) == (0, 2)
    asked, accepted = rooms.records.refused()
    assert (asked.kind, asked.code) == (Kind.VOID_REQUESTED, "NUMBER_UNKNOWN")
    assert (accepted.kind, accepted.code) == (Kind.ACCEPTED, "MATTER_UNKNOWN")
    record = the_record(rooms, station.today)
    assert (record.delivered, record.code) == (Delivered.REFUSED, "MATTER_UNKNOWN")


def test_receipt_is_printed_again_from_the_journal_alone(
    station: Station, parts: Parts, rooms: RecordRooms, number: str
) -> None:
    assert the_record(rooms, station.today).paper is Paper.UNPRINTED
    first = parts.paperwork().print_receipt(rooms.records.acceptance(number))
    copy = parts.paperwork().print_receipt(rooms.records.acceptance(number), again=True)
    assert (first.reprint, copy.reprint) == (0, 1)
    record = the_record(rooms, station.today)
    assert (record.paper, record.reprints) == (Paper.PRINTED, 1)


def test_start_tells_once_what_the_run_before_left(station: Station) -> None:
    with station.opened() as parts:
        parts.desk().sign_in(opened_key(parts, CLERK.name, "123456"))
        parts.desk().accept(form(parts.desk().choose("GA-LG")))
    with station.opened() as parts:
        parts.desk().sign_in(opened_key(parts, CLERK.name, "123456"))
        start = record_rooms(parts).start
        report = start.report()
        assert report is not None
        told = {noticed.code: noticed.count for noticed in report.notices}
        assert told["RECOVERED_UNPRINTED"] == 1
        assert report.day == station.today
        assert start.report() is None
