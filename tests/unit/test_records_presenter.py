"""The conversation of 办件记录, without a screen: the list, papers, voids, a supervisor's word."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from clerk_client.desk.records import Record, StartReport
from clerk_client.desk.voiding import ApprovalHallAway, VoidWaiting
from clerk_client.domain.cases import Category
from clerk_client.domain.people import DocumentType
from clerk_client.hall_link.approvals import WaitingVoid
from clerk_client.hall_link.errors import HallUnreachable
from clerk_client.journal.day_sheet import Delivered, Paper, VoidState
from clerk_client.journal.delivery import Standing
from clerk_client.journal.recovery import Noticed
from clerk_client.ui.notices import Level
from clerk_client.ui.records.deciding import DecidingPresenter
from clerk_client.ui.records.exchange import Pane, RecordsActions, Section, Shown, Steps
from clerk_client.ui.records.presenter import RecordsPresenter
from clerk_client.ui.wording import Words
from ukey.errors import PinRefused
from ukey.token import PinStanding

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 1, 12, tzinfo=UTC)
RECORD = Record(
    number="44200020261000000016",
    official="",
    done_at=NOW,
    matter_name="旅馆业特种行业许可",
    applicant_name="欧阳小满",
    document_type=DocumentType.RESIDENT_ID,
    masked_document="1101**********002X",
    category=Category.HALL_PENDING,
    first_category=Category.HALL_PENDING,
    clerk="W01",
    is_offline=False,
    delivered=Delivered.SETTLED,
    code="",
    void=VoidState.NONE,
    void_reason="",
    paper=Paper.PRINTED,
    reprints=0,
)
OTHER = replace(
    RECORD,
    number="L2B12261121A3F0001K",
    official="44200020261000000024",
    matter_name="居民身份证换领",
    applicant_name="李四",
    paper=Paper.DOUBTFUL,
    is_offline=True,
)
WAITING = WaitingVoid(
    request="k1",
    number=RECORD.number,
    official="",
    matter="GA-LG",
    matter_name=RECORD.matter_name,
    department_name="公安局",
    category=Category.HALL_PENDING,
    window_name="2楼B区12号",
    clerk_name="张丽",
    accepted_at=NOW,
    requested_by="W01",
    requested_by_name="张丽",
    requested_at=NOW,
    reason="选错了事项",
)


class Screen:
    """Keeps what the page was told to show."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[object, ...]] = {}

    def __getattr__(self, name: str) -> object:
        return lambda *what: self.told.__setitem__(name, what)

    @property
    def numbers(self) -> list[str]:
        (records, *_) = self.told["show_records"]
        return [each.number for each in records]  # type: ignore[attr-defined]

    @property
    def sums(self) -> str:
        return str(self.told["show_records"][1])

    @property
    def steps(self) -> Steps:
        steps = self.told["show_record"][1]
        assert isinstance(steps, Steps)
        return steps

    @property
    def notice(self) -> str:
        words = self.told["show_notice"][0]
        return words.code if isinstance(words, Words) else ""

    @property
    def pane(self) -> object:
        return self.told["show_pane"][0]


