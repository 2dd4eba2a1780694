"""The window without the hall, and what the hall gets once it is back."""

import base64
import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clerk_client.desk.desk import Desk
from clerk_client.desk.forms import Form, Found
from clerk_client.desk.session import SessionWatch
from clerk_client.desk.stock import Stock
from clerk_client.domain.cases import Category
from clerk_client.domain.errors import AppointmentUsed, TicketUsed
from clerk_client.domain.numbers import is_official_number, is_provisional_number
from clerk_client.domain.people import DocumentType
from clerk_client.hall_link.errors import HallUnavailable
from clerk_client.journal.errors import JournalBehind
from clerk_client.parts import Parts
from tests.helpers.station import CLERK, Station, opened_key
from ukey.errors import CertificateRevoked

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


def form(found: Found) -> Form:
    return Form(
        found,
        found.matters[0],
        Category.HALL_PENDING,
        DocumentType.RESIDENT_ID,
        "欧阳小满",
        NUMBER,
    )


def test_todays_appointments_are_known_without_the_hall(station: Station, desk: Desk) -> None:
    station.hall.kill()
    found = desk.by_appointment("yy0001")
    assert found.appointment is not None
    assert (found.appointment.applicant_name, found.notices) == ("张三", ("FROM_KEPT",))
    assert dict(found.facts)["minutes"] == "0"
    assert desk.accept(form(found)).decided_offline
    with pytest.raises(AppointmentUsed):
        desk.by_appointment("YY0001")
    # Not of today, so not kept: the page leads on by the search.
    with pytest.raises(HallUnavailable):
        desk.by_appointment("YY0004")


def test_ticket_that_cannot_be_looked_up_leads_on_with_its_number_recorded(
    station: Station, parts: Parts, desk: Desk
) -> None:
    station.hall.kill()
    held = desk.begin("A023")
    assert (held.matters, held.notices) == ((), ("TICKET_NOT_CHECKED",))
    found = desk.choose("GA-LG").for_ticket_of(held)
    acceptance = desk.accept(form(found))
    assert (acceptance.ticket_number, acceptance.decided_offline) == ("A023", True)
    line = parts.journal().accepted(acceptance.number)
    assert line is not None
    assert (line.body["ticket"]["number"], line.body["ticket_checked"]) == ("A023", False)
    with pytest.raises(TicketUsed):
        desk.accept(form(desk.choose("GA-LG").for_ticket_of(desk.begin("A023"))))


def test_ticket_that_was_used_up_here_is_refused_without_the_hall(
    station: Station, desk: Desk
) -> None:
    desk.accept(form(desk.begin("A023")))
    station.hall.kill()
    with pytest.raises(TicketUsed):
        desk.begin("A023")


def test_numbers_that_run_out_without_the_hall_are_provisional_and_settled_later(
    station: Station, parts: Parts, desk: Desk
) -> None:
    delivery = parts.delivery()
    delivery.deliver()
    station.hall.kill()
    matter = desk.choose("GA-LG")
    left = parts.journal().numbers_left(station.today.year)
    numbers = [desk.accept(form(matter)).number for _ in range(left + 2)]
    assert all(is_official_number(number) for number in numbers[:left])
    assert all(is_provisional_number(number) for number in numbers[left:])
    assert not delivery.deliver().hall_reachable
    station.hall.start()
    standing = delivery.deliver()
    assert (standing.waiting_acceptances, standing.refused) == (0, 0)
    assert standing.made_up == len(numbers)
    assert is_official_number(parts.journal().official_of(numbers[-1]))
    delivery.close()


def test_form_that_is_submitted_twice_is_accepted_once(parts: Parts, desk: Desk) -> None:
    filled = form(desk.choose("GA-LG"))
    first = desk.accept(filled)
    # Its answer got lost on the way to the page; the clerk may have gone on typing.
    assert desk.accept(replace(filled, name="欧阳小")) == first
    assert first.key == filled.key
    assert [line.head.kind for line in parts.journal().lines()] == ["leased", "accepted"]


def test_locked_clerk_is_told_at_the_next_look_and_an_absent_hall_tells_nothing(
    station: Station, parts: Parts, desk: Desk
) -> None:
    watch = parts.session_watch()
    assert watch.look() is None
    station.at_hall("UPDATE clerks SET role = 'supervisor' WHERE code = ?", CLERK.code)
    changed = watch.look()
    assert changed is not None
    assert changed.code == "ROLE_CHANGED"
    station.at_hall("UPDATE clerks SET role = 'clerk', locked = 1 WHERE code = ?", CLERK.code)
    ended = watch.look()
    assert ended is not None
    assert ended.code == "CLERK_LOCKED"
    station.hall.kill()
    assert watch.look() is None
    watch.close()


def test_station_put_back_from_an_image_starts_a_new_journal(station: Station) -> None:
    with station.opened() as parts:
        parts.desk().sign_in(opened_key(parts, "张丽", "123456"))
        parts.delivery().deliver()
        before = parts.journal().id
    image = Path(station.folder / "image")
    shutil.copytree(station.folder / "journal", image)
    with station.opened() as parts:
        desk = parts.desk()
        desk.sign_in(opened_key(parts, "张丽", "123456"))
        desk.accept(form(desk.choose("GA-LG")))
        parts.delivery().deliver()
    shutil.rmtree(station.folder / "journal")
    shutil.copytree(image, station.folder / "journal")
    with station.opened() as parts:
        desk = parts.desk()
        desk.sign_in(opened_key(parts, "张丽", "123456"))
        with pytest.raises(JournalBehind):
            desk.accept(form(desk.choose("GA-LG")))
    with station.opened() as parts:
        assert parts.journal().id != before
        desk = parts.desk()
        desk.sign_in(opened_key(parts, "张丽", "123456"))
        acceptance = desk.accept(form(desk.choose("GA-LG")))
        assert parts.delivery().deliver().waiting == 0
    held = station.at_hall("SELECT count(*) FROM lines WHERE key = ?", acceptance.key)
    assert held == [(1,)]


