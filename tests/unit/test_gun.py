"""A bar-code gun is told from hands by how fast the keys come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerk_client.ui.reception.gun import LONGEST, Burst, Composition, Gun, Step

TICKET = '{"hall":"440000","day":"2026-11-21","number":"A023"}'


class Hall:
    """Gives a gun what is typed, by a clock that stands still between the keys, and sorts it
    into what a field gets and what was shot."""

    def __init__(self, gun: Gun) -> None:
        self.gun = gun
        self.moment = 1000
        self.field = ""
        self.shots: list[Burst] = []
        self.longest_wait = 0
        self._waiting: list[tuple[str, int]] = []

    def key(self, characters: str, after: int) -> Step:
        """`after`: milliseconds since the key before."""
        if self.gun.is_waiting and after > self.gun.patience:
            self.pause()
        self.moment += after
        if self.gun.is_over(self.moment):
            self.pause()
        step = self.gun.take(characters, self.moment)
        if step in (Step.TYPED, Step.BEGINS):
            self._give()
        if step is Step.TYPED:
            self.field += characters
        elif step is Step.SHOT:
            self._waiting.clear()
        else:
            self._waiting.append((characters, self.moment))
        return step

    def pause(self) -> None:
        patience = self.gun.patience
        burst = self.gun.rest()
        if burst is None:
            self._give(self.moment + patience)
        else:
            self.field = self.field[: len(self.field) - burst.stray]
            self.shots.append(burst)

    def type(self, keys: str, *gaps: int) -> "Hall":
        """The gaps one after the other, again and again; then nothing more."""
        for position, each in enumerate(keys):
            self.key(each, 1000 if position == 0 else gaps[(position - 1) % len(gaps)])
        if self.gun.is_waiting:
            self.pause()
        return self

    @property
    def texts(self) -> list[str]:
        return [burst.text for burst in self.shots]

    def _give(self, now: int | None = None) -> None:
        for characters, moment in self._waiting:
            self.field += characters
            self.longest_wait = max(self.longest_wait, (now or self.moment) - moment)
        self._waiting.clear()


@pytest.mark.parametrize("gaps", [(1,), (2,), (15,), (30,), (2, 38), (1, 1, 55)])
def test_a_shot_is_taken_whole_and_the_field_gets_nothing(gaps: tuple[int, ...]) -> None:
    hall = Hall(Gun()).type(TICKET + "\r", *gaps)
    assert hall.shots == [Burst(TICKET)]
    assert hall.field == ""


@pytest.mark.parametrize("number", ["A023", "AB0231"])
def test_a_bare_number_is_short_and_its_enter_proves_it(number: str) -> None:
    assert Hall(Gun()).type(number + "\r", 8).texts == [number]


def test_a_bare_number_without_any_suffix_is_too_short_to_tell() -> None:
    hall = Hall(Gun("", "")).type("A023", 3)
    assert (hall.texts, hall.field) == ([], "A023")


@pytest.mark.parametrize("gap", [60, 80, 120, 400])
def test_hands_fill_the_field_however_fast_they_are(gap: int) -> None:
    hall = Hall(Gun()).type("Zhang Xiaoming 110105\r", gap)
    assert hall.field == "Zhang Xiaoming 110105\r"
    assert hall.shots == []


def test_a_roll_of_three_keys_is_typed_and_so_is_the_enter_in_its_wake() -> None:
    hall = Hall(Gun()).type("A02", 15)
    hall.type("3\r", 30)
    assert (hall.texts, hall.field) == ([], "A023\r")


def test_rolls_between_slower_keys_are_no_gun() -> None:
    """The fastest of all typists: two keys almost together, again and again."""
    hall = Hall(Gun()).type("wangxiaomingdeshenqing", 18, 90)
    assert (hall.texts, hall.field) == ([], "wangxiaomingdeshenqing")


def test_a_letter_that_was_typed_waits_no_longer_than_is_felt() -> None:
    hall = Hall(Gun()).type("zhongshan", 70)
    assert hall.longest_wait <= 40


@pytest.mark.parametrize("key", ["\r", "\t"])
def test_enter_and_tab_alone_do_not_wait_at_all(key: str) -> None:
    assert Hall(Gun()).key(key, 1000) is Step.TYPED


def test_a_key_held_down_is_no_gun_even_where_its_repeats_are_not_marked() -> None:
    hall = Hall(Gun()).type("0" * 40, 33)
    assert (hall.texts, hall.field) == ([], "0" * 40)


def test_the_same_ticket_shot_twice_is_two_shots() -> None:
    hall = Hall(Gun()).type("A023\r", 5).type("A023\r", 5)
    assert hall.texts == ["A023", "A023"]


def test_a_code_of_several_lines_is_one_shot() -> None:
    hall = Hall(Gun()).type("number=A023\rday=2026-11-21\r\r", 4)
    assert hall.texts == ["number=A023\nday=2026-11-21"]


@pytest.mark.parametrize(
    ("suffix", "sent"),
    [("\r", "\r"), ("\r\n", "\r\r"), ("\n", "\r"), ("\t", "\t"), ("##", "##"), ("", "")],
)
def test_each_suffix_is_stripped(suffix: str, sent: str) -> None:
    assert Hall(Gun("", suffix)).type("YY202611A023" + sent, 6).texts == ["YY202611A023"]


@pytest.mark.parametrize("sent", ["", "\t", "\r"])
@pytest.mark.parametrize("suffix", ["", "\t", "\r"])
def test_a_gun_set_up_otherwise_than_the_station_is_still_read(suffix: str, sent: str) -> None:
    hall = Hall(Gun("", suffix)).type(TICKET + sent, 6)
    assert (hall.texts, hall.field) == ([TICKET], "")


def test_tab_and_line_feed_stay_in_the_text_and_other_control_characters_do_not() -> None:
    hall = Hall(Gun()).type("number=A023\tday\x1d\x02=1\u202e\r", 4)
    assert hall.texts == ["number=A023\tday=1"]


def test_with_a_prefix_only_what_begins_with_it_is_a_shot() -> None:
    gun = Gun("~", "\r")
    hall = Hall(gun).type("~A023\r", 5)
    assert (hall.texts, hall.field) == (["A023"], "")
    hall.type(TICKET + "\r", 5)
    assert (hall.texts, hall.field) == (["A023"], TICKET + "\r")


def test_with_a_prefix_typing_does_not_wait() -> None:
    hall = Hall(Gun("~"))
    assert {hall.key(letter, 100) for letter in "A023\r"} == {Step.TYPED}


def test_a_prefix_broken_off_and_begun_again_is_found() -> None:
    hall = Hall(Gun("[[", "\r")).type("x[[A023\r", 5)
    assert (hall.texts, hall.field) == (["A023"], "x")


def test_tab_as_a_prefix_still_moves_a_clerk_on() -> None:
    gun = Gun("\t", "\r")
    assert Hall(gun).type("\tA023\r", 5).texts == ["A023"]
    hall = Hall(gun).type("\t", 5)
    assert (hall.texts, hall.field) == ([], "\t")


def test_the_letters_that_came_too_slowly_are_part_of_the_shot_and_taken_back() -> None:
    """A gun that stumbles at its start: its first letter has reached the field by then."""
    hall = Hall(Gun()).type("AB202611A023\r", 55, *[5] * 20)
    assert (hall.texts, hall.field) == (["AB202611A023"], "")


def test_what_a_clerk_typed_a_moment_before_the_shot_stays() -> None:
    hall = Hall(Gun()).type("li", 150).type(TICKET + "\r", 5)
    assert (hall.texts, hall.field) == ([TICKET], "li")


def test_a_text_without_end_is_cut_and_reaches_no_field() -> None:
    hall = Hall(Gun()).type("ab" * 5000 + "\r", 1)
    assert hall.field == ""
    assert hall.texts == [("ab" * 5000)[:LONGEST]]


@pytest.mark.parametrize("back", [-1, -500, -(2**32)])
def test_a_clock_that_goes_backwards_ends_the_run(back: int) -> None:
    gun = Gun()
    gun.take("A", 1000)
    assert gun.is_over(1000 + back)


@given(
    st.lists(st.tuples(st.characters(codec="utf-8"), st.integers(0, 200)), max_size=60),
    st.sampled_from(["", "~", "[["]),
    st.sampled_from(["", "\r", "\t", "##"]),
)
def test_no_key_is_lost_whatever_comes(
    keys: list[tuple[str, int]], prefix: str, suffix: str
) -> None:
    hall = Hall(Gun(prefix, suffix))
    for characters, gap in keys:
        hall.key(characters, gap)
    hall.pause()
    assert not hall.gun.is_waiting
    if not hall.shots:
        typed = "".join(c for c, _ in keys).replace("\n", "\r")
        assert hall.field.replace("\n", "\r") == typed


def test_a_gun_behind_an_input_method_is_seen_by_the_pace_of_what_is_composed() -> None:
    composition = Composition()
    told = [composition.change("a" * n, "", 1000 + 12 * n) for n in range(1, 9)]
    assert told.index(True) == 5


def test_full_width_letters_committed_one_by_one_are_no_hands_either() -> None:
    composition = Composition()
    letters = "｛“ｈａｌｌ”："
    assert any(composition.change("", letter, 1000 + 9 * n) for n, letter in enumerate(letters))


def test_pinyin_typed_fast_is_a_clerk() -> None:
    """Each key brings two or three messages of one moment."""
    composition = Composition()
    moment = 1000
    for word, chosen in (("ouyang", "欧阳"), ("xiaoman", "小满")) * 3:
        for length in range(1, len(word) + 1):
            moment += 65
            assert not composition.change(word[:length], "", moment)
            assert not composition.change(word[:length] + "'", "", moment + 30)
        moment += 65
        assert not composition.change("", chosen, moment)
        assert not composition.change("", "", moment + 1)
