"""Captured material on its way to the real hall: before its record, and again when it is lost."""

import hashlib
import io
import logging
from collections.abc import Iterator
from contextlib import closing

import pytest
from PIL import Image

from clerk_client.domain.clock import SystemClock
from clerk_client.journal.attachments import Attachments
from clerk_client.journal.delivery import Delivery
from clerk_client.journal.store import Entry
from clerk_client.parts import Parts
from clerk_client.wire.lines import Kind, Line
from tests.helpers.station import Station, opened_key

NOW = SystemClock().now


@pytest.fixture
def parts(station: Station) -> Iterator[Parts]:
    with station.opened() as opened_parts:
        opened_parts.desk().sign_in(opened_key(opened_parts, "张丽", "123456"))
        yield opened_parts


@pytest.fixture
def delivery(parts: Parts) -> Iterator[Delivery]:
    with closing(parts.delivery()) as made:
        yield made


def jpeg(colour: str, side: int = 40) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(file, "JPEG")
    return file.getvalue()


def deposit(parts: Parts, *contents: bytes) -> Line:
    """收件 of what was photographed."""
    attachments, desk = Attachments(parts.journal()), parts.desk()
    kept = [attachments.keep_attachment(each, "image/jpeg", NOW()) for each in contents]
    body = {"attachments": [{"sha256": each} for each in kept]}
    entry = Entry(Kind.DEPOSITED, NOW(), body, matter="GA-LG")
    return parts.journal().append(entry, desk.session.writer, desk.key)


def at_hall(station: Station) -> set[str]:
    return {row[0] for row in station.at_hall("SELECT sha256 FROM attachments")}


def test_what_was_photographed_is_at_the_hall_before_the_record_that_names_it(
    station: Station, parts: Parts, delivery: Delivery
) -> None:
    pages = jpeg("white"), jpeg("gray")
    line = deposit(parts, *pages)
    assert delivery.deliver().waiting == 0
    assert at_hall(station) == {hashlib.sha256(each).hexdigest() for each in pages}
    tied = station.at_hall("SELECT count(*) FROM line_attachments WHERE key = ?", line.head.key)
    assert tied == [(2,)]


def test_largest_picture_passes(station: Station, parts: Parts, delivery: Delivery) -> None:
    page = jpeg("white")
    # What stands behind a picture's end is no part of it.
    deposit(parts, page + bytes(10_485_760 - len(page)))
    assert (delivery.deliver().waiting, len(at_hall(station))) == (0, 1)


def test_hall_that_lost_a_picture_gets_it_again(
    station: Station, parts: Parts, delivery: Delivery, caplog: pytest.LogCaptureFixture
) -> None:
    page = jpeg("white")
    deposit(parts, page)
    # As after a restore: the hall said once that it has it, and has it no more.
    Attachments(parts.journal()).note_sent(hashlib.sha256(page).hexdigest(), NOW())
    assert delivery.deliver().waiting == 0
    assert len(at_hall(station)) == 1
    assert not caplog.records or all(r.levelno < logging.ERROR for r in caplog.records)


def test_what_the_hall_does_not_take_is_told_and_holds_up_only_what_comes_after(
    station: Station, parts: Parts, delivery: Delivery
) -> None:
    logging.disable(logging.ERROR)
    try:
        good = deposit(parts, jpeg("white"))
        deposit(parts, b"MZ no picture")
        standing = delivery.deliver()
    finally:
        logging.disable(logging.NOTSET)
    assert (standing.waiting, standing.blocked_code) == (1, "ATTACHMENT_KIND")
    assert parts.journal().standing_of(good.head.seq).state.value == "settled"
    # What is fetched does not wait for what is sent.
    assert parts.kept().fetched_at("kept-trust") is not None
