"""Lines on their way to the hall: each settled by its own answer, none given up, none twice."""

import logging
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clerk_client.domain.clock import SystemClock
from clerk_client.domain.numbers import official_number
from clerk_client.hall_link.client import Credentials, HallClient
from clerk_client.hall_link.station_key import StationKey
from clerk_client.journal.delivery import Delivery, Standing
from clerk_client.journal.errors import JournalBehind
from clerk_client.journal.falling_behind import ensure_not_behind
from clerk_client.journal.opening import journal_with_key
from clerk_client.journal.store import Entry, Journal, Writer
from clerk_client.wire.lines import Kind
from tests.helpers.odd_hall import Answer, Json, OddHall, odd_hall, problem

KEY = StationKey(Ed25519PrivateKey.generate())
WRITER = Writer("442000", "2B12", "C01", 0)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Most of these are about what is logged as a warning."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = journal_with_key(tmp_path / "journal.db", secrets.token_bytes(32))
    yield made
    made.close()


@pytest.fixture
def hall() -> Iterator[OddHall]:
    with odd_hall() as running:
        yield running


class Window:
    """A journal with lines in it, and its way to the hall."""

    def __init__(self, journal: Journal, hall: OddHall) -> None:
        self.journal, self.fetched = journal, 0
        credentials = Credentials()
        credentials.begin("token", lambda: "")
        url = f"http://127.0.0.1:{hall.port}"
        client = HallClient(url, KEY, credentials, SystemClock())
        self._delivery = Delivery(
            journal, client, credentials, self._fetch, lambda: WRITER, SystemClock()
        )

    def write(self, count: int) -> None:
        for _ in range(count):
            self.journal.append(Entry(Kind.LEASED, datetime.now(UTC), {}), WRITER, KEY)

    def deliver(self) -> Standing:
        return self._delivery.deliver()

    def _fetch(self, _: HallClient) -> None:
        self.fetched += 1


@pytest.fixture
def window(journal: Journal, hall: OddHall) -> Window:
    return Window(journal, hall)


def test_lines_go_out_oldest_first_and_each_once(window: Window, hall: OddHall) -> None:
    window.write(120)
    standing = window.deliver()
    assert (standing.waiting, standing.hall_reachable) == (0, True)
    assert [seq for batch in hall.batches for seq in batch] == list(range(1, 121))
    assert window.fetched == 1


def test_answer_that_is_lost_after_the_hall_stored_the_lines_changes_nothing(
    window: Window, hall: OddHall
) -> None:
    def hang_up_once(lines: list[Json]) -> Answer:
        hall.kept(lines)
        hall.odd = lambda _: None
        return 0, {}, {}

    hall.odd = hang_up_once
    window.write(3)
    standing = window.deliver()
    assert (standing.waiting, standing.hall_reachable) == (3, False)
    assert standing.away_since is not None
    # What is fetched does not wait for what is sent.
    assert window.fetched == 1
    assert window.deliver().waiting == 0
    assert sorted(hall.held) == [1, 2, 3]


@pytest.mark.parametrize("cut", [slice(0, 2), slice(1, None), slice(None, None, -1)])
def test_answers_for_other_lines_settle_nothing(window: Window, hall: OddHall, cut: slice) -> None:
    def mixed_up(lines: list[Json]) -> Answer:
        status, fields, headers = hall.kept(lines)
        return status, {**fields, "answers": fields["answers"][cut]}, headers

    hall.odd = mixed_up
    window.write(3)
    standing = window.deliver()
    assert (standing.waiting, standing.away_code) == (3, "HALL_GARBLED")
    hall.odd = lambda _: None
    assert window.deliver().waiting == 0


def test_more_answers_than_lines_settle_nothing(window: Window, hall: OddHall) -> None:
    def doubled(lines: list[Json]) -> Answer:
        status, fields, headers = hall.kept(lines)
        return status, {**fields, "answers": fields["answers"] * 2}, headers

    hall.odd = doubled
    window.write(1)
    assert window.deliver().waiting == 1


def test_batch_that_is_too_large_is_halved_until_it_passes(window: Window, hall: OddHall) -> None:
    hall.odd = lambda lines: problem(413, "REQUEST_TOO_LARGE") if len(lines) > 7 else None
    window.write(60)
    assert window.deliver().waiting == 0
    assert [len(batch) for batch in hall.batches[:4]] == [50, 25, 12, 6]


def test_one_odd_line_does_not_hold_up_those_before_it(window: Window, hall: OddHall) -> None:
    def odd_fifth(lines: list[Json]) -> Answer | None:
        is_in = any(line["head"]["seq"] == 5 for line in lines)
        return problem(422, "REQUEST_INVALID") if is_in else None

    hall.odd = odd_fifth
    window.write(8)
    standing = window.deliver()
    assert (sorted(hall.held), standing.waiting) == ([1, 2, 3, 4], 4)
    assert (standing.blocked_code, standing.refused) == ("REQUEST_INVALID", 0)
    hall.odd = lambda _: None
    standing = window.deliver()
    assert (standing.waiting, standing.blocked_code) == (0, "")


