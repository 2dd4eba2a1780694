"""The main job without a window: key, hall, journal, paper; what is online, offline and refused."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from clerk_client.demo.hall_process import hall_command
from clerk_client.desk.desk import Desk
from clerk_client.desk.forms import Form, Found
from clerk_client.domain.cases import Acceptance, Category, LookUp
from clerk_client.domain.clock import SystemClock, hall_day
from clerk_client.domain.errors import (
    AppointmentUsed,
    CategoryMissing,
    DocumentCheckCharacterWrong,
    MatterSuspended,
    NotATicket,
    SlipWithoutTicket,
    TicketCancelled,
    TicketOfAnotherDay,
    TicketPassed,
    TicketUsed,
)
from clerk_client.domain.people import DocumentType
from clerk_client.domain.tickets import TicketReference, ticket_text
from clerk_client.hall_link.errors import HallRefused, HallUnavailable
from clerk_client.journal.errors import JournalNotWritable
from clerk_client.parts import Parts
from clerk_client.settings import SettingsBroken, load_settings
from clerk_client.wire.lines import Kind, line_from_json, parsed_export
from clerk_client.wire.receipt_code import opened
from clerk_client.wire.verify import chain_faults
from tests.helpers.small_hall import HALL
from tests.helpers.station import Station, code_on, opened_key, text_of

NUMBER = "11010519491231002X"  # GB 11643's own example


@pytest.fixture
def parts(station: Station) -> Iterator[Parts]:
    with station.opened() as opened_parts:
        yield opened_parts


@pytest.fixture
def desk(parts: Parts) -> Desk:
    """With 张丽 signed in."""
    desk = parts.desk()
    desk.sign_in(opened_key(parts, "张丽", "123456"))
    return desk


def form(found: Found, number: str = NUMBER, category: Category | None = None) -> Form:
    matter = found.matters[0]
    return Form(
        found,
        matter,
        category or Category.HALL_PENDING,
        DocumentType.RESIDENT_ID,
        "欧阳小满",
        number,
        "13800000000",
    )


def records(station: Station) -> list[tuple[str, str]]:
    """(outcome, code) of the acceptances that the hall holds."""
    query = "SELECT outcome, code FROM lines WHERE kind = 'accepted' ORDER BY seq"
    return station.at_hall(query)


def test_clerk_accepts_by_ticket_and_hands_over_a_receipt(
    station: Station, parts: Parts, desk: Desk
) -> None:
    assert (desk.session.clerk.name, desk.session.window.code) == ("张丽", "2B12")
    reference = TicketReference(HALL, station.today, "A023")
    found = desk.begin(ticket_text(reference))
    assert found.appointment is not None
    assert (found.look_up, found.appointment.number) == (LookUp.TICKET, "YY0001")
    acceptance = desk.accept(form(found))
    receipt = parts.paperwork().print_receipt(acceptance)
    desk.hand_over(acceptance.number)
    standing = parts.delivery().deliver()
    assert (standing.waiting, standing.refused, standing.hall_reachable) == (0, 0, True)
    _check_paper(Path(receipt.where), acceptance, parts)
    _check_record(station, acceptance, parts)
    assert desk.tally().of(Category.HALL_PENDING) == 1
    with pytest.raises(TicketUsed):
        desk.begin("A023")


def _check_paper(pdf: Path, acceptance: Acceptance, parts: Parts) -> None:
    text = text_of(pdf)
    for words in (
        acceptance.number,
        "欧阳小满",
        acceptance.matter_name,
        "张丽",
        "1101**********002X",
    ):
        assert words in text, words
    assert NUMBER not in text
    code = opened(code_on(pdf), parts.station_key().public)
    assert (code.number, code.line_hash) == (acceptance.number, acceptance.line_hash)


def _check_record(station: Station, acceptance: Acceptance, parts: Parts) -> None:
    """The hall holds the very bytes that the key signed, and the whole chain verifies."""
    ((head, body),) = station.at_hall("SELECT head, body FROM lines WHERE key = ?", acceptance.key)
    own = next(line for line in parts.journal().lines() if line.head.key == acceptance.key)
    assert own.head.canonical().decode() == head
    assert '"document_number":"11010519491231002X"' in body
    from cryptography import x509

    certificate = x509.load_der_x509_certificate(parts.desk().session.certificate.der)
    keys = {
        parts.desk().session.certificate.sha256: certificate.public_key(),
        parts.station_key().cert_sha256: parts.station_key().public,
    }
    lines = [parsed_export(line.canonical()) for line in parts.journal().lines()]
    assert [line.head.kind for line in lines] == ["leased", "accepted", "printed", "handed_over"]
    assert not list(chain_faults(lines, lambda line: keys.get(line.head.cert_sha256)))


def test_clerk_accepts_by_appointment_number(desk: Desk, station: Station) -> None:
    found = desk.by_appointment(" yy０００1 ")
    assert found.look_up is LookUp.APPOINTMENT
    assert desk.accept(form(found)).appointment_number == "YY0001"


@pytest.mark.parametrize("typed", ["旅馆", "lvguan", "lg", "GA-LG", "ga-lg", "旅馆 许可"])
def test_clerk_finds_a_matter_by_characters_pinyin_initials_and_code(
    desk: Desk, typed: str
) -> None:
    assert "GA-LG" in [matter.code for matter in desk.search(typed)][:3]


def test_a_parent_matter_leads_to_its_children(desk: Desk) -> None:
    found = desk.choose("SC-QY")
    assert [matter.code for matter in found.matters] == ["SC-QY-1", "SC-QY-2"]


def test_with_the_hall_stopped_the_acceptance_stands_and_is_delivered_later(
    desk: Desk, station: Station, parts: Parts
) -> None:
    delivery = parts.delivery()
    station.hall.kill()
    assert desk.begin("A023").notices == ("TICKET_NOT_CHECKED",)
    acceptance = desk.accept(form(desk.choose("GA-LG")))
    assert acceptance.decided_offline
    receipt = parts.paperwork().print_receipt(acceptance)
    assert "离线" in text_of(Path(receipt.where))
    standing = delivery.deliver()
    assert (standing.waiting, standing.hall_reachable) == (3, False)
    assert records(station) == []
    station.hall.start()
    standing = delivery.deliver()
    assert (standing.waiting, standing.refused, standing.hall_reachable) == (0, 0, True)
    assert records(station) == [("settled", "")]
    delivery.deliver()
    assert records(station) == [("settled", "")]
    delivery.close()


def test_what_was_accepted_offline_survives_a_restart_of_the_client(station: Station) -> None:
    with station.opened() as parts:
        parts.desk().sign_in(opened_key(parts, "张丽", "123456"))
        station.hall.kill()
        number = parts.desk().accept(form(parts.desk().choose("GA-LG"))).number
    station.hall.start()
    with station.opened() as parts:
        parts.desk().sign_in(opened_key(parts, "张丽", "123456"))
        assert parts.delivery().deliver().waiting == 0
        following = parts.desk().accept(form(parts.desk().choose("GA-LG"))).number
    assert number < following
    assert records(station) == [("settled", "")]


def test_two_matters_on_one_ticket_are_both_accepted_and_neither_twice(
    desk: Desk, parts: Parts
) -> None:
    both = desk.begin("A024")
    assert [matter.code for matter in both.matters] == ["GA-SF", "SC-QY-1"]
    desk.accept(form(both))
    with pytest.raises(TicketUsed):
        desk.accept(form(both))
    parts.delivery().deliver()
    rest = desk.begin("A024")
    assert [matter.code for matter in rest.matters] == ["SC-QY-1"]
    desk.accept(form(rest))
    parts.delivery().deliver()
    with pytest.raises(TicketUsed):
        desk.begin("A024")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("https://example.invalid", NotATicket),
        ("A001", TicketUsed),
        ("A002", TicketCancelled),
        ("A003", TicketPassed),
    ],
)
def test_each_unusable_ticket_is_refused_with_its_own_reason(
    desk: Desk, text: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        desk.begin(text)


def test_a_ticket_is_found_by_whatever_code_a_machine_prints(desk: Desk, station: Station) -> None:
    day = station.today.isoformat()
    address = f"https://hall.example.invalid/t?number=A023&day={day}&hall={HALL}"
    for text in (address, f"number=A023;day={day}", "ａ023"):
        found = desk.begin(text)
        assert found.ticket is not None
        assert found.ticket.reference == TicketReference(HALL, station.today, "A023")


def test_an_applicants_slip_leads_to_its_appointment_or_says_what_it_is(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    slip = "申报号：SB2026112200017；查询密码：x7Kp2m"
    with caplog.at_level("DEBUG"):
        found = desk.begin(f"{slip}；预约号：YY0001")
        assert found.appointment is not None
        assert found.appointment.number == "YY0001"
        with pytest.raises(SlipWithoutTicket) as caught:
            desk.begin(slip)
    assert caught.value.case == "SB2026112200017"
    assert "x7Kp2m" not in caplog.text + str(caught.value) + repr(found)


def test_a_station_reads_the_formats_of_its_settings(station: Station) -> None:
    own = """
