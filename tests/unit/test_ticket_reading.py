"""What a preview's frames lead to: a ticket once, a choice, a hint, and rest when nothing moves."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from clerk_client.workers.reading_hints import NOT_READ_YET, ReadingHints
from clerk_client.workers.ticket_reading import STILL_PAUSE_S, TicketReading
from scanner.condition import Fault
from scanner.frames import Frame
from scanner.reading import Place, Reading

CORNERS = ((10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0))
PLACE = Place(CORNERS, 4.0)
EMPTY = np.full((90, 160, 3), 120, np.uint8)


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Seen:
    """Stands in for scanner.sight: answers what a test laid under the camera, after `takes` s."""

    def __init__(self, time: Time) -> None:
        self.readings: list[Reading] = []
        self.places: tuple[Place, ...] = ()
        self.takes = 0.0
        self.reads = 0
        self.taken_at: float | None = None
        self._time = time

    def forget(self) -> None:
        pass

    def read(
        self, picture: Any, *, thorough: bool = False, taken_at: float | None = None
    ) -> list[Reading]:
        self.reads += 1
        self.taken_at = taken_at
        self._time.now += self.takes
        return list(self.readings)


class Table:
    """A reading over what is seen, at 30 pictures a second; nothing is wrong with the pictures."""

    def __init__(self) -> None:
        self.time = Time()
        self.reading = TicketReading(lambda text: text.strip("*") or None, self.time)
        self.seen = Seen(self.time)
        self.reading._sight = self.seen  # type: ignore[assignment]
        self.reading.hints._judge = lambda *_: None

    def lies(self, *texts: str) -> None:
        self.seen.readings = [Reading(text, CORNERS, "plain") for text in texts]

    def looks(self, seconds: float, picture: Any = EMPTY) -> list[str]:
        """The texts that were given."""
        given = []
        end = self.time.now + seconds
        while self.time.now < end:
            self.time.now += 1 / 30
            look = self.reading.look(Frame(picture, 1, self.time.now))
            if look is not None and look.given is not None:
                given.append(look.given.text)
        return given


@pytest.fixture
def table() -> Table:
    return Table()


def test_desk_on_which_nothing_moves_is_read_now_and_then(table: Table) -> None:
    table.looks(10)
    assert table.seen.reads <= 10 / STILL_PAUSE_S + 6
    before = table.seen.reads
    moved = EMPTY.copy()
    moved[20:60, 20:60] = 250
    table.lies("A023")
    assert table.looks(0.04, moved) == ["A023"]
    assert table.seen.reads > before


def test_slip_put_down_on_a_still_desk_is_read_in_the_very_next_frame(table: Table) -> None:
    table.looks(3)
    table.lies("A023")
    moved = EMPTY.copy()
    moved[20:60, 20:60] = 250
    table.looks(1 / 30, moved)
    assert table.seen.taken_at == table.time.now


def test_read_codes_that_lie_still_are_read_now_and_then(table: Table) -> None:
    table.lies("A023", "A024")
    table.looks(10)
    assert table.seen.reads <= 10 / STILL_PAUSE_S + 6


def test_noise_of_a_camera_is_no_movement(table: Table) -> None:
    noise = np.random.default_rng(1)
    for _ in range(90):
        grain = noise.normal(0, 5, EMPTY.shape)
        table.looks(0.04, np.clip(EMPTY + grain, 0, 255).astype(np.uint8))
    assert table.seen.reads < 40


def waved(table: Table, seconds: float) -> int:
    """How often a slip is read that is moved all the time."""
    before, end = table.seen.reads, table.time.now + seconds
    while table.time.now < end:
        picture = EMPTY.copy()
        picture[:, int(table.time.now * 30) * 7 % 120 :][:, :40] = 250
        table.looks(1 / 30, picture)
    return table.seen.reads - before


def test_slip_that_is_moved_is_read_ten_times_a_second(table: Table) -> None:
    table.lies("A023")
    assert 80 <= waved(table, 10) <= 125


def test_hard_code_takes_half_of_one_processor_at_first_and_then_a_fifth(table: Table) -> None:
    table.seen.places = (PLACE,)
    table.seen.takes = 0.05
    began = table.time.now
    assert 12 <= waved(table, 2) <= 21
    before = table.seen.reads
    waved(table, 8)
    assert (table.seen.reads - before) * 0.05 <= 0.2 * (table.time.now - began - 2)


def test_costly_search_leaves_nobody_waiting_for_long(table: Table) -> None:
    table.seen.takes = 0.15
    assert waved(table, 4) >= 9


def test_ticket_is_given_once_whichever_of_its_codes_is_seen(table: Table) -> None:
    table.lies("A023*", "A023")
    assert table.looks(0.2) == ["A023*"]
    table.lies("A023")
    assert table.looks(0.5) == []
    table.lies("A024")
    assert table.looks(0.5) == ["A024"]


def test_ticket_before_is_not_given_to_the_next_client(table: Table) -> None:
    table.lies("A023")
    assert table.looks(0.2) == ["A023"]
    table.reading.begin()
    assert table.looks(0.5) == []
    table.reading.reset()
    assert table.looks(0.2) == ["A023"]


def test_codes_are_marked_where_they_lie_and_located_ones_without_a_text(table: Table) -> None:
    table.lies("A023")
    table.seen.places = (PLACE,)
    look = table.reading.look(Frame(EMPTY, 1, 100.0))
    assert look is not None
    assert [mark.text for mark in look.marks] == ["A023", ""]
    assert look.marks[0].corners[2] == (30 / 160, 30 / 90)


def at(text: str, x: float, y: float) -> Reading:
    return Reading(text, tuple((x + dx, y + dy) for dx, dy in CORNERS), "plain")


def test_choices_come_from_left_to_right_and_from_top_to_bottom(table: Table) -> None:
    table.seen.readings = [at("E", 60, 50), at("B", 40, 8), at("D", 0, 45), at("C", 90, 0)]
    table.seen.readings.append(at("A", 5, 4))
    look = table.reading.look(Frame(EMPTY, 1, 100.0))
    assert look is not None
    assert "".join(choice.text for choice in look.choices) == "ABCDE"


def test_gray_picture_and_one_of_a_pixel_are_looked_at(table: Table) -> None:
    for shape in ((90, 160), (1, 1, 3), (90, 160, 4)):
        table.reading.begin()
        assert table.reading.look(Frame(np.zeros(shape, np.uint8), 1, 100.0)) is not None


# --- hints ---


class Clerk:
    """Sees a preview second by second; `fault` is what is wrong with the picture."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.judged = 0
        self.hints = ReadingHints(self._judge)
        self.now = 100.0
        self.hints.begin(self.now)

    def _judge(self, _picture: Any, _places: Sequence[Place]) -> Fault | None:
        self.judged += 1
        return self.fault

    def waits(
        self, seconds: float, *places: Place, has_read: bool = False, moved: bool = False
    ) -> str:
        for _ in range(round(seconds * 20)):
            self.now += 0.05
            self.hints.saw(self.now, EMPTY, places, has_read=has_read, moved=moved)
        return self.hints.code