def test_key_that_the_hall_took_back_is_refused_before_its_pin_at_the_next_start(
    station: Station,
) -> None:
    with station.opened() as parts:
        certificate = opened_key(parts, "张丽", "123456").certificate
        assert parts.unfit(certificate) is None
        parts.desk().sign_in(opened_key(parts, "张丽", "123456"))
        crl = station.authority.revocation_list([x509.load_der_x509_certificate(certificate.der)])
        answer = parts.client().trust()
        lists = [base64.b64encode(crl.public_bytes(Encoding.DER)).decode()]
        parts.kept().keep_trust(
            answer.model_copy(update={"revocation_lists": lists}), parts.clock.now()
        )
    station.hall.kill()
    with station.opened() as parts:
        assert parts.unfit(certificate) is None
        parts.desk().prepare()
        unfit = parts.unfit(certificate)
        assert isinstance(unfit, CertificateRevoked)
        with pytest.raises(CertificateRevoked):
            parts.desk().sign_in(opened_key(parts, "张丽", "123456"))


def test_age_of_what_is_kept_is_told(station: Station, parts: Parts) -> None:
    def told() -> dict[str, str]:
        found = [check for checks in parts.diagnosis().checks() for check in checks]
        return {check.code: check.severity for check in found if check.subject == "offline"}

    assert told() == {
        "KEPT_CATALOGUE_NONE": "warning",
        "KEPT_APPOINTMENTS_NONE": "warning",
        "KEPT_TRUST_NONE": "warning",
        "NUMBERS_NONE_IN_HAND": "warning",
        "WORKDAYS_NOT_KEPT": "warning",
    }
    parts.desk().sign_in(opened_key(parts, "张丽", "123456"))
    station.hall.kill()
    after = told()
    kept = ("KEPT_CATALOGUE", "KEPT_APPOINTMENTS", "KEPT_TRUST", "NUMBERS_IN_HAND")
    assert {code: after[code] for code in kept} == dict.fromkeys(kept, "ok")


def test_station_tells_of_itself_after_sign_in_and_when_a_device_changes(
    station: Station, parts: Parts
) -> None:
    def reports() -> list[dict[str, Any]]:
        rows = station.at_hall("SELECT content FROM station_reports")
        return [json.loads(content) for (content,) in rows]

    delivery = parts.delivery()
    delivery.deliver()
    assert reports() == []
    parts.desk().sign_in(opened_key(parts, "张丽", "123456"))
    delivery.deliver()
    (first,) = reports()
    assert (first["journal"], first["lines"]) == (parts.journal().id, 1)
    assert (first["waiting"], first["devices"], len(first["drivers"])) == (0, [], 1)
    assert first["numbers_left"] == parts.journal().numbers_left(station.today.year)
    assert "张丽" not in json.dumps(first, ensure_ascii=False)
    parts.devices.note("camera", "error", "CAMERA_ABSENT")
    station.at_hall("DELETE FROM station_reports")
    delivery.deliver()
    (second,) = reports()
    assert second["devices"] == [
        {"subject": "camera", "severity": "error", "code": "CAMERA_ABSENT"}
    ]
    station.at_hall("DELETE FROM station_reports")
    delivery.deliver()
    assert reports() == []
    delivery.close()


def test_lease_whose_answer_was_lost_burns_no_numbers(station: Station, parts: Parts) -> None:
    parts.desk().sign_in(opened_key(parts, "张丽", "123456"))
    journal, size = parts.journal(), parts.settings.lease_size
    # As `Stock.lease` asks; the answer never came to the journal.
    key = uuid.uuid5(uuid.UUID(journal.id), f"lease {journal.leases()} {size}")
    lost = parts.client().lease(journal.id, str(key), size)
    parts.stock().lease(parts.client(), parts.desk().session.writer)
    assert station.at_hall("SELECT count(*) FROM leases WHERE key = ?", str(key)) == [(1,)]
    assert station.at_hall("SELECT max(last) FROM leases") == [(lost.last,)]


def test_look_that_was_overtaken_by_another_sign_in_ends_nobodys_session(
    station: Station, parts: Parts, desk: Desk
) -> None:
    before = desk.session
    station.at_hall("UPDATE clerks SET locked = 1 WHERE code = ?", CLERK.code)
    sessions = iter((before, replace(before, token_id="another")))
    watch = SessionWatch(parts.client(), parts.credentials(), lambda: next(sessions))
    assert watch.look() is None
    watch.close()


def test_clock_of_another_year_does_not_burn_the_halls_numbers(
    station: Station, parts: Parts, desk: Desk
) -> None:
    class LastYear:
        def now(self) -> datetime:
            return parts.clock.now() - timedelta(days=400)

    stock = Stock(
        journal=parts.journal(),
        catalogue=parts.catalogue(),
        kept=parts.kept(),
        station_key=parts.station_key(),
        clock=LastYear(),
        lease_size=parts.settings.lease_size,
    )
    for _ in range(4):
        stock.top_up(parts.client(), desk.session.writer)
    # One at the sign-in; one by which the wrong clock learns the hall's year.
    assert station.at_hall("SELECT count(*) FROM leases") == [(2,)]
