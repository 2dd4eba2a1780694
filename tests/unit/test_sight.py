"""Frames that say nothing one by one, and together do."""

import itertools
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import scanner.cascade
import scanner.finders
import scanner.sight
from scanner.decode import decode
from scanner.errors import PictureUnreadable
from scanner.sight import Sight
from tests.helpers.codes import (
    Gray,
    Plane,
    modules_of,
    on_screen,
    photographed,
    plainly_read,
    printed,
)

TEXT = '{"hall":"442000","day":"2026-11-21","number":"A023"}'
OTHER = TEXT.replace("A023", "B107")
MODULES = {text: modules_of(text) for text in (TEXT, OTHER)}
PATIENCE_S = 20.0
# Grey levels of noise on print 30 darker than its paper: with 14 one frame is enough, with 30 six.
NOISE = 22.0
ENOUGH = 8


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine leaves no step out."""
    monkeypatch.setattr(scanner.sight, "BUDGET_S", PATIENCE_S)


def paper(text: str = TEXT, at: tuple[float, float] = (0.0, 0.0), **lies: Any) -> Plane:
    return printed(MODULES[text], 4.0, shift=at, **lies)


class Table:
    """What lies before a camera in poor light: every frame of it has fresh noise."""

    def __init__(self) -> None:
        self.sight = Sight()
        self.lies: Plane = np.zeros((240, 320), np.float32)
        self.noise = NOISE
        self._seeds = itertools.count(100)

    def frame(self) -> Gray:
        return photographed(
            self.lies, paper=140, black=110, blur=1.0, noise=self.noise, seed=next(self._seeds)
        )

    def read(self, **wishes: Any) -> list[str]:
        # A second from frame to frame: no search is left out.
        now = float(next(self._seeds))
        return [reading.text for reading in self.sight.read(self.frame(), taken_at=now, **wishes)]

    def read_many(self, frames: int = ENOUGH) -> list[str]:
        """All that was read in so many frames."""
        return [text for _ in range(frames) for text in self.read()]


@pytest.fixture
def table() -> Table:
    return Table()


# --- together ------------------------------------------------------------------------------------


def test_frames_of_which_none_can_be_read_are_read_together(table: Table) -> None:
    table.lies = paper()
    stages = []
    for at in range(ENOUGH):
        frame = table.frame()
        assert decode(frame, PATIENCE_S) == []
        for reading in table.sight.read(frame, taken_at=float(at)):
            assert reading.text == TEXT
            assert reading.raw == TEXT.encode()
            assert np.mean(reading.corners, axis=0) == pytest.approx([159.5, 119.5], abs=2)
            stages.append(reading.stage)
    assert set(stages) == {"joined"}


def test_code_that_is_followed_is_shown_as_a_place(table: Table) -> None:
    table.lies = paper()
    assert table.read() == []
    (place,) = table.sight.places
    assert place.module_px == pytest.approx(4.0, rel=0.05)
    assert np.mean(place.corners, axis=0) == pytest.approx([159.5, 119.5], abs=4)


@pytest.mark.parametrize("step", [(3.0, 0.5), (-2.0, 5.0)])
def test_ticket_may_slide_under_the_camera(table: Table, step: tuple[float, float]) -> None:
    texts = []
    for at in range(ENOUGH):
        table.lies = paper(at=(step[0] * (at - 4), step[1] * (at - 4)), turn=at * 0.7)
        texts += table.read()
    assert set(texts) == {TEXT}


def test_worn_ticket_beside_a_clear_one_is_a_choice_and_not_left_out() -> None:
    """A smear over a third of the code, which zxing alone locates and does not read."""
    worn = paper(OTHER)[:, 60:-60].copy()
    worn[99:141, 79:121] = 0.5
    both = photographed(np.concatenate([paper()[:, 60:-60], worn], axis=1), blur=0.5)
    assert plainly_read(both) == [TEXT]
    readings = Sight().read(both)
    assert [(r.text, r.stage) for r in readings] == [(TEXT, "plain"), (OTHER, "look")]


def test_telephone_in_the_dark_mode_is_read_within_some_frames(table: Table) -> None:
    table.lies, table.noise = paper(turn=7), 3.0
    texts = []
    for at in range(4):
        shown = photographed(table.lies, blur=1.0, noise=3.0, seed=at + 1)
        dark = np.asarray(255 - on_screen(shown, 2.9, 0.8), np.uint8)
        assert plainly_read(dark) == []
        texts += [reading.text for reading in table.sight.read(dark, taken_at=float(at))]
    assert set(texts) == {TEXT}


def test_what_one_frame_says_needs_no_other(table: Table) -> None:
    table.lies, table.noise = paper(), 3.0
    for _ in range(3):
        assert table.read() == [TEXT]
        assert table.sight.places == ()


def test_two_tickets_are_followed_side_by_side(table: Table) -> None:
    left, right = paper(TEXT), paper(OTHER)
    table.lies = np.concatenate([left[:, 60:-60], right[:, 60:-60]], axis=1)
    assert set(table.read_many(12)) == {TEXT, OTHER}


def test_readable_ticket_beside_a_followed_one_is_told_at_once(table: Table) -> None:
    table.lies, table.noise = np.tile(paper()[:, 60:-60], 2), 28.0
    table.lies[:, 200:] = 0
    assert table.read() == []
    clear = photographed(paper(OTHER)[:, 60:-60], blur=0.5)
    texts = []
    for at in range(12):
        frame = table.frame()
        frame[:, 200:] = clear
        found = [reading.text for reading in table.sight.read(frame, taken_at=200.0 + at)]
        assert OTHER in found
        texts += found
    assert set(texts) <= {TEXT, OTHER}


# --- what is gone is gone ------------------------------------------------------------------------


def test_code_that_goes_away_is_forgotten(table: Table) -> None:
    table.lies = paper()
    table.noise = 30.0
    for _ in range(2):
        table.read()
    table.lies = np.zeros_like(table.lies)
    assert table.read() == []
    assert table.sight.places == ()
    # The two frames from before would have made the next one readable.
    table.lies, table.noise = paper(), NOISE
    assert table.read() == []


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_ticket_laid_where_another_lay_is_read_as_itself(table: Table, frames: int) -> None:
    table.lies = paper(TEXT)
    assert set(table.read_many(frames)) <= {TEXT}
    table.lies = paper(OTHER)
    assert set(table.read_many(10)) == {OTHER}


@pytest.mark.parametrize("seed", [1000, 1100])
def test_ticket_that_was_nearly_read_is_not_read_once_the_next_one_lies_there(seed: int) -> None:
    """Their texts share so much that the next one's picture adds to the first one's."""
    sight, texts = Sight(), []
    for at in range(20):
        number = "A023" if at < 6 else "A024"
        modules = modules_of(TEXT.replace("A023", number))
        frame = photographed(
            printed(modules, 4.0), paper=140, black=110, blur=1.0, noise=28.0, seed=seed + at
        )
        found = sight.read(frame, taken_at=float(at))
        texts += [(at >= 6, reading.text) for reading in found]
    assert (True, TEXT) not in texts
    assert (True, TEXT.replace("A023", "A024")) in texts


def test_another_scene_says_nothing_of_the_last_one(table: Table) -> None:
    table.lies = paper()
    table.read()
    rng = np.random.default_rng(7)
    for _ in range(4):
        scene = rng.random((15, 20)).astype(np.float32)
        table.lies = np.kron(scene, np.ones((16, 16), np.float32))
        assert table.read() == []


def test_forgetting_begins_anew(table: Table) -> None:
    frames = []
    table.lies = paper()
    for _ in range(4):
        frames.append(table.frame())

    def read(sight: Sight) -> list[list[str]]:
        return [[r.text for r in sight.read(f, taken_at=float(at))] for at, f in enumerate(frames)]

    first = read(table.sight)
    table.sight.forget()
    assert table.sight.places == ()
    assert read(table.sight) == first == read(Sight())
    assert first[0] == []


def test_still_picture_of_an_unreadable_code_says_nothing_false(table: Table) -> None:
    table.lies, table.noise = paper(), 34.0
    frame = table.frame()
    for at in range(ENOUGH):
        texts = [reading.text for reading in table.sight.read(frame, taken_at=float(at))]
        assert texts in ([], [TEXT])


# --- frames that are none ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape", [(0, 0), (1, 1), (20, 20), (120, 160), (480, 640), (1, 3000), (3000, 3)]
)
def test_resolution_may_change_while_a_code_is_followed(
    table: Table, shape: tuple[int, int]
) -> None:
    table.lies, table.noise = paper(), 30.0
    table.read()
    noise = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    assert table.sight.read(noise, taken_at=500.0) == []
    table.noise = 3.0
    assert table.read() == [TEXT]


def test_array_that_is_no_picture_is_refused_and_the_next_frame_read(table: Table) -> None:
    table.lies, table.noise = paper(), 30.0
    table.read()
    for broken in (np.zeros(5), np.zeros((40, 40, 5), np.uint8), np.zeros((70_000, 30), np.uint8)):
        with pytest.raises(PictureUnreadable):
            table.sight.read(broken)
    table.noise = 3.0
    assert table.read() == [TEXT]


# --- how often ------------------------------------------------------------------------------------


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[Gray]:
    """The frames that were searched. Stands in for the search only to count it."""
    searched: list[Gray] = []

    def counted(gray: Gray, *limits: Any, **wishes: Any) -> Any:
        searched.append(gray)
        return scanner.finders.find_codes(gray, *limits, **wishes)

    monkeypatch.setattr(scanner.cascade, "find_codes", counted)
    return searched


def test_empty_table_is_searched_now_and_then(searches: list[Gray], table: Table) -> None:
    empty = table.frame()
    now = 1000.0
    table.sight.read(empty, taken_at=now)
    assert len(searches) == 1
    for _ in range(5):
        now += 1e-6
        table.sight.read(empty, taken_at=now)
    assert len(searches) == 1
    table.sight.read(empty, taken_at=now + 3600)
    assert len(searches) == 2


def test_search_that_took_long_waits_longer(
    searches: list[Gray], table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that the search moves on by 50 ms: a fifth of the time is 250."""
    clock = [time.monotonic()]
    counted: Any = vars(scanner.cascade)["find_codes"]

    def slow(*seen: Any, **wishes: Any) -> Any:
        clock[0] += 0.05
        return counted(*seen, **wishes)

    monkeypatch.setattr(scanner.cascade, "find_codes", slow)
    monkeypatch.setattr(scanner.sight, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    empty = np.full((240, 320), 140, np.uint8)
    for at in range(26):
        table.sight.read(empty, taken_at=at * 0.04)
    assert len(searches) == 4  # at 0, 0.28, 0.56 and 0.84 seconds


def test_search_is_never_left_out_when_somebody_waits(searches: list[Gray], table: Table) -> None:
    for _ in range(3):
        table.sight.read(table.frame(), taken_at=1000.0, thorough=True)
    assert len(searches) == 3


def test_forgetting_lets_the_next_frame_be_searched(searches: list[Gray], table: Table) -> None:
    table.sight.read(table.frame(), taken_at=1000.0)
    table.sight.forget()
    table.sight.read(table.frame(), taken_at=1000.0)
    assert len(searches) == 2


def test_code_that_is_read_costs_no_search(searches: list[Gray], table: Table) -> None:
    table.lies, table.noise = paper(), 3.0
    for _ in range(3):
        assert table.read() == [TEXT]
    assert searches == []