@pytest.fixture
def clerk() -> Clerk:
    return Clerk()


def test_hint_comes_after_three_seconds_and_says_what_is_wrong(clerk: Clerk) -> None:
    clerk.fault = Fault.GLARE
    assert clerk.waits(2.8, PLACE) == ""
    assert clerk.waits(0.4, PLACE) == "PICTURE_GLARE"


def test_hint_follows_the_picture_and_goes_with_the_read(clerk: Clerk) -> None:
    clerk.fault = Fault.TOO_DARK
    assert clerk.waits(4, PLACE) == "PICTURE_TOO_DARK"
    clerk.fault = Fault.BLURRED
    assert clerk.waits(1.2, PLACE) == "PICTURE_BLURRED"
    clerk.fault = None
    assert clerk.waits(1.2, PLACE) == NOT_READ_YET
    assert clerk.waits(0.1, has_read=True) == ""


def test_picture_is_judged_once_a_second_not_each_frame(clerk: Clerk) -> None:
    clerk.fault = Fault.TOO_FAR
    clerk.waits(8, PLACE)
    assert clerk.judged <= 6


def test_nothing_is_said_of_an_empty_desk(clerk: Clerk) -> None:
    # The first pictures differ: a camera settles.
    assert clerk.waits(1, moved=True) == ""
    for _ in range(20):
        assert clerk.waits(1) == ""
    judged = clerk.judged
    assert clerk.waits(60) == ""
    assert clerk.judged == judged


def test_certain_fault_is_told_as_long_as_it_is_there(clerk: Clerk) -> None:
    clerk.fault = Fault.GLARE
    for _ in range(20):
        clerk.waits(4)
        assert clerk.hints.code == "PICTURE_GLARE"
    clerk.fault = None
    assert clerk.waits(2) == ""


def test_code_that_is_located_and_not_read_is_told_as_long_as_it_lies_there(clerk: Clerk) -> None:
    clerk.waits(4, PLACE)
    for _ in range(20):
        # Not located in each frame.
        assert clerk.waits(1) == NOT_READ_YET
        assert clerk.waits(0.1, PLACE) == NOT_READ_YET
    assert clerk.waits(10) == ""


def test_paper_that_came_and_is_not_found_is_told_for_a_while(clerk: Clerk) -> None:
    clerk.waits(20)
    clerk.waits(0.2, moved=True)
    assert clerk.waits(3.2) == NOT_READ_YET
    assert clerk.waits(8) == ""


def test_taking_a_read_ticket_away_is_no_reason_for_a_hint(clerk: Clerk) -> None:
    clerk.waits(2, has_read=True)
    clerk.waits(1, moved=True)
    for _ in range(10):
        assert clerk.waits(1) == ""


def test_paper_laid_down_on_a_desk_long_empty_has_its_own_three_seconds(clerk: Clerk) -> None:
    clerk.waits(60)
    clerk.fault = Fault.BLURRED
    clerk.waits(0.5, moved=True)
    assert clerk.waits(2) == ""
    assert clerk.waits(1) == "PICTURE_BLURRED"