class Desk:
    """Both presenters before a screen; what they ask of the workers is kept."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.moment = NOW
        self.screen = Screen()
        actions = RecordsActions(
            **{name: self._recorder(name) for name in RecordsActions.__dataclass_fields__}
        )
        view: object = self.screen
        self.records = RecordsPresenter(view, actions, lambda: TODAY)  # type: ignore[arg-type]
        self.deciding = DecidingPresenter(view, actions, lambda: self.moment)  # type: ignore[arg-type]

    def show(self, *records: Record) -> None:
        self.records.enter()
        self.records.listed(TODAY, records)
        self.records.mark(records[0].number if records else "")
        self.asked.clear()

    def _recorder(self, name: str) -> object:
        return lambda *what: self.asked.append((name, *what))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_page_asks_for_today_once_and_shows_the_sums(desk: Desk) -> None:
    desk.records.enter()
    desk.records.refresh()
    assert desk.asked.count(("list_day", TODAY)) == 1
    desk.records.listed(TODAY, (OTHER, RECORD))
    assert desk.screen.numbers == [OTHER.number, RECORD.number]
    sums = desk.screen.sums.replace("\xa0", " ")
    assert sums == "共 2 件　已上报 2　离线受理 1　存疑 1"


def test_list_of_a_day_that_was_left_is_not_shown(desk: Desk) -> None:
    desk.show(RECORD)
    yesterday = TODAY - timedelta(days=1)
    desk.records.choose_day(yesterday)
    desk.records.listed(TODAY, (OTHER,))
    assert desk.screen.numbers == [RECORD.number]
    desk.records.listed(yesterday, ())
    assert desk.screen.numbers == []


@pytest.mark.parametrize("typed", ["李四", "身份证", "0000024", " l2b12 "])
def test_clerk_finds_by_name_matter_and_both_numbers(desk: Desk, typed: str) -> None:
    desk.show(RECORD, OTHER)
    desk.records.filter_by(typed, Shown.ALL)
    assert desk.screen.numbers == [OTHER.number]


@pytest.mark.parametrize(
    ("shown", "record"),
    [
        (Shown.WAITING, replace(RECORD, delivered=Delivered.WAITING)),
        (Shown.REFUSED, replace(RECORD, delivered=Delivered.REFUSED, code="MATTER_UNKNOWN")),
        (Shown.VOID_WAITING, replace(RECORD, void=VoidState.REQUESTED)),
        (Shown.VOID, replace(RECORD, void=VoidState.APPROVED)),
        (Shown.OFFLINE, replace(RECORD, is_offline=True)),
        (Shown.UNPRINTED, replace(RECORD, paper=Paper.UNPRINTED)),
        (Shown.DOUBTFUL, replace(RECORD, paper=Paper.DOUBTFUL)),
    ],
)
def test_each_state_can_be_listed_alone(desk: Desk, shown: Shown, record: Record) -> None:
    plain = replace(RECORD, number="44200020261000000032")
    desk.show(record, plain)
    desk.records.filter_by("", shown)
    assert desk.screen.numbers == [record.number]


def test_copy_is_printed_after_a_question_and_the_first_receipt_at_once(desk: Desk) -> None:
    desk.show(RECORD)
    desk.records.print_receipt()
    assert desk.asked == []
    assert desk.screen.pane is Pane.ASK
    desk.records.confirm()
    desk.records.confirm()
    assert desk.asked == [("read_acceptance", RECORD.number, True)]
    desk.records.print_failed(RECORD.number, HallUnreachable())
    unprinted = replace(RECORD, paper=Paper.UNPRINTED)
    desk.show(unprinted)
    desk.records.print_receipt()
    assert desk.asked == [("read_acceptance", RECORD.number, False)]


def test_esc_takes_the_question_back(desk: Desk) -> None:
    desk.show(RECORD)
    desk.records.print_receipt()
    desk.records.go_back()
    assert desk.screen.pane is Pane.FACTS
    desk.records.confirm()
    assert desk.asked == []


def test_paper_in_doubt_is_confirmed_or_printed_again(desk: Desk) -> None:
    desk.show(OTHER)
    assert (desk.screen.steps.print, desk.screen.steps.confirm) == ("再打一次 (F9)", True)
    desk.records.confirm_printed()
    assert desk.asked == [("confirm_printed", OTHER.number)]
    desk.records.done(OTHER.number, "PAPER_CONFIRMED")
    assert desk.screen.notice == "PAPER_CONFIRMED"


def test_void_is_asked_for_with_a_reason_and_a_confirmation(desk: Desk) -> None:
    desk.show(RECORD)
    desk.records.ask_void()
    desk.records.give_reason("   ")
    assert desk.screen.notice == "VOID_REASON"
    assert desk.screen.pane is Pane.VOID
    desk.records.give_reason(" 选错了 事项 ")
    (words, _) = desk.screen.told["show_question"]
    assert isinstance(words, Words)
    assert RECORD.number in words.title
    assert "选错了 事项" in words.next_step
    assert desk.asked == []
    desk.records.confirm()
    assert desk.asked == [("request_void", RECORD.number, "选错了 事项")]
    desk.records.ask_void()
    desk.records.done(RECORD.number, "VOID_ASKED_FOR")
    assert desk.screen.notice == "VOID_ASKED_FOR"
    assert ("list_day", TODAY) in desk.asked


def test_another_row_is_never_voided_by_the_question_of_the_one_before(desk: Desk) -> None:
    desk.show(RECORD, OTHER)
    desk.records.ask_void()
    desk.records.give_reason("重复受理")
    desk.records.mark(OTHER.number)
    desk.records.confirm()
    assert desk.asked == []


def test_refusal_is_told_and_what_came_too_late_is_not(desk: Desk) -> None:
    desk.show(RECORD)
    desk.records.ask_category()
    desk.records.correct(Category.DEPARTMENT_INTERNAL)
    assert desk.asked == [("correct_category", RECORD.number, Category.DEPARTMENT_INTERNAL)]
    desk.records.not_done(RECORD.number, VoidWaiting())
    assert desk.screen.notice == "VOID_WAITING"
    assert desk.screen.pane is Pane.FACTS
    desk.records.forget()
    desk.records.not_done(RECORD.number, VoidWaiting())
    assert desk.screen.notice == ""


@pytest.mark.parametrize(
    ("change", "can_change", "can_approve", "prints"),
    [
        ({}, True, False, True),
        ({"void": VoidState.DECLINED}, True, False, True),
        ({"void": VoidState.REQUESTED}, False, True, True),
        ({"void": VoidState.APPROVED}, False, False, False),
        ({"delivered": Delivered.REFUSED}, False, False, True),
        ({"paper": Paper.AT_PRINTER}, True, False, False),
    ],
)
def test_only_what_can_be_done_is_offered(
    desk: Desk, change: dict[str, object], can_change: bool, can_approve: bool, prints: bool
) -> None:
    desk.show(replace(RECORD, **change))  # type: ignore[arg-type]
    steps = desk.screen.steps
    assert (steps.void, steps.correct) == (can_change, can_change)
    assert steps.approve is can_approve
    assert bool(steps.print) is prints


def test_supervisor_beside_gives_a_pin_and_may_try_again(desk: Desk) -> None:
    desk.show(replace(RECORD, void=VoidState.REQUESTED))
    desk.records.ask_supervisor()
    assert desk.asked == [("look_beside",)]
    desk.records.keys_beside([])
    assert desk.screen.notice == "NO_KEY_BESIDE"
    desk.records.approve_beside("t", "000000")
    assert desk.asked[-1] == ("approve_beside", RECORD.number, "t", "000000")
    # One at a time: a second Enter does not cost a second try.
    desk.records.approve_beside("t", "000000")
    assert len(desk.asked) == 2
    desk.records.not_done(RECORD.number, PinRefused(PinStanding.LAST))
    assert desk.screen.notice == "PIN_WRONG_LAST"
    assert desk.screen.pane is Pane.BESIDE
    desk.records.approve_beside("t", "654321")
    desk.records.not_done(RECORD.number, ApprovalHallAway())
    assert desk.screen.notice == "APPROVAL_HALL_AWAY"


def test_nothing_of_an_applicant_stays_after_the_clerk_left(desk: Desk) -> None:
    desk.show(RECORD, OTHER)
    desk.records.filter_by("李四", Shown.ALL)
    desk.records.forget()
    assert desk.screen.numbers == []
    assert desk.screen.told["show_filter"] == ("", Shown.ALL)
    assert desk.screen.told["show_record"][0] is None
    # An answer that comes after it shows nothing either.
    desk.records.listed(TODAY, (RECORD,))
    assert desk.screen.numbers == []


def test_list_is_asked_for_anew_when_the_hall_answered_lines(desk: Desk) -> None:
    desk.show(RECORD)
    desk.records.show_standing(Standing(2, 0, hall_reachable=True))
    desk.records.listed(TODAY, (RECORD,))
    desk.asked.clear()
    desk.records.show_standing(Standing(2, 0, hall_reachable=True))
    assert desk.asked == []
    desk.records.show_standing(Standing(0, 1, hall_reachable=True))
    assert desk.asked == [("list_refused",), ("list_day", TODAY)]


@pytest.mark.parametrize(
    ("codes", "shown", "section"),
    [
        (["RECOVERED_DOUBTFUL", "RECOVERED_WAITING"], Shown.DOUBTFUL, Section.DAY),
        (["RECOVERED_NOT_CLOSED", "RECOVERED_UNPRINTED"], Shown.UNPRINTED, Section.DAY),
        (["RECOVERED_SET_ASIDE"], Shown.ALL, Section.REFUSED),
    ],
)
def test_what_the_start_found_opens_its_own_list(
    desk: Desk, codes: list[str], shown: Shown, section: Section
) -> None:
    day = TODAY - timedelta(days=3)
    desk.records.open_with(StartReport(tuple(Noticed(code, 1) for code in codes), day))
    desk.records.enter()
    assert desk.screen.told["show_filter"] == ("", shown)
    assert desk.screen.told["show_section"] == (section,)
    assert ("list_day", day if shown is Shown.DOUBTFUL else TODAY) in desk.asked


# --- a supervisor's own station ---


def test_plain_clerk_is_asked_for_no_approval(desk: Desk) -> None:
    desk.deciding.welcome(is_supervisor=False)
    desk.deciding.refresh()
    assert desk.screen.told["offer_approvals"] == (False,)
    assert desk.asked == []


def test_supervisor_approves_after_a_question(desk: Desk) -> None:
    desk.deciding.welcome(is_supervisor=True)
    desk.deciding.refresh()
    desk.deciding.waiting_listed((WAITING,))
    desk.deciding.mark("k1")
    desk.deciding.ask_approval()
    assert desk.asked == [("list_waiting",)]
    desk.deciding.confirm()
    desk.deciding.confirm()
    assert desk.asked[1:] == [("decide", WAITING, True, "")]
    desk.deciding.decided(WAITING)
    assert desk.screen.told["show_waiting"][0] == ()
    assert desk.screen.notice == "VOID_DECISION_KEPT"


def test_declining_needs_a_reason(desk: Desk) -> None:
    desk.deciding.welcome(is_supervisor=True)
    desk.deciding.waiting_listed((WAITING,))
    desk.deciding.mark("k1")
    desk.deciding.decline(" ")
    assert desk.screen.notice == "VOID_DECLINE_REASON"
    desk.deciding.decline("受理无误")
    assert desk.asked == [("decide", WAITING, False, "受理无误")]


def test_last_list_stays_with_its_age_while_the_hall_is_away_and_can_be_decided_on(
    desk: Desk,
) -> None:
    desk.deciding.welcome(is_supervisor=True)
    desk.deciding.waiting_listed((WAITING,))
    desk.deciding.mark("k1")
    desk.moment += timedelta(minutes=7)
    desk.deciding.waiting_refused(HallUnreachable())
    waiting, age, problem = desk.screen.told["show_waiting"]
    assert waiting == (WAITING,)
    assert age == "取自大厅 2026-11-21 09:12（7 分钟前）"
    assert isinstance(problem, Words)
    desk.deciding.ask_approval()
    desk.deciding.confirm()
    assert desk.asked == [("decide", WAITING, True, "")]


def test_request_that_another_supervisor_decided_takes_its_question_along(desk: Desk) -> None:
    desk.deciding.welcome(is_supervisor=True)
    desk.deciding.waiting_listed((WAITING,))
    desk.deciding.mark("k1")
    desk.deciding.ask_approval()
    desk.deciding.waiting_listed(())
    desk.deciding.confirm()
    assert desk.asked == []


def test_level_of_a_notice_tells_good_from_bad(desk: Desk) -> None:
    desk.show(RECORD)
    desk.records.done(RECORD.number, "CATEGORY_CORRECTED")
    assert desk.screen.told["show_notice"][1] is Level.SUCCESS