[[ticket]]
name = "绿码"
pattern = 'G-(?P<number>[A-Z][0-9]{3})'
examples = [{ text = "G-A023", number = "A023" }]
"""
    kept = station.settings.read_text(encoding="utf-8")
    station.settings.write_text(kept + own, encoding="utf-8")
    with station.opened() as parts:
        desk = parts.desk()
        desk.sign_in(opened_key(parts, "张丽", "123456"))
        assert desk.begin("G-A023").ticket is not None
        with pytest.raises(NotATicket):
            desk.begin("A023")


def test_a_format_that_fails_its_example_is_told_before_anybody_signs_in(station: Station) -> None:
    kept = station.settings.read_text(encoding="utf-8")
    own = (
        "\n[[ticket]]\nname = '绿码'\npattern = 'G(?P<number>.*)'\nexamples = [{ text = 'A023' }]\n"
    )
    station.settings.write_text(kept + own, encoding="utf-8")
    parts = Parts(load_settings(station.settings), SystemClock())
    with pytest.raises(SettingsBroken) as caught:
        parts.desk()
    parts.close()
    assert str(station.settings) == caught.value.path
    assert caught.value.reason.startswith("[[ticket]] 1 (绿码): example 1 does not fit the format")


def test_tomorrows_ticket_says_its_day(desk: Desk, station: Station) -> None:
    tomorrow = TicketReference(HALL, station.today + timedelta(days=1), "A023")
    with pytest.raises(TicketOfAnotherDay) as caught:
        desk.begin(ticket_text(tomorrow))
    assert caught.value.day == tomorrow.day.isoformat()


def test_a_ticket_unknown_to_the_hall_is_told(desk: Desk) -> None:
    with pytest.raises(HallRefused) as caught:
        desk.begin("Z999")
    assert caught.value.code == "TICKET_UNKNOWN"


def test_a_mistyped_number_or_missing_category_uses_no_acceptance_number(
    desk: Desk, parts: Parts
) -> None:
    found = desk.choose("GA-LG")
    year = hall_day(SystemClock().now()).year
    left = parts.journal().numbers_left(year)
    assert left > 0
    with pytest.raises(DocumentCheckCharacterWrong):
        desk.accept(form(found, "110105194912310021"))
    from dataclasses import replace

    with pytest.raises(CategoryMissing):
        desk.accept(replace(form(found), category=None))
    assert parts.journal().numbers_left(year) == left
    assert [line.head.kind for line in parts.journal().lines()] == ["leased"]


def test_a_suspended_matter_cannot_be_accepted(desk: Desk) -> None:
    (suspended,) = desk.search("高温津贴")
    with pytest.raises(MatterSuspended):
        desk.accept(form(desk.choose(suspended.code)))


def test_a_reprint_says_which_one_it_is_and_keeps_the_number(desk: Desk, parts: Parts) -> None:
    acceptance = desk.accept(form(desk.choose("GA-LG")))
    paperwork = parts.paperwork()
    first = paperwork.print_receipt(acceptance)
    again = paperwork.print_receipt(acceptance, again=True)
    assert (first.reprint, again.reprint) == (0, 1)
    assert "补打第1次" in text_of(Path(again.where))
    assert acceptance.number in text_of(Path(again.where))
    assert parts.journal().count(Kind.REPRINTED, acceptance.number) == 1


def test_a_spent_token_is_renewed_by_the_key_without_a_pin(desk: Desk, station: Station) -> None:
    station.at_hall("UPDATE tokens SET expires_at = '2020-01-01T00:00:00.000Z'")
    assert desk.begin("A025").matters


def test_same_key_resumes_its_session_without_the_hall_and_delivers_later(
    desk: Desk, parts: Parts, station: Station
) -> None:
    delivery = parts.delivery()
    before = desk.session
    station.hall.kill()
    desk.suspend()
    with pytest.raises(HallRefused):
        _ = desk.session
    assert delivery.deliver().hall_reachable is False
    session = desk.sign_in(opened_key(parts, "张丽", "123456"))
    assert session == before
    acceptance = desk.accept(form(desk.choose("GA-LG")))
    assert acceptance.decided_offline
    assert delivery.deliver().waiting == 2
    station.hall.start()
    standing = delivery.deliver()
    assert (standing.waiting, standing.refused, standing.hall_reachable) == (0, 0, True)
    assert records(station) == [("settled", "")]
    assert len(station.at_hall("SELECT * FROM tokens")) == 2  # of before the pull, and renewed
    assert desk.begin("A025").matters
    desk.sign_out()
    assert len(station.at_hall("SELECT * FROM tokens")) == 1
    delivery.close()


def test_a_resumed_session_can_be_suspended_and_resumed_again(
    desk: Desk, parts: Parts, station: Station
) -> None:
    station.hall.kill()
    for _ in range(2):
        desk.suspend()
        desk.sign_in(opened_key(parts, "张丽", "123456"))
    assert desk.session.clerk.code == "W01"


def test_with_the_hall_there_a_pulled_key_signs_in_as_ever(
    desk: Desk, parts: Parts, station: Station
) -> None:
    desk.suspend()
    assert station.at_hall("SELECT * FROM tokens") == []
    desk.sign_in(opened_key(parts, "张丽", "123456"))
    assert len(station.at_hall("SELECT * FROM tokens")) == 1
    # That one was signed out on purpose: nothing is left to be resumed.
    desk.sign_out()
    station.hall.kill()
    with pytest.raises(HallUnavailable):
        desk.sign_in(opened_key(parts, "张丽", "123456"))


def test_another_key_resumes_nobodys_session(desk: Desk, parts: Parts, station: Station) -> None:
    station.hall.kill()
    desk.suspend()
    other = opened_key(parts, "梁国辉", "654321")
    with pytest.raises(HallUnavailable):
        desk.sign_in(other)
    other.close()
    assert desk.sign_in(opened_key(parts, "张丽", "123456")).clerk.code == "W01"


def test_a_copied_certificate_resumes_nobodys_session(
    desk: Desk, parts: Parts, station: Station
) -> None:
    """Its private key is another one: the hall would see that, and so does the window."""
    station.hall.kill()
    copied = desk.session.certificate
    desk.suspend()
    key = opened_key(parts, "梁国辉", "654321")
    key.certificate = copied
    with pytest.raises(HallUnavailable):
        desk.sign_in(key)


def test_a_refusal_by_the_hall_ends_what_was_suspended(
    desk: Desk, parts: Parts, station: Station
) -> None:
    desk.suspend()
    station.at_hall("UPDATE clerks SET locked = 1")
    key = opened_key(parts, "张丽", "123456")
    with pytest.raises(HallRefused) as caught:
        desk.sign_in(key)
    assert caught.value.code == "CLERK_LOCKED"
    station.hall.kill()
    with pytest.raises(HallUnavailable):
        desk.sign_in(key)


def test_a_session_suspended_yesterday_is_not_resumed(station: Station) -> None:
    """Across the hall's midnight, by a clock that the test sets."""
    clock = SetClock()
    parts = Parts(load_settings(station.settings), clock)
    try:
        parts.desk().sign_in(opened_key(parts, "张丽", "123456"))
        station.hall.kill()
        parts.desk().suspend()
        clock.ahead = timedelta(days=1)
        with pytest.raises(HallUnavailable):
            parts.desk().sign_in(opened_key(parts, "张丽", "123456"))
    finally:
        parts.desk().close()
        parts.close()


