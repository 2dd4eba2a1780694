"""The conversation at the window, without a screen."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from stdnum.iso7064 import mod_11_2

from clerk_client.desk.cameras import CameraChoice
from clerk_client.desk.forms import Draft, Entries, Form, Found, Place
from clerk_client.desk.paperwork import PrintedReceipt
from clerk_client.domain.cases import Acceptance, Category, LookUp
from clerk_client.domain.errors import (
    DomainError,
    NotATicket,
    SlipWithoutTicket,
    TicketOfAnotherHall,
    TicketUsed,
)
from clerk_client.domain.matters import Audience, DayUnit, Department, Matter
from clerk_client.domain.people import DocumentType, checked_applicant
from clerk_client.domain.stages import Stage
from clerk_client.domain.tickets import QueueTicket, TicketReference, TicketStatus
from clerk_client.hall_link.errors import HallUnreachable
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.exchange import Offer, Preview, ReceptionActions, Spot
from clerk_client.ui.reception.presenter import ReceptionPresenter
from scanner.adjustment import Adjustment
from scanner.errors import CameraAbsent
from tests.helpers.tickets import ticket_named

TODAY = date(2026, 11, 21)
TICKET_TEXT = '{"hall":"442000","day":"2026-11-21","number":"A023"}'
SLIP = "申报号：SB2026112200017；查询密码：x7Kp2m"
BUREAU = Department("D1", "人社局", "中山市人力资源和社会保障局")
NUMBER = "44200019900307888" + mod_11_2.calc_check_digit("44200019900307888")
FILLED = Entries(Category.HALL_PENDING, DocumentType.RESIDENT_ID, "欧阳建国", NUMBER)

MATTER = Matter(
    code="M1",
    name="社会保险登记",
    department=BUREAU,
    audience=Audience.PERSON,
    statutory_days=20,
    day_unit=DayUnit.WORKING_DAYS,
    expected_category=Category.HALL_PENDING,
    is_licence=True,
)
OTHER = replace(MATTER, code="M2", name="失业保险金申领")
PARENT = replace(MATTER, code="P", name="社会保险", is_parent=True)
SUSPENDED = replace(MATTER, code="S", suspended="系统升级")


def ticket(*matters: str) -> QueueTicket:
    return QueueTicket(TicketReference("442000", TODAY, "A023"), TicketStatus.WAITING, matters)


def found(*matters: Matter, look_up: LookUp = LookUp.TICKET) -> Found:
    drawn = ticket(*(matter.code for matter in matters)) if look_up is LookUp.TICKET else None
    return Found(look_up, matters, drawn)


def receipt_of(number: str, reprint: int = 0) -> PrintedReceipt:
    return PrintedReceipt(number, "打印机", reprint)


class Page:
    """The other side of the view's protocol: keeps what it was last told, and every focus."""

    def __init__(self) -> None:
        self.fields = Entries()
        self.told: dict[str, tuple[Any, ...]] = {}
        self.focused: Spot | None = None
        self.problems: dict[Spot, str] = {}
        self.presenter: ReceptionPresenter

    def __getattr__(self, name: str) -> Callable[..., None]:
        if not name.startswith(("show_", "offer_", "clear_")):
            raise AttributeError(name)

        def keep(*told: Any) -> None:
            self.told[name] = told

        return keep

    def entries(self) -> Entries:
        return self.fields

    def fill(self, entries: Entries) -> None:
        self.fields = entries

    def choose_category(self, category: Category) -> None:
        self.fields = replace(self.fields, category=category)
        self.presenter.change_category()

    def focus(self, spot: Spot) -> None:
        self.focused = spot

    def show_problem(self, spot: Spot, words: Any, level: Level = Level.ERROR) -> None:
        self.problems.pop(spot, None)
        if words is not None:
            self.problems[spot] = words.code

    @property
    def stage(self) -> Stage:
        stage = self.told["show_stage"][0]
        assert isinstance(stage, Stage)
        return stage

    @property
    def notice(self) -> str:
        words = self.told["show_notice"][0]
        return words.code if words else ""