def test_hall_that_has_had_enough_is_left_alone_as_long_as_it_says(
    window: Window, hall: OddHall
) -> None:
    hall.odd = lambda _: problem(429, "RATE_LIMITED", Retry_After="40")
    window.write(1)
    standing = window.deliver()
    assert (standing.pause, standing.waiting, standing.hall_reachable) == (40, 1, True)


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_nothing_is_given_up_for_what_is_said_of_a_whole_request(
    window: Window, hall: OddHall, status: int
) -> None:
    hall.odd = lambda _: problem(status, "RIGHT_MISSING")
    window.write(2)
    standing = window.deliver()
    assert (standing.waiting, standing.refused) == (2, 0)
    assert standing.blocked_code == "RIGHT_MISSING"


def test_refused_line_is_counted_and_blocks_nobody(window: Window, hall: OddHall) -> None:
    def refuse_second(lines: list[Json]) -> Answer:
        status, fields, headers = hall.kept(lines)
        for line, answer in zip(lines, fields["answers"], strict=True):
            if line["head"]["seq"] == 2:
                answer |= {"outcome": "refused", "code": "NUMBER_TAKEN"}
        return status, fields, headers

    hall.odd = refuse_second
    window.write(4)
    standing = window.deliver()
    assert (standing.waiting, standing.refused, standing.blocked_code) == (0, 1, "")


def test_restored_hall_gets_again_what_it_lost_also_when_nothing_waits(
    journal: Journal, hall: OddHall
) -> None:
    window = Window(journal, hall)
    window.write(9)
    window.deliver()
    for seq in range(4, 10):
        del hall.held[seq]
    # As after a new start: compared in the first pass.
    assert Window(journal, hall).deliver().waiting == 0
    assert sorted(hall.held) == list(range(1, 10))


@pytest.mark.parametrize("kept", [1, 2])
def test_restored_hall_is_told_the_numbers_that_it_gave(
    window: Window, journal: Journal, hall: OddHall, kept: int
) -> None:
    first, second = (official_number("442000", 2026, epoch, 1) for epoch in (1, 2))

    def giving(lines: list[Json]) -> Answer:
        status, fields, headers = hall.kept(lines)
        for answer in fields["answers"]:
            if answer["outcome"] == "settled":
                answer["official"] = first if not given else second
        return status, fields, headers

    given: dict[str, str] = {}
    hall.odd = giving
    window.write(3)
    window.deliver()
    assert hall.given == [{}]
    given |= {hall.held[seq]["head"]["key"]: first for seq in (1, 2, 3)}
    for seq in range(kept + 1, 4):
        del hall.held[seq]
    Window(journal, hall).deliver()
    # By itself when it is asked for, and with the others when it is sent again.
    told = {key: number for batch in hall.given[1:] for key, number in batch.items()}
    assert told == {hall.held[seq]["head"]["key"]: first for seq in range(kept + 1, 4)}
    # What the hall says last is what counts.
    assert journal.standing_of(3).official == second


def test_hall_that_keeps_nothing_does_not_keep_the_window_busy(
    window: Window, hall: OddHall
) -> None:
    logging.disable(logging.ERROR)

    def forgetful(lines: list[Json]) -> Answer:
        answers = [{"key": line["head"]["key"], "outcome": "settled"} for line in lines]
        return 200, {"answers": answers, "highest_seq": {lines[0]["head"]["journal"]: 0}}, {}

    hall.odd = forgetful
    window.write(3)
    assert window.deliver().blocked_code == "LINE_CHAIN_BROKEN"
    assert len(hall.batches) < 10


def test_older_copy_of_a_journal_accepts_nothing_any_more(
    journal: Journal, window: Window, hall: OddHall
) -> None:
    logging.disable(logging.ERROR)
    window.write(2)
    window.deliver()
    # What the station wrote before it was put back from an image.
    hall.held[3] = {"head": {"seq": 3}}
    ensure_not_behind(journal)
    standing = Window(journal, hall).deliver()
    assert standing.blocked_code == "JOURNAL_BEHIND"
    with pytest.raises(JournalBehind):
        ensure_not_behind(journal)


def test_another_line_in_the_same_place_tells_an_older_copy_too(
    journal: Journal, window: Window, hall: OddHall
) -> None:
    logging.disable(logging.ERROR)
    window.write(2)
    window.deliver()
    hall.held[3] = {"head": {"seq": 3}}
    window.write(1)
    assert window.deliver().blocked_code == "JOURNAL_BEHIND"
    assert window.deliver().waiting == 1