class SetClock:
    """The system's, set ahead."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return SystemClock().now() + self.ahead


def test_a_second_client_of_the_same_station_is_refused(station: Station, parts: Parts) -> None:
    from clerk_client.journal.errors import JournalInUse
    from clerk_client.journal.opening import open_journal

    parts.journal()
    with pytest.raises(JournalInUse):
        open_journal(station.folder / "journal" / "journal.db", parts.settings.station)


def test_a_key_that_the_hall_does_not_know_signs_nobody_in(parts: Parts) -> None:
    with pytest.raises(HallRefused) as caught:
        parts.desk().sign_in(opened_key(parts, "黄生", "111111"))
    assert caught.value.code == "CLERK_UNKNOWN"
    assert not parts.credentials().token


def test_a_wire_line_has_the_final_shape(desk: Desk, parts: Parts) -> None:
    desk.accept(form(desk.choose("GA-LG")))
    line = list(parts.journal().lines())[-1].to_json()
    assert line_from_json(line).head.v == 1
    assert set(line["head"]) == {
        *("v", "journal", "seq", "prev", "key", "kind", "done_at", "clock_offset_ms"),
        *("decided_offline", "hall", "window", "clerk", "cert_sha256", "alg", "number"),
        *("category", "matter", "body_sha256"),
    }


def test_a_window_with_the_hall_up_never_runs_out_of_numbers(station: Station) -> None:
    text = station.settings.read_text(encoding="utf-8")
    station.settings.write_text(text.replace("[hall]", "[hall]\nlease_size = 2"), encoding="utf-8")
    with station.opened() as parts:
        desk = parts.desk()
        desk.sign_in(opened_key(parts, "张丽", "123456"))
        numbers = [desk.accept(form(desk.choose("GA-LG"))).number for _ in range(5)]
        assert len(set(numbers)) == 5
        assert parts.delivery().deliver().refused == 0


def test_a_delivery_pass_tops_up_the_numbers(desk: Desk, parts: Parts) -> None:
    year = hall_day(SystemClock().now()).year
    for _ in range(30):
        desk.accept(form(desk.choose("GA-LG")))
    assert parts.journal().numbers_left(year) == 20
    parts.delivery().deliver()
    assert parts.journal().numbers_left(year) == 70


def test_an_appointment_accepted_by_its_ticket_is_used(desk: Desk) -> None:
    """Before the hall was told: the window itself remembers both."""
    desk.accept(form(desk.begin("A023")))
    with pytest.raises(AppointmentUsed):
        desk.by_appointment("YY0001")


def test_after_signing_out_nothing_is_sent(desk: Desk, parts: Parts, station: Station) -> None:
    desk.accept(form(desk.choose("GA-LG")))
    desk.sign_out()
    standing = parts.delivery().deliver()
    assert (standing.waiting, standing.hall_reachable) == (2, True)
    assert records(station) == []


def test_a_sign_in_that_fails_half_way_leaves_nobody_signed_in(parts: Parts) -> None:
    """The journal takes no line: its connection is set to read only."""
    with parts.journal().changing() as connection:
        connection.execute("PRAGMA query_only = ON")
    with pytest.raises(JournalNotWritable):
        parts.desk().sign_in(opened_key(parts, "张丽", "123456"))
    assert not parts.credentials().token
    with pytest.raises(HallRefused):
        _ = parts.desk().session


def test_a_hall_restored_from_an_older_copy_gets_again_what_it_lost(
    desk: Desk, parts: Parts, station: Station, tmp_path: Path
) -> None:
    desk.accept(form(desk.choose("GA-LG")))
    parts.delivery().deliver()
    station.hall.stop()
    shutil.copy(station.hall.database_file, tmp_path / "backup")
    station.hall.start()
    desk.accept(form(desk.choose("GA-LG")))
    assert parts.delivery().deliver().waiting == 0
    station.hall.stop()
    for end in ("", "-wal", "-shm"):
        station.hall.database_file.with_name(f"hall.sqlite{end}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup", station.hall.database_file)
    assert hall_command("restored", "--database", station.hall.database).returncode == 0
    station.hall.start()
    assert len(records(station)) == 1
    desk.accept(form(desk.choose("GA-LG")))
    standing = parts.delivery().deliver()
    assert (standing.waiting, standing.refused, standing.blocked_code) == (0, 0, "")
    assert records(station) == [("settled", "")] * 3