class Window:
    """A presenter with its page and a record of what it asked of the workers."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.page = Page()
        self.today = TODAY
        names = set(ReceptionActions.__dataclass_fields__) - {"ticket_named", "hall"}
        actions = ReceptionActions(
            **{name: self._recorder(name) for name in names},
            ticket_named=ticket_named("442000", TODAY),
            hall="442000",
        )
        self.presenter = ReceptionPresenter(self.page, actions, lambda: self.today)
        self.page.presenter = self.presenter
        self.presenter.welcome("001")
        self.presenter.enter()
        self.presenter.drafts_taken("001", [])

    def _recorder(self, name: str) -> Callable[..., None]:
        return lambda *told: self.asked.append((name, *told))

    def times(self, name: str) -> int:
        return sum(1 for asked in self.asked if asked[0] == name)

    def last(self, name: str) -> tuple[Any, ...]:
        return next(asked[1:] for asked in reversed(self.asked) if asked[0] == name)

    def record(self, entries: Entries = FILLED, matter: Matter = MATTER) -> None:
        """A ticket is read, 办理 pressed, the form filled."""
        self.presenter.ticket_read(TICKET_TEXT)
        self.presenter.found(found(matter))
        self.presenter.proceed()
        self.page.fields = entries

    def accept(self) -> Acceptance:
        self.record()
        self.presenter.commit()
        self.presenter.commit()
        (form,) = self.last("accept")
        acceptance = acceptance_of(form)
        self.presenter.accepted(acceptance)
        return acceptance


def acceptance_of(form: Form, *, offline: bool = False) -> Acceptance:
    assert form.category is not None
    return Acceptance(
        number="44200020261000001X",
        key="k",
        done_at=datetime(2026, 11, 21, 1, 12, tzinfo=UTC),
        category=form.category,
        matter_code=form.matter.code,
        matter_name=form.matter.name,
        department_code=form.matter.department.code,
        department_name=form.matter.department.name,
        department_full_name=form.matter.department.full_name,
        is_licence=form.matter.is_licence,
        applicant=checked_applicant(form.document_type, form.name, form.number, "", TODAY),
        window="12",
        clerk="001",
        clerk_name="李四",
        line_hash="ab",
        decided_offline=offline,
    )


@pytest.fixture
def window() -> Window:
    return Window()


def test_a_ticket_read_by_the_camera_leads_to_the_next_client(window: Window) -> None:
    presenter, page = window.presenter, window.page
    assert window.asked == [("take_drafts", "001"), ("start_preview", True)]
    presenter.preview_started()
    presenter.ticket_read(TICKET_TEXT)
    assert page.stage is Stage.IDENTIFYING
    assert window.last("begin") == (TICKET_TEXT,)
    presenter.found(found(MATTER))
    assert (page.stage, page.focused) == (Stage.FOUND, Spot.PROCEED)
    presenter.proceed()
    assert (page.stage, page.focused) == (Stage.RECORDING, Spot.CATEGORY)
    presenter.pick_category(Category.HALL_PENDING)
    page.fields = replace(page.fields, name="欧阳建国", number=NUMBER)
    presenter.commit()
    assert (page.stage, page.focused) == (Stage.CONFIRMING, Spot.SUBMIT)
    presenter.commit()
    assert page.stage is Stage.ACCEPTING
    (form,) = window.last("accept")
    presenter.accepted(acceptance_of(form))
    assert (page.stage, page.focused) == (Stage.ACCEPTED, Spot.PRINT)
    presenter.print_receipt()
    presenter.printed(receipt_of(acceptance_of(form).number))
    assert page.focused is Spot.HAND_OVER
    presenter.hand_over()
    assert window.last("hand_over") == (acceptance_of(form).number,)
    assert page.focused is Spot.NEXT
    presenter.next_client()
    assert (page.stage, page.focused) == (Stage.WAITING, Spot.LOOK_UP)
    assert page.fields == Entries()
    assert window.times("start_preview") == 2
    # The paper of the client before may still lie under the camera.
    assert window.last("start_preview") == (False,)


def test_an_appointment_number_leads_to_its_matter(window: Window) -> None:
    window.presenter.preview_started()
    window.presenter.choose_entry(LookUp.APPOINTMENT)
    assert window.times("stop_preview") == 1
    window.presenter.enter_appointment(" YY001 ")
    assert window.last("by_appointment") == ("YY001",)
    window.presenter.found(found(MATTER, look_up=LookUp.APPOINTMENT))
    assert (window.page.stage, window.page.focused) == (Stage.FOUND, Spot.PROCEED)


def test_a_matter_is_searched_at_each_keystroke_and_chosen(window: Window) -> None:
    presenter = window.presenter
    presenter.choose_entry(LookUp.MATTER)
    presenter.change_query("s")
    presenter.change_query("sb")
    serial, query = window.last("search")
    assert query == "sb"
    presenter.matters_found(serial, [MATTER, OTHER])
    presenter.enter_matter(1)
    assert window.last("choose") == ("M2",)
    presenter.found(found(OTHER, look_up=LookUp.MATTER))
    assert window.page.stage is Stage.FOUND


def test_results_for_an_earlier_keystroke_are_ignored(window: Window) -> None:
    presenter = window.presenter
    presenter.choose_entry(LookUp.MATTER)
    presenter.change_query("s")
    early, _ = window.last("search")
    presenter.change_query("sb")
    presenter.matters_found(early, [OTHER])
    assert "show_matters" not in window.page.told


def test_enter_waits_for_the_results_of_the_letters_in_the_box(window: Window) -> None:
    presenter = window.presenter
    presenter.choose_entry(LookUp.MATTER)
    presenter.change_query("s")
    presenter.matters_found(window.last("search")[0], [OTHER])
    presenter.change_query("sb")
    presenter.enter_matter(0)
    assert window.times("choose") == 0
    presenter.matters_found(window.last("search")[0], [MATTER])
    assert window.last("choose") == ("M1",)


def test_a_search_without_results_says_so(window: Window) -> None:
    window.presenter.choose_entry(LookUp.MATTER)
    window.presenter.change_query("zzz")
    window.presenter.matters_found(window.last("search")[0], [])
    matters, words = window.page.told["show_matters"]
    assert (matters, words.code) == ([], "MATTERS_NONE")


def test_clerk_chooses_among_several_matters_of_one_ticket(window: Window) -> None:
    presenter, page = window.presenter, window.page
    presenter.enter_ticket("A023")
    presenter.found(found(MATTER, OTHER))
    assert page.focused is Spot.CHOICE
    presenter.proceed()
    assert page.stage is Stage.FOUND
    presenter.choose(1)
    assert page.told["show_matter"][1] is OTHER
    presenter.back()
    assert (page.stage, page.focused) == (Stage.FOUND, Spot.CHOICE)


def test_clerk_chooses_among_several_tickets_under_the_camera(window: Window) -> None:
    other = TICKET_TEXT.replace("A023", "A024")
    window.presenter.preview_started()
    window.presenter.choices_read([TICKET_TEXT, other])
    labels = {TICKET_TEXT: "A023　2026-11-21", other: "A024　2026-11-21"}
    assert window.page.told["offer_tickets"] == (labels,)
    window.presenter.choose(1)
    assert window.last("begin") == (other,)
    assert window.times("stop_preview") == 1
    assert window.page.told["show_read"] == (other, "A024　2026-11-21")


def test_a_ticket_without_a_matter_stays_with_the_matter_that_is_searched(window: Window) -> None:
    presenter, page = window.presenter, window.page
    presenter.enter_ticket("A023")
    presenter.found(found())
    assert (page.stage, page.notice) == (Stage.WAITING, "TICKET_WITHOUT_MATTER")
    assert page.told["show_entry"] == (LookUp.MATTER,)
    presenter.change_query("sb")
    presenter.matters_found(window.last("search")[0], [MATTER])
    presenter.enter_matter(0)
    presenter.found(found(MATTER, look_up=LookUp.MATTER))
    shown, matter, _, _ = page.told["show_matter"]
    assert matter is MATTER
    assert shown.ticket == ticket()
    assert shown.look_up is LookUp.MATTER


def test_a_parent_leads_to_its_children_and_keeps_the_ticket(window: Window) -> None:
    window.presenter.enter_ticket("A023")
    window.presenter.found(found(PARENT))
    window.presenter.proceed()
    assert window.last("choose") == ("P",)
    window.presenter.found(found(MATTER, OTHER, look_up=LookUp.MATTER))
    offered, _ = window.page.told["offer_matters"]
    assert offered.ticket == ticket("P")
    assert offered.look_up is LookUp.TICKET


def test_a_suspended_matter_shows_its_reason_and_goes_no_further(window: Window) -> None:
    window.presenter.enter_ticket("A023")
    window.presenter.found(found(SUSPENDED))
    problem = window.page.told["show_matter"][3]
    assert problem.code == "MATTER_SUSPENDED"
    assert "系统升级" in problem.title
    window.presenter.proceed()
    assert window.page.stage is Stage.FOUND


@pytest.mark.parametrize("stage", ["found", "recording", "confirming"])
def test_a_second_ticket_is_ignored_while_one_is_worked_on(window: Window, stage: str) -> None:
    window.presenter.ticket_read(TICKET_TEXT)
    window.presenter.found(found(MATTER))
    if stage != "found":
        window.presenter.proceed()
        window.page.fields = FILLED
    if stage == "confirming":
        window.presenter.check()
    before = window.page.stage
    window.presenter.ticket_read(TICKET_TEXT.replace("A023", "A024"))
    assert window.page.stage is before
    assert window.times("begin") == 1


def test_a_ticket_read_after_f4_is_ignored(window: Window) -> None:
    window.presenter.preview_started()
    window.presenter.choose_entry(LookUp.MATTER)
    window.presenter.ticket_read(TICKET_TEXT)
    assert window.times("begin") == 0


def test_a_ticket_read_as_the_page_was_left_is_ignored(window: Window) -> None:
    window.presenter.preview_started()
    window.presenter.leave()
    window.presenter.choices_read(["A023", "A024"])
    window.presenter.ticket_read(TICKET_TEXT)
    assert (window.times("begin"), preview_of(window)) == (0, Preview.STOPPED)
    assert "offer_tickets" not in window.page.told
    window.presenter.enter()
    assert (window.page.stage, preview_of(window)) == (Stage.WAITING, Preview.STARTING)


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        (SLIP, ""),
        (TICKET_TEXT, TICKET_TEXT),
        ("A023\n", "A023"),
        ("查询密码=x7Kp2m&编号=1", "查询密码=***&编号=1"),
        ("file gpj.\u05d0", "file gpj.·"),
    ],
)
def test_nothing_secret_or_hostile_stays_in_the_box(window: Window, text: str, stays: str) -> None:
    window.presenter.enter_ticket(text)
    assert window.page.told["show_entered"] == (stays,)
    assert window.last("begin") == (text.strip(),)


def test_a_used_ticket_is_told_and_the_clerk_may_go_on(window: Window) -> None:
    window.presenter.enter_ticket("A023")
    window.presenter.refused(TicketUsed("A023"))
    assert (window.page.stage, window.page.notice) == (Stage.WAITING, "TICKET_USED")
    assert window.page.focused is Spot.LOOK_UP
    window.presenter.enter_ticket("A024")
    assert window.page.stage is Stage.IDENTIFYING


def test_clerk_gets_a_hint_only_while_the_preview_runs(window: Window) -> None:
    window.presenter.reading_hindered("TICKET_NOT_READ_YET")
    assert window.page.told["show_reading_hint"] == (None,)
    window.presenter.preview_started()
    window.presenter.reading_hindered("PICTURE_TOO_DARK")
    assert window.page.told["show_reading_hint"][0].code == "PICTURE_TOO_DARK"
    window.presenter.reading_hindered("")
    assert window.page.told["show_reading_hint"] == (None,)
    window.presenter.reading_hindered("PICTURE_GLARE")
    window.presenter.preview_stopped()
    assert window.page.told["show_reading_hint"] == (None,)


def preview_of(window: Window) -> Preview:
    preview = window.page.told["show_preview"][0]
    assert isinstance(preview, Preview)
    return preview


def test_picture_of_the_ticket_stays_until_the_next_start(window: Window) -> None:
    window.presenter.preview_started()
    window.presenter.ticket_read(TICKET_TEXT)
    window.presenter.preview_stopped()
    assert preview_of(window) is Preview.READ
    assert window.page.told["show_read"] == (TICKET_TEXT, "A023　2026-11-21")
    # The camera has stopped by itself.
    assert window.times("stop_preview") == 0
    window.presenter.found(found(MATTER))
    assert preview_of(window) is Preview.READ
    window.presenter.start_preview()
    assert preview_of(window) is Preview.STARTING


def refused_by(window: Window, way: str, error: Exception) -> None:
    """A code is read in this way, and looked up in vain."""
    if way == "camera":
        window.presenter.ticket_read(TICKET_TEXT)
    else:
        # A gun's shot and the clerk's typing come the same way.
        window.presenter.enter_ticket("A023")
    window.presenter.preview_stopped()
    window.presenter.refused(error)


@pytest.mark.parametrize("way", ["camera", "typed"])
@pytest.mark.parametrize(
    "error",
    [
        NotATicket("WIFI"),
        TicketUsed("A023"),
        TicketOfAnotherHall("450000"),
        SlipWithoutTicket("CASE1"),
    ],
)
def test_refused_code_leaves_the_preview_to_the_next_paper(
    window: Window, way: str, error: DomainError
) -> None:
    window.presenter.preview_started()
    refused_by(window, way, error)
    assert (preview_of(window), window.page.notice) == (Preview.STARTING, error.code)
    # Not the one that still lies there.
    assert window.last("start_preview") == (False,)
    # The camera may be slow to let go of the run before.
    window.presenter.preview_stopped()
    assert preview_of(window) is Preview.STARTING
    window.presenter.preview_started()
    assert (preview_of(window), window.page.notice) == (Preview.RUNNING, error.code)


def test_refusal_stands_in_the_notice_line_whatever_the_camera_does(window: Window) -> None:
    window.presenter.preview_started()
    refused_by(window, "camera", TicketUsed("A023"))
    window.presenter.camera_lost(CameraAbsent("camera:0"))
    window.presenter.preview_started()
    assert window.page.notice == "TICKET_USED"
    window.presenter.ticket_read("A024")
    assert window.page.notice == ""


@pytest.mark.parametrize("way", ["camera", "typed"])
def test_esc_at_the_matter_leaves_the_preview_to_the_next_paper(window: Window, way: str) -> None:
    window.presenter.preview_started()
    refused_by(window, way, TicketUsed("A023"))
    window.presenter.ticket_read("A024")
    window.presenter.found(found(MATTER))
    window.presenter.back()
    assert (preview_of(window), window.page.stage) == (Preview.STARTING, Stage.WAITING)
    assert window.last("start_preview") == (False,)
    assert window.page.told["show_entered"] == ("",)


def test_esc_from_a_form_put_back_at_sign_in_leads_to_a_running_preview(window: Window) -> None:
    draft = Draft(found(MATTER), MATTER, FILLED, Place.RECORDING)
    window.presenter.lock()
    window.presenter.welcome("001")
    window.presenter.enter()
    window.presenter.drafts_taken("001", [draft])
    for _ in range(2):
        window.presenter.back()
    assert (preview_of(window), window.page.stage) == (Preview.STARTING, Stage.WAITING)


def test_preview_that_the_clerk_stopped_stays_off(window: Window) -> None:
    window.presenter.preview_started()
    window.presenter.stop_preview()
    window.presenter.preview_stopped()
    started = window.times("start_preview")
    window.presenter.enter_ticket("A023")
    window.presenter.found(found(MATTER))
    window.presenter.back()
    assert window.times("start_preview") == started


def test_page_that_was_left_starts_no_camera_at_a_refusal(window: Window) -> None:
    window.presenter.preview_started()
    window.presenter.ticket_read(TICKET_TEXT)
    window.presenter.leave()
    started = window.times("start_preview")
    window.presenter.refused(TicketUsed("A023"))
    assert window.times("start_preview") == started


def test_picture_that_stands_still_is_started_again_by_f2(window: Window) -> None:
    window.presenter.preview_started()
    window.presenter.press_entry(LookUp.TICKET)
    assert [asked[0] for asked in window.asked[-2:]] == ["stop_preview", "start_preview"]
    assert preview_of(window) is Preview.STARTING


def test_codes_that_lead_to_nothing_here_and_today_are_told_apart(window: Window) -> None:
    other_hall = TICKET_TEXT.replace("442000", "450000")
    other_day = TICKET_TEXT.replace("2026-11-21", "2026-11-20")
    window.presenter.preview_started()
    window.presenter.choices_read(["WIFI:S:hall", other_hall, other_day, TICKET_TEXT])
    assert window.page.told["show_refused"][0] == {
        "WIFI:S:hall": "WIFI:S:hall",
        other_hall: "A023　2026-11-21　大厅 450000",
        other_day: "A023　2026-11-20",
    }
    assert window.page.told["offer_tickets"][0][other_hall].endswith("大厅 450000")
    window.presenter.lock()
    assert window.page.told["show_refused"] == ({},)


def test_ticket_that_the_hall_refused_is_told_apart_until_it_is_read_again(window: Window) -> None:
    window.presenter.preview_started()
    refused_by(window, "camera", TicketUsed("A023"))
    assert list(window.page.told["show_refused"][0]) == [TICKET_TEXT]
    window.presenter.ticket_read(TICKET_TEXT)
    assert window.page.told["show_refused"] == ({},)
    # No answer is no refusal.
    window.presenter.refused(HallUnreachable("http://127.0.0.1"))
    assert window.page.told["show_refused"] == ({},)


def test_number_before_does_not_stand_beside_another_code(window: Window) -> None:
    window.presenter.preview_started()
    refused_by(window, "typed", TicketUsed("A023"))
    window.presenter.ticket_read("WIFI:S:hall")
    assert window.page.told["show_entered"] == ("",)
    window.presenter.refused(NotATicket("WIFI:S:hall"))
    window.page.told.pop("show_entered")
    window.presenter.choices_read(["WIFI:S:hall", "A024"])
    assert window.page.told["show_entered"] == ("",)


def test_choice_tells_its_keys_unless_a_refusal_among_them_is_still_to_be_read(
    window: Window,
) -> None:
    window.presenter.preview_started()
    window.presenter.choices_read(["WIFI:S:hall", "A024"])
    assert window.page.notice == "SEVERAL_CODES"
    window.presenter.choose(0)
    window.presenter.refused(NotATicket("WIFI:S:hall"))
    window.presenter.choices_read(["WIFI:S:hall", "A024"])
    assert window.page.notice == "TICKET_UNREADABLE"
    window.presenter.back()
    assert window.page.notice == ""


def test_code_that_is_no_ticket_leaves_the_preview_to_the_next_paper(window: Window) -> None:
    window.presenter.preview_started()
    window.presenter.ticket_read("WIFI:S:hall")
    window.presenter.preview_stopped()
    window.presenter.refused(NotATicket("WIFI:S:hall"))
    assert (preview_of(window), window.page.notice) == (Preview.STARTING, "TICKET_UNREADABLE")
    # Not the one that still lies there.
    assert window.last("start_preview") == (False,)
    window.presenter.preview_started()
    assert window.page.notice == "TICKET_UNREADABLE"
    window.presenter.ticket_read(TICKET_TEXT)
    assert window.last("begin") == (TICKET_TEXT,)


def test_one_code_of_several_that_is_no_ticket_leaves_the_others_to_choose(window: Window) -> None:
    window.presenter.preview_started()
    for _ in range(2):
        window.presenter.choices_read(["WIFI:S:hall", "A023"])
        assert list(window.page.told.pop("offer_tickets")[0]) == ["WIFI:S:hall", "A023"]
        window.presenter.choose(0)
        window.presenter.preview_stopped()
        window.presenter.refused(NotATicket("WIFI:S:hall"))
        window.presenter.preview_started()


def test_a_typed_number_that_is_none_starts_no_camera(window: Window) -> None:
    window.presenter.stop_preview()
    window.presenter.preview_stopped()
    started = window.times("start_preview")
    window.presenter.enter_ticket("023")
    window.presenter.refused(NotATicket("023"))
    assert window.times("start_preview") == started


@pytest.mark.parametrize("leads_away", ["typed", "f4", "page", "lock", "sign out"])
def test_picture_of_a_ticket_goes_with_what_leads_away_from_it(
    window: Window, leads_away: str
) -> None:
    window.presenter.preview_started()
    window.presenter.ticket_read(TICKET_TEXT)
    window.presenter.found(found(MATTER))
    match leads_away:
        case "typed":
            window.presenter.enter_ticket("A024")
        case "f4":
            window.presenter.choose_entry(LookUp.MATTER)
        case "page":
            window.presenter.leave()
        case "lock":
            window.presenter.lock()
        case "sign out":
            window.presenter.forget()
    assert preview_of(window) is Preview.STOPPED


def test_picture_of_a_ticket_goes_with_its_client(window: Window) -> None:
    window.presenter.preview_started()
    acceptance = window.accept()
    assert preview_of(window) is Preview.READ
    window.presenter.print_receipt()
    window.presenter.printed(receipt_of(acceptance.number))
    window.presenter.next_client()
    assert preview_of(window) is Preview.STARTING


def test_lost_camera_is_told_and_goes_on_by_itself(window: Window) -> None:
    window.presenter.preview_started()
    window.presenter.camera_lost(CameraAbsent("camera:0"))
    assert (preview_of(window), window.page.notice) == (Preview.AWAY, "CAMERA_ABSENT")
    window.presenter.preview_started()
    assert (preview_of(window), window.page.notice) == (Preview.RUNNING, "CAMERA_BACK")


def test_clerk_stops_waiting_for_a_lost_camera(window: Window) -> None:
    window.presenter.camera_lost(CameraAbsent("camera:0"))
    window.presenter.stop_preview()
    assert window.times("stop_preview") == 1
    # Lost anew before that was heard.
    window.presenter.camera_lost(CameraAbsent("camera:0"))
    window.presenter.preview_stopped()
    assert preview_of(window) is Preview.STOPPED


def test_way_back_to_a_draft_is_not_hidden_by_a_camera_that_is_back(window: Window) -> None:
    window.record()
    window.presenter.choose_entry(LookUp.TICKET)
    window.presenter.preview_started()
    window.presenter.camera_lost(CameraAbsent("camera:0"))
    window.presenter.preview_started()
    assert window.page.notice == "DRAFT_KEPT"


def test_camera_is_chosen_and_adjusted_from_the_page(window: Window) -> None:
    window.presenter.look_for_cameras()
    window.presenter.choose_camera("usb-2")
    window.presenter.adjust_camera(Adjustment(rotation=90))
    window.presenter.fit_preview(800, 600)
    assert window.asked[-4:] == [
        ("look_for_cameras",),
        ("choose_camera", "usb-2"),
        ("adjust_camera", Adjustment(rotation=90)),
        ("fit_preview", 800, 600),
    ]
    choices = (CameraChoice("usb-1", "文档相机"), CameraChoice("usb-2", "摄像头"))
    window.presenter.cameras_known(choices, "usb-2")
    assert window.page.told["show_cameras"] == (choices, "usb-2")
    window.presenter.adjustment_known(Adjustment(rotation=90))
    assert window.page.told["show_adjustment"] == (Adjustment(rotation=90),)


def test_back_at_the_ticket_before_the_camera_has_stopped_starts_it_again(window: Window) -> None:
    window.presenter.preview_started()
    window.presenter.choose_entry(LookUp.APPOINTMENT)
    window.presenter.choose_entry(LookUp.TICKET)
    asked = [asked[0] for asked in window.asked]
    assert asked == ["take_drafts", "start_preview", "stop_preview", "start_preview"]


def test_a_failed_camera_leaves_the_keyboard_path_open(window: Window) -> None:
    window.presenter.camera_failed(DomainError())
    assert window.page.told["show_preview"] == (Preview.STOPPED,)
    window.presenter.enter_ticket("A023")
    assert window.page.stage is Stage.IDENTIFYING


def test_a_missing_category_is_told_and_nothing_else_is_lost(window: Window) -> None:
    typed = replace(FILLED, category=None)
    window.record(typed)
    window.presenter.commit()
    assert (window.page.stage, window.page.notice) == (Stage.RECORDING, "CATEGORY_MISSING")
    assert window.page.focused is Spot.CATEGORY
    assert window.page.fields == typed
    window.presenter.pick_category(Category.HALL_PENDING)
    assert window.page.notice == ""
    assert window.page.problems == {}


def test_a_wrong_check_digit_keeps_what_was_typed(window: Window) -> None:
    typed = replace(FILLED, number=NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1"))
    window.record(typed)
    window.presenter.leave_field(Spot.NUMBER)
    assert window.page.problems == {Spot.NUMBER: "DOCUMENT_CHECK_CHARACTER"}
    window.presenter.commit()
    assert (window.page.stage, window.page.focused) == (Stage.RECORDING, Spot.NUMBER)
    assert window.page.fields == typed
    window.page.fields = FILLED
    window.presenter.edit_field(Spot.NUMBER)
    assert window.page.problems == {}
    assert window.page.notice == ""


def test_a_telephone_number_that_cannot_be_one_is_told_at_its_field(window: Window) -> None:
    window.record(replace(FILLED, phone="分机 8"))
    window.presenter.commit()
    assert (window.page.stage, window.page.focused) == (Stage.RECORDING, Spot.PHONE)
    assert window.page.problems == {Spot.PHONE: "PHONE_INVALID"}
    window.page.fields = FILLED
    window.presenter.edit_field(Spot.PHONE)
    assert window.page.problems == {}
    assert window.page.notice == ""


def test_no_complaint_while_a_number_is_being_typed(window: Window) -> None:
    window.record(replace(FILLED, number="4420"))
    window.presenter.edit_field(Spot.NUMBER)
    assert window.page.problems == {}


def test_an_unknown_region_is_a_doubt_that_lets_the_clerk_go_on(window: Window) -> None:
    odd = "99200019900307888"
    window.record(replace(FILLED, number=odd + mod_11_2.calc_check_digit(odd)))
    window.presenter.leave_field(Spot.NUMBER)
    assert window.page.problems == {Spot.NUMBER: "DOUBT_REGION_UNKNOWN"}
    window.presenter.commit()
    assert window.page.stage is Stage.CONFIRMING
    warnings = window.page.told["show_summary"][2]
    assert [words.code for words in warnings] == ["DOUBT_REGION_UNKNOWN"]


def test_a_category_that_differs_from_the_catalogue_warns_and_does_not_block(
    window: Window,
) -> None:
    window.record(replace(FILLED, category=None))
    window.presenter.pick_category(Category.DEPARTMENT_INTERNAL)
    assert window.page.told["show_category_hint"][1].code == "CATEGORY_DIFFERS"
    window.presenter.commit()
    assert window.page.stage is Stage.CONFIRMING


def test_the_category_is_never_chosen_by_the_page(window: Window) -> None:
    window.record()
    window.presenter.back()
    window.presenter.choose_entry(LookUp.TICKET)
    window.presenter.enter_ticket("A024")
    window.presenter.found(found(MATTER))
    window.presenter.proceed()
    assert window.page.fields.category is None


def test_a_matter_for_units_asks_for_the_credit_code(window: Window) -> None:
    window.presenter.enter_ticket("A023")
    window.presenter.found(found(replace(MATTER, audience=Audience.UNIT)))
    window.presenter.proceed()
    assert window.page.fields.document_type is DocumentType.CREDIT_CODE


def test_the_department_serial_belongs_to_department_internal_only(window: Window) -> None:
    window.record(replace(FILLED, department_serial="RS-1"))
    window.presenter.commit()
    window.presenter.commit()
    assert window.last("accept")[0].department_serial == ""


def test_ctrl_enter_twice_more_accepts_once(window: Window) -> None:
    window.record()
    for _ in range(4):
        window.presenter.commit()
    assert window.times("accept") == 1
    assert window.page.stage is Stage.ACCEPTING


def test_esc_and_the_look_ups_wait_until_the_acceptance_is_decided(window: Window) -> None:
    window.record()
    window.presenter.commit()
    window.presenter.commit()
    window.presenter.back()
    window.presenter.choose_entry(LookUp.MATTER)
    window.presenter.restore()
    assert window.page.stage is Stage.ACCEPTING


def test_a_refused_acceptance_returns_to_the_check_with_all_kept(window: Window) -> None:
    window.record()
    window.presenter.commit()
    window.presenter.commit()
    window.presenter.refused(DomainError())
    assert (window.page.stage, window.page.notice) == (Stage.CONFIRMING, "RULE_BROKEN")
    assert window.page.fields == FILLED
    window.presenter.commit()
    assert window.times("accept") == 2


def test_an_answer_nobody_waits_for_changes_nothing(window: Window) -> None:
    window.presenter.found(found(MATTER))
    assert window.page.stage is Stage.WAITING
    window.record()
    window.presenter.commit()
    window.presenter.accepted(acceptance_of(Form(found(MATTER), MATTER, *_values(FILLED))))
    assert window.page.stage is Stage.CONFIRMING


def _values(entries: Entries) -> tuple[Any, ...]:
    return entries.category, entries.document_type, entries.name, entries.number


def test_a_form_left_by_esc_comes_back_with_all_that_was_typed(window: Window) -> None:
    window.record()
    window.presenter.back()
    assert (window.page.stage, window.page.notice) == (Stage.FOUND, "DRAFT_KEPT")
    assert window.page.told["show_notice"][2] is Offer.RESTORE
    assert window.page.fields == Entries()
    window.presenter.take_offer(Offer.RESTORE)
    assert (window.page.stage, window.page.fields) == (Stage.RECORDING, FILLED)
    assert window.page.notice == ""


def test_a_form_left_for_another_client_is_not_offered_after_them(window: Window) -> None:
    window.record()
    window.presenter.choose_entry(LookUp.TICKET)
    assert (window.page.stage, window.page.notice) == (Stage.WAITING, "DRAFT_KEPT")
    assert window.page.told["show_notice"][0].title == "已暂存：欧阳建国 · 社会保险登记"
    other = replace(FILLED, name="张三")
    window.record(other, OTHER)
    window.presenter.commit()
    window.presenter.commit()
    acceptance = acceptance_of(window.last("accept")[0])
    window.presenter.accepted(acceptance)
    window.presenter.print_receipt()
    window.presenter.printed(receipt_of(acceptance.number))
    window.presenter.next_client()
    assert (window.page.stage, window.page.notice) == (Stage.WAITING, "")
    window.presenter.restore()
    assert window.page.stage is Stage.WAITING


def test_pressing_proceed_again_brings_the_form_back_too(window: Window) -> None:
    window.record()
    window.presenter.back()
    window.presenter.proceed()
    assert window.page.fields == FILLED
    window.presenter.choose_entry(LookUp.TICKET)
    window.presenter.restore()
    window.presenter.back()
    window.presenter.restore()
    assert window.page.fields == FILLED


def test_an_empty_form_is_left_without_a_word(window: Window) -> None:
    window.record(Entries())
    window.presenter.back()
    assert window.page.notice == ""


def test_esc_walks_back_one_step_at_a_time(window: Window) -> None:
    window.record()
    window.presenter.commit()
    steps = []
    for _ in range(4):
        window.presenter.back()
        steps.append(window.page.stage)
    assert steps == [Stage.RECORDING, Stage.FOUND, Stage.WAITING, Stage.WAITING]


def test_an_offline_acceptance_says_so(window: Window) -> None:
    window.record()
    window.presenter.commit()
    window.presenter.commit()
    window.presenter.accepted(acceptance_of(window.last("accept")[0], offline=True))
    assert window.page.told["show_accepted"][1].code == "ACCEPTED_OFFLINE"


def test_a_reprint_is_asked_back_and_esc_cancels_it(window: Window) -> None:
    acceptance = window.accept()
    window.presenter.ask_reprint()
    assert window.page.notice == ""
    window.presenter.print_receipt()
    window.presenter.printed(receipt_of(acceptance.number))
    window.presenter.ask_reprint()
    assert (window.page.notice, window.page.focused) == ("REPRINT_ASKED", Spot.NOTICE)
    window.presenter.back()
    assert window.times("print_receipt") == 1
    window.presenter.ask_reprint()
    window.presenter.take_offer(Offer.REPRINT)
    assert window.last("print_receipt") == (acceptance, True)


def test_a_receipt_is_printed_once_however_often_enter_is_pressed(window: Window) -> None:
    acceptance = window.accept()
    window.presenter.print_receipt()
    window.presenter.print_receipt()
    window.presenter.printed(receipt_of(acceptance.number))
    window.presenter.print_receipt()
    assert window.times("print_receipt") == 1


def test_a_failed_print_can_be_tried_again_and_is_no_reprint(window: Window) -> None:
    acceptance = window.accept()
    window.presenter.print_receipt()
    window.presenter.print_failed(acceptance.number, DomainError())
    assert (window.page.stage, window.page.focused) == (Stage.ACCEPTED, Spot.PRINT)
    window.presenter.print_receipt()
    assert window.last("print_receipt") == (acceptance, False)


def test_handing_over_needs_the_paper_first(window: Window) -> None:
    window.accept()
    window.presenter.hand_over()
    assert window.times("hand_over") == 0


def test_handing_over_that_was_not_recorded_can_be_pressed_again(window: Window) -> None:
    acceptance = window.accept()
    window.presenter.print_receipt()
    window.presenter.printed(receipt_of(acceptance.number))
    window.presenter.hand_over()
    window.presenter.hand_over_refused(acceptance.number, DomainError())
    assert window.page.focused is Spot.HAND_OVER
    window.presenter.hand_over()
    assert window.times("hand_over") == 2


@pytest.mark.parametrize("by_key", [False, True])
def test_clerk_is_asked_before_leaving_a_client_without_a_receipt(
    window: Window, by_key: bool
) -> None:
    window.accept()
    if by_key:
        window.presenter.choose_entry(LookUp.MATTER)
    else:
        window.presenter.next_client()
    assert (window.page.stage, window.page.notice) == (Stage.ACCEPTED, "RECEIPT_NOT_PRINTED")
    assert window.page.told["show_notice"][2] is Offer.GO_ON
    assert window.page.focused is Spot.NOTICE
    window.presenter.take_offer(Offer.GO_ON)
    assert window.page.stage is Stage.WAITING
    entry = LookUp.MATTER if by_key else LookUp.TICKET
    assert window.page.told["show_entry"] == (entry,)


def test_clerk_takes_back_the_wish_to_go_on_without_a_receipt(window: Window) -> None:
    window.accept()
    window.presenter.next_client()
    window.presenter.back()
    assert (window.page.notice, window.page.focused) == ("", Spot.PRINT)
    assert window.page.stage is Stage.ACCEPTED


def test_receipt_that_comes_out_meanwhile_answers_the_question(window: Window) -> None:
    acceptance = window.accept()
    window.presenter.print_receipt()
    window.presenter.next_client()
    window.presenter.printed(receipt_of(acceptance.number))
    assert (window.page.notice, window.page.focused) == ("", Spot.HAND_OVER)
    window.presenter.next_client()
    assert window.page.stage is Stage.WAITING


@pytest.mark.parametrize("entry", [LookUp.TICKET, LookUp.APPOINTMENT])
def test_clerk_whose_look_up_the_hall_cannot_answer_is_led_to_the_search(
    window: Window, entry: LookUp
) -> None:
    window.presenter.choose_entry(entry)
    if entry is LookUp.TICKET:
        window.presenter.enter_ticket("A024")
    else:
        window.presenter.enter_appointment("YY0001")
    window.presenter.refused(HallUnreachable("no route"))
    assert (window.page.stage, window.page.notice) == (Stage.WAITING, "LOOK_UP_OFFLINE")


def test_a_paper_of_the_client_before_changes_nothing(window: Window) -> None:
    acceptance = window.accept()
    window.presenter.print_receipt()
    window.presenter.next_client()
    window.presenter.take_offer(Offer.GO_ON)
    window.presenter.printed(receipt_of(acceptance.number))
    assert "show_printed" not in window.page.told
    assert window.page.stage is Stage.WAITING


def test_a_failed_print_of_the_client_before_is_told_with_its_number(window: Window) -> None:
    earlier = window.accept()
    window.presenter.print_receipt()
    window.presenter.next_client()
    window.presenter.take_offer(Offer.GO_ON)
    window.record()
    window.presenter.print_failed(earlier.number, DomainError())
    assert window.page.notice == "EARLIER_NOT_PRINTED"
    assert earlier.number in window.page.told["show_notice"][0].title
    assert window.page.stage is Stage.RECORDING


def test_a_failed_print_of_another_leaves_the_one_under_way_alone(window: Window) -> None:
    acceptance = window.accept()
    window.presenter.print_receipt()
    window.presenter.print_failed("44200020261000000X", DomainError())
    assert "show_not_printed" not in window.page.told
    window.presenter.printed(receipt_of(acceptance.number))
    assert window.page.focused is Spot.HAND_OVER


def test_a_handing_over_of_the_client_before_ends_no_look_up(window: Window) -> None:
    earlier = window.accept()
    window.presenter.print_receipt()
    window.presenter.printed(receipt_of(earlier.number))
    window.presenter.hand_over()
    window.presenter.next_client()
    window.presenter.enter_ticket("A024")
    window.presenter.hand_over_refused(earlier.number, DomainError())
    assert (window.page.stage, window.page.notice) == (
        Stage.IDENTIFYING,
        "EARLIER_NOT_HANDED_OVER",
    )
    window.presenter.found(found(MATTER))
    assert window.page.stage is Stage.FOUND


def test_a_search_that_failed_is_told_in_the_place_of_its_results(window: Window) -> None:
    window.presenter.choose_entry(LookUp.MATTER)
    window.presenter.change_query("sb")
    serial, _ = window.last("search")
    window.presenter.enter_ticket("A023")
    window.presenter.search_refused(serial, DomainError())
    assert window.page.stage is Stage.IDENTIFYING
    matters, words = window.page.told["show_matters"]
    assert (matters, words.code) == ((), "RULE_BROKEN")


def test_a_failed_search_for_an_earlier_keystroke_is_ignored(window: Window) -> None:
    window.presenter.choose_entry(LookUp.MATTER)
    window.presenter.change_query("s")
    early, _ = window.last("search")
    window.presenter.change_query("sb")
    window.presenter.search_refused(early, DomainError())
    assert "show_matters" not in window.page.told


def test_a_refusal_after_signing_out_is_not_told_to_the_next_clerk(window: Window) -> None:
    window.presenter.enter_ticket("A023")
    window.presenter.forget()
    window.presenter.welcome("002")
    window.presenter.enter()
    window.presenter.refused(DomainError())
    assert (window.page.stage, window.page.notice) == (Stage.WAITING, "")


def test_a_clerk_who_wants_to_leave_while_accepting_is_told_to_wait(window: Window) -> None:
    window.record()
    window.presenter.commit()
    assert not window.presenter.is_accepting
    window.presenter.commit()
    assert window.presenter.is_accepting
    window.presenter.leaving_refused()
    assert (window.page.stage, window.page.notice) == (Stage.ACCEPTING, "SUBMITTING")
    window.presenter.accepted(acceptance_of(window.last("accept")[0]))
    assert window.page.notice == ""
    assert not window.presenter.is_accepting


def pulled_while_accepting(window: Window) -> Acceptance:
    """The key is pulled after 提交; the answer comes when nobody is signed in any more."""
    window.presenter.welcome("001")
    window.record()
    window.presenter.commit()
    window.presenter.commit()
    acceptance = acceptance_of(window.last("accept")[0])
    window.presenter.lock()
    window.presenter.accepted(acceptance)
    return acceptance


def test_an_acceptance_that_came_after_the_key_was_pulled_waits_for_its_clerk(
    window: Window,
) -> None:
    acceptance = pulled_while_accepting(window)
    assert "show_accepted" not in window.page.told
    window.presenter.welcome("001")
    window.presenter.enter()
    assert window.page.stage is Stage.ACCEPTED
    assert window.page.told["show_accepted"][0] == acceptance
    assert (window.page.notice, window.page.focused) == ("RECEIPT_MISSED", Spot.PRINT)
    window.presenter.print_receipt()
    assert window.last("print_receipt") == (acceptance, False)
    window.presenter.printed(receipt_of(acceptance.number))
    window.presenter.next_client()
    assert window.page.stage is Stage.WAITING
    window.presenter.forget()
    window.presenter.welcome("001")
    window.presenter.enter()
    assert window.page.stage is Stage.WAITING


def test_another_clerk_does_not_see_whose_receipt_is_missing(window: Window) -> None:
    acceptance = pulled_while_accepting(window)
    window.presenter.welcome("002")
    window.presenter.enter()
    assert window.page.stage is Stage.WAITING
    assert "show_accepted" not in window.page.told
    window.presenter.forget()
    window.presenter.welcome("001")
    window.presenter.enter()
    assert window.page.told["show_accepted"][0] == acceptance


def test_a_key_pulled_before_the_receipt_came_out_brings_the_page_back(window: Window) -> None:
    window.presenter.welcome("001")
    acceptance = window.accept()
    window.presenter.lock()
    assert window.page.stage is Stage.WAITING
    window.presenter.welcome("001")
    window.presenter.enter()
    assert window.page.told["show_accepted"][0] == acceptance


def test_nothing_of_a_client_stays_after_signing_out(window: Window) -> None:
    window.record()
    window.presenter.back()
    window.presenter.forget()
    window.presenter.restore()
    assert (window.page.stage, window.page.fields) == (Stage.WAITING, Entries())
