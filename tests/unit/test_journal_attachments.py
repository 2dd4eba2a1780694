"""Captured material waits encrypted in the journal until the hall has it and its record."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clerk_client.hall_link.station_key import StationKey
from clerk_client.journal.attachments import Attachments
from clerk_client.journal.errors import AttachmentAbsent, AttachmentTooLarge
from clerk_client.journal.opening import journal_with_key
from clerk_client.journal.store import Entry, Journal, Writer
from clerk_client.wire.attachments import LARGEST
from clerk_client.wire.lines import Kind, Line

KEY = bytes(range(32))
STATION = StationKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))
WRITER = Writer("442000", "B12", "ZS-0001", 0)
NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PAGE = b"%PDF-1.7 \xe6\xac\xa7\xe9\x98\xb3 consent"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = journal_with_key(tmp_path / "journal.db", KEY)
    yield made
    made.close()


@pytest.fixture
def attachments(journal: Journal) -> Attachments:
    return Attachments(journal)


def deposit(journal: Journal, *named: str) -> Line:
    body = {"attachments": [{"sha256": each, "name": "身份证"} for each in named]}
    return journal.append(Entry(Kind.DEPOSITED, NOON, body), WRITER, STATION)


def test_picture_is_kept_encrypted_and_once_however_often_it_is_taken(
    journal: Journal, attachments: Attachments, tmp_path: Path
) -> None:
    first = attachments.keep_attachment(PAGE, "application/pdf", NOON)
    assert attachments.keep_attachment(PAGE, "application/pdf", NOON) == first
    assert attachments.content(first) == PAGE
    assert attachments.unsent([first]) == [first]
    assert journal.fault is None
    assert not any(b"consent" in file.read_bytes() for file in tmp_path.iterdir())


def test_picture_of_ten_megabytes_is_kept_and_one_byte_more_is_not(
    attachments: Attachments,
) -> None:
    attachments.keep_attachment(bytes(LARGEST), "image/jpeg", NOON)
    with pytest.raises(AttachmentTooLarge):
        attachments.keep_attachment(bytes(LARGEST + 1), "image/jpeg", NOON)


def test_line_that_names_what_is_not_here_is_not_written(journal: Journal) -> None:
    with pytest.raises(AttachmentAbsent):
        deposit(journal, "0" * 64)
    assert journal.last_seq == 0


def test_picture_is_destroyed_a_week_after_the_hall_has_it_and_every_record_of_it(
    journal: Journal, attachments: Attachments
) -> None:
    kept = attachments.keep_attachment(PAGE, "application/pdf", NOON)
    first, second = deposit(journal, kept), deposit(journal, kept)
    attachments.note_sent(kept, NOON)
    journal.settle(first.head.seq)
    assert attachments.destroy_done(NOON + 30 * DAY) == 0
    journal.settle(second.head.seq)
    assert attachments.destroy_done(NOON + 6 * DAY) == 0
    assert attachments.destroy_done(NOON + 8 * DAY) == 1
    assert attachments.content(kept) is None


def test_picture_that_the_hall_never_got_is_never_destroyed_while_a_record_names_it(
    journal: Journal, attachments: Attachments
) -> None:
    kept = attachments.keep_attachment(PAGE, "application/pdf", NOON)
    journal.settle(deposit(journal, kept).head.seq)
    assert attachments.destroy_done(NOON + 365 * DAY) == 0


def test_picture_that_no_record_names_is_gone_the_next_day(attachments: Attachments) -> None:
    kept = attachments.keep_attachment(PAGE, "application/pdf", NOON)
    assert attachments.destroy_done(NOON + timedelta(hours=3)) == 0
    assert attachments.destroy_done(NOON + DAY) == 1
    assert attachments.content(kept) is None
