"""The key is pulled and comes back: what was on the page waits for its clerk, in the journal."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clerk_client.desk.drafts import Drafts
from clerk_client.desk.forms import Draft, Entries, Found, Place
from clerk_client.domain.cases import Category, LookUp
from clerk_client.domain.people import DocumentType
from clerk_client.domain.stages import Stage
from clerk_client.hall_link.errors import HallUnreachable
from clerk_client.journal.errors import JournalFull
from clerk_client.journal.opening import journal_with_key
from clerk_client.journal.store import Journal
from clerk_client.ui.reception.exchange import Offer, Preview, Spot
from tests.unit.test_reception_presenter import (
    FILLED,
    MATTER,
    OTHER,
    PARENT,
    TICKET_TEXT,
    Window,
    acceptance_of,
    found,
    receipt_of,
    ticket,
)
from ukey.errors import TokenRemoved


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class Desk(Window):
    """A presenter whose drafts go to a real journal; the desk's answers come when a test says."""

    def __init__(self, journal: Journal) -> None:
        self.clock = Clock()
        self.drafts = Drafts(journal, self.clock)
        self.error: Exception | None = None
        super().__init__()

    def _recorder(self, name: str) -> Callable[..., None]:
        record = super()._recorder(name)

        def ask(*told: Any) -> None:
            record(*told)
            if name == "keep_drafts":
                self._keep(*told)
            elif name == "forget_drafts":
                self.drafts.forget(*told)

        return ask

    def _keep(self, clerk: str, drafts: Sequence[Draft]) -> None:
        if self.error:
            self.presenter.drafts_not_kept(clerk, drafts, self.error)
        else:
            self.drafts.keep(clerk, drafts)

    def come(self, clerk: str = "001") -> None:
        """Key and PIN were right, the page is shown; the desk has not answered yet."""
        self.presenter.welcome(clerk)
        self.presenter.enter()

    def answer(self, clerk: str = "001") -> None:
        self.presenter.drafts_taken(clerk, self.drafts.take(clerk))

    def sign_in(self, clerk: str = "001") -> None:
        self.come(clerk)
        self.answer(clerk)

    def submit(self) -> None:
        self.record()
        self.presenter.commit()
        self.presenter.commit()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = journal_with_key(tmp_path / "journal.db", bytes(32))
    yield opened
    opened.close()


@pytest.fixture
def desk(journal: Journal) -> Desk:
    return Desk(journal)


def assert_empty(desk: Desk) -> None:
    """Nothing of a client is on the page or behind it."""
    assert (desk.page.stage, desk.page.fields, desk.page.notice) == (
        Stage.WAITING,
        Entries(),
        "",
    )
    for part in ("clear_found", "clear_look_ups", "clear_papers"):
        assert part in desk.page.told
    assert desk.page.told["show_preview"] == (Preview.STOPPED,)
    assert desk.page.told["show_category_hint"] == (None, None)


# --- what was on the page ---


def test_clerk_whose_key_was_pulled_goes_on_in_the_middle_of_the_form(desk: Desk) -> None:
    typed = Entries(
        Category.DEPARTMENT_INTERNAL, DocumentType.PASSPORT, "欧阳建国", "", "0760", "7"
    )
    desk.record(typed)
    desk.presenter.lock()
    assert_empty(desk)
    desk.sign_in()
    assert (desk.page.stage, desk.page.fields) == (Stage.RECORDING, typed)
    assert (desk.page.notice, desk.page.focused) == ("DRAFT_RESUMED", Spot.NUMBER)
    shown, matter, _, _ = desk.page.told["show_matter"]
    assert (shown, matter) == (found(MATTER), MATTER)
    desk.page.fields = FILLED
    desk.presenter.commit()
    desk.presenter.commit()
    assert desk.last("accept")[0].found == found(MATTER)


def test_an_empty_form_comes_back_too(desk: Desk) -> None:
    desk.record(Entries())
    desk.presenter.lock()
    desk.sign_in()
    assert (desk.page.stage, desk.page.focused) == (Stage.RECORDING, Spot.CATEGORY)


def test_clerk_whose_key_was_pulled_at_the_check_is_back_at_the_check(desk: Desk) -> None:
    desk.record()
    desk.presenter.check()
    desk.presenter.lock()
    assert_empty(desk)
    desk.sign_in()
    assert (desk.page.stage, desk.page.focused) == (Stage.CONFIRMING, Spot.SUBMIT)
    assert desk.page.told["show_summary"][0].applicant.name == "欧阳建国"
    assert desk.page.notice == "DRAFT_RESUMED"
    desk.presenter.commit()
    assert desk.times("accept") == 1


def test_a_matter_that_was_found_is_found_again(desk: Desk) -> None:
    desk.presenter.ticket_read(TICKET_TEXT)
    desk.presenter.found(found(MATTER, OTHER))
    desk.presenter.choose(1)
    desk.presenter.lock()
    assert_empty(desk)
    desk.sign_in()
    assert (desk.page.stage, desk.page.notice) == (Stage.FOUND, "DRAFT_RESUMED")
    assert desk.page.told["show_matter"][1] == OTHER
    desk.presenter.back()
    assert desk.page.told["offer_matters"][0] == found(MATTER, OTHER)


def test_several_matters_are_offered_again(desk: Desk) -> None:
    desk.presenter.ticket_read(TICKET_TEXT)
    desk.presenter.found(found(MATTER, OTHER))
    desk.presenter.lock()
    desk.sign_in()
    assert (desk.page.stage, desk.page.focused) == (Stage.FOUND, Spot.CHOICE)
    desk.presenter.choose(0)
    desk.presenter.proceed()
    assert desk.page.stage is Stage.RECORDING


def test_a_form_left_by_one_step_back_comes_back_with_its_matter(desk: Desk) -> None:
    desk.record()
    desk.presenter.back()
    desk.presenter.lock()
    assert_empty(desk)
    desk.sign_in()
    assert (desk.page.stage, desk.page.fields) == (Stage.FOUND, Entries())
    assert desk.page.told["show_notice"][2] is Offer.RESTORE
    desk.presenter.proceed()
    assert desk.page.fields == FILLED


@pytest.mark.parametrize("searching", [False, True])
def test_a_ticket_without_a_matter_is_searched_for_again(desk: Desk, searching: bool) -> None:
    desk.presenter.enter_ticket("A023")
    desk.presenter.found(found())
    if searching:
        desk.presenter.change_query("sb")
        desk.presenter.matters_found(desk.last("search")[0], [MATTER])
        desk.presenter.enter_matter(0)
    desk.presenter.lock()
    assert_empty(desk)
    if searching:
        desk.presenter.found(found(MATTER, look_up=LookUp.MATTER))
    desk.sign_in()
    assert (desk.page.stage, desk.page.notice) == (Stage.WAITING, "TICKET_WITHOUT_MATTER")
    assert desk.page.told["show_entry"] == (LookUp.MATTER,)
    desk.presenter.change_query("sb")
    desk.presenter.matters_found(desk.last("search")[0], [MATTER])
    desk.presenter.enter_matter(0)
    desk.presenter.found(found(MATTER, look_up=LookUp.MATTER))
    assert desk.page.told["show_matter"][0].ticket == ticket()


def test_a_parent_whose_children_were_looked_up_is_shown_again(desk: Desk) -> None:
    desk.presenter.enter_ticket("A023")
    desk.presenter.found(found(PARENT))
    desk.presenter.proceed()
    desk.presenter.lock()
    desk.presenter.found(found(MATTER, OTHER, look_up=LookUp.MATTER))
    desk.sign_in()
    assert desk.page.told["show_matter"][1] == PARENT
    desk.presenter.proceed()
    assert desk.last("choose") == ("P",)


def test_other_drafts_are_offered_as_before(desk: Desk) -> None:
    desk.record()
    desk.presenter.choose_entry(LookUp.TICKET)
    desk.record(Entries(), OTHER)
    desk.presenter.lock()
    assert_empty(desk)
    desk.sign_in()
    assert (desk.page.stage, desk.page.fields) == (Stage.RECORDING, Entries())
    desk.presenter.back()
    assert desk.page.told["show_notice"][0].title == "已暂存：欧阳建国 · 社会保险登记"
    desk.presenter.take_offer(Offer.RESTORE)
    assert (desk.page.stage, desk.page.fields) == (Stage.RECORDING, FILLED)


def test_a_draft_left_for_nobody_else_is_offered_after_the_lock(desk: Desk) -> None:
    desk.record()
    desk.presenter.choose_entry(LookUp.TICKET)
    desk.presenter.lock()
    assert_empty(desk)
    desk.sign_in()
    assert (desk.page.stage, desk.page.notice) == (Stage.WAITING, "DRAFT_KEPT")
    desk.presenter.take_offer(Offer.RESTORE)
    assert desk.page.fields == FILLED


def test_a_page_without_a_client_keeps_nothing_and_comes_back_as_it_was(desk: Desk) -> None:
    desk.presenter.preview_started()
    desk.presenter.lock()
    assert desk.times("keep_drafts") == 0
    desk.sign_in()
    assert (desk.page.stage, desk.page.notice) == (Stage.WAITING, "")
    assert desk.asked[-1] == ("start_preview", True)


def test_the_camera_waits_until_it_is_known_what_comes_back(desk: Desk) -> None:
    """The client's own ticket may still lie below it."""
    desk.record()
    desk.presenter.lock()
    before = desk.times("start_preview")
    desk.come()
    assert desk.times("start_preview") == before
    desk.answer()
    assert desk.times("start_preview") == before
    assert desk.page.stage is Stage.RECORDING


def test_clerk_on_another_page_by_then_finds_the_form_when_they_are_back(desk: Desk) -> None:
    desk.record()
    desk.presenter.lock()
    desk.come()
    desk.presenter.leave()
    desk.answer()
    desk.presenter.enter()
    assert (desk.page.stage, desk.page.fields) == (Stage.RECORDING, FILLED)


def test_a_form_that_breaks_a_rule_by_now_is_recorded_again(desk: Desk) -> None:
    desk.record()
    desk.presenter.check()
    desk.presenter.lock()
    (kept,) = desk.drafts.take("001")
    stale = replace(kept, entries=replace(FILLED, phone="分机 8"))
    desk.drafts.keep("001", [stale])
    desk.sign_in()
    assert (desk.page.stage, desk.page.notice) == (Stage.RECORDING, "PHONE_INVALID")


def test_a_form_is_locked_and_resumed_as_often_as_the_key_is_pulled(desk: Desk) -> None:
    desk.record()
    for _ in range(3):
        desk.presenter.lock()
        assert_empty(desk)
        desk.sign_in()
        assert (desk.page.stage, desk.page.fields) == (Stage.RECORDING, FILLED)
    assert desk.drafts.take("001") == []


# --- whose they are, and how long ---


def test_another_clerk_sees_nothing_of_a_locked_form(desk: Desk) -> None:
    desk.record()
    desk.presenter.lock()
    desk.sign_in("002")
    assert (desk.page.stage, desk.page.fields, desk.page.notice) == (
        Stage.WAITING,
        Entries(),
        "",
    )
    desk.presenter.restore()
    assert desk.page.stage is Stage.WAITING
    desk.presenter.forget()
    desk.sign_in("001")
    assert desk.page.fields == FILLED


def test_two_clerks_find_each_their_own(desk: Desk) -> None:
    desk.record()
    desk.presenter.lock()
    desk.sign_in("002")
    other = replace(FILLED, name="张三")
    desk.record(other, OTHER)
    desk.presenter.lock()
    desk.sign_in("001")
    assert desk.page.fields == FILLED
    desk.presenter.lock()
    desk.sign_in("002")
    assert desk.page.fields == other


def test_signing_out_destroys_every_draft_of_the_clerk(desk: Desk) -> None:
    desk.record()
    desk.presenter.lock()
    desk.sign_in()
    desk.presenter.back()
    desk.presenter.forget()
    assert desk.last("forget_drafts") == ("001",)
    desk.sign_in()
    assert (desk.page.stage, desk.page.notice) == (Stage.WAITING, "")


def test_signing_out_before_the_drafts_came_destroys_them_too(desk: Desk) -> None:
    desk.record()
    desk.presenter.lock()
    desk.come()
    on_their_way = desk.drafts.take("001")
    desk.presenter.forget()
    desk.presenter.drafts_taken("001", on_their_way)
    desk.sign_in()
    assert desk.page.stage is Stage.WAITING


def test_a_key_pulled_before_the_drafts_came_loses_none(desk: Desk) -> None:
    desk.record()
    desk.presenter.lock()
    desk.come()
    on_their_way = desk.drafts.take("001")
    desk.presenter.lock()
    desk.presenter.drafts_taken("001", on_their_way)
    assert_empty(desk)
    desk.sign_in()
    assert desk.page.fields == FILLED


def test_a_draft_of_yesterday_is_nobodys_any_more(desk: Desk) -> None:
    desk.record()
    desk.presenter.lock()
    desk.clock.moment += timedelta(hours=15)
    desk.sign_in()
    assert (desk.page.stage, desk.page.fields) == (Stage.WAITING, Entries())


# --- a journal that cannot be written, or read ---


def test_drafts_that_could_not_be_written_are_kept_in_memory_and_told(desk: Desk) -> None:
    desk.error = JournalFull()
    desk.record()
    desk.presenter.lock()
    assert_empty(desk)
    desk.sign_in("002")
    assert desk.page.stage is Stage.WAITING
    desk.presenter.forget()
    desk.sign_in("001")
    assert (desk.page.stage, desk.page.fields) == (Stage.RECORDING, FILLED)
    assert desk.page.notice == "DRAFT_NOT_SAVED"


def test_drafts_in_memory_do_not_outlive_the_day_or_the_sign_out(desk: Desk) -> None:
    desk.error = JournalFull()
    desk.record()
    desk.presenter.lock()
    desk.today += timedelta(days=1)
    desk.sign_in()
    assert desk.page.stage is Stage.WAITING
    desk.record()
    desk.presenter.lock()
    desk.come()
    desk.presenter.forget()
    desk.sign_in()
    assert desk.page.stage is Stage.WAITING


def test_drafts_that_cannot_be_read_are_told_and_stay_kept(desk: Desk) -> None:
    desk.record()
    desk.presenter.lock()
    desk.come()
    desk.presenter.drafts_refused("001", JournalFull())
    assert (desk.page.stage, desk.page.notice) == (Stage.WAITING, "DRAFT_NOT_READ")
    assert desk.asked[-1] == ("start_preview", True)
    desk.presenter.lock()
    desk.sign_in()
    assert desk.page.fields == FILLED


def test_drafts_promised_to_stay_outlive_the_sign_out(desk: Desk) -> None:
    desk.record()
    desk.presenter.lock()
    desk.come()
    desk.presenter.drafts_refused("001", JournalFull())
    desk.presenter.forget()
    assert desk.times("forget_drafts") == 0
    desk.sign_in()
    assert desk.page.fields == FILLED
    desk.presenter.forget()
    assert desk.last("forget_drafts") == ("001",)
    desk.sign_in()
    assert desk.page.stage is Stage.WAITING


def test_drafts_promised_to_stay_are_kept_again_when_they_come_too_late(desk: Desk) -> None:
    desk.record()
    desk.presenter.lock()
    desk.come()
    desk.presenter.drafts_refused("001", JournalFull())
    desk.presenter.forget()
    desk.come()
    on_their_way = desk.drafts.take("001")
    desk.presenter.forget()
    desk.presenter.drafts_taken("001", on_their_way)
    assert_empty(desk)
    desk.sign_in()
    assert desk.page.fields == FILLED


def test_a_refusal_to_read_of_the_clerk_before_tells_the_next_one_nothing(desk: Desk) -> None:
    desk.presenter.lock()
    desk.come()
    desk.presenter.lock()
    desk.sign_in("002")
    desk.presenter.drafts_refused("001", JournalFull())
    assert desk.page.notice == ""
    desk.presenter.forget()
    assert desk.last("forget_drafts") == ("002",)


def test_signing_out_of_an_idle_page_destroys_what_was_kept(desk: Desk) -> None:
    desk.record()
    desk.presenter.lock()
    desk.sign_in("002")
    desk.presenter.lock()
    desk.come("001")
    desk.answer("001")
    desk.presenter.choose_entry(LookUp.TICKET)
    desk.presenter.forget()
    assert desk.last("forget_drafts") == ("001",)
    assert desk.drafts.take("001") == []


# --- in the middle of an acceptance ---


def test_an_acceptance_that_came_before_the_lock_leaves_no_draft(desk: Desk) -> None:
    acceptance = desk.accept()
    desk.presenter.lock()
    assert_empty(desk)
    assert desk.times("keep_drafts") == 0
    desk.sign_in()
    assert desk.page.told["show_accepted"][0] == acceptance
    assert desk.page.notice == "RECEIPT_MISSED"


def test_an_acceptance_that_stands_after_the_lock_leaves_no_draft(desk: Desk) -> None:
    desk.submit()
    desk.presenter.lock()
    assert_empty(desk)
    assert desk.drafts.take("001") == []
    acceptance = acceptance_of(desk.last("accept")[0])
    desk.presenter.accepted(acceptance)
    assert_empty(desk)
    desk.sign_in()
    assert desk.page.told["show_accepted"][0] == acceptance
    desk.presenter.print_receipt()
    desk.presenter.printed(receipt_of(acceptance.number))
    desk.presenter.next_client()
    assert (desk.page.stage, desk.page.notice) == (Stage.WAITING, "")
    desk.presenter.restore()
    assert desk.page.stage is Stage.WAITING
    assert desk.times("accept") == 1


def test_an_acceptance_refused_before_the_lock_is_back_at_the_check(desk: Desk) -> None:
    desk.submit()
    desk.presenter.refused(TokenRemoved())
    desk.presenter.lock()
    assert_empty(desk)
    desk.sign_in()
    assert (desk.page.stage, desk.page.fields) == (Stage.CONFIRMING, FILLED)


def test_an_acceptance_refused_after_the_lock_is_back_at_the_check(desk: Desk) -> None:
    desk.submit()
    desk.presenter.lock()
    desk.presenter.refused(TokenRemoved())
    assert_empty(desk)
    desk.sign_in("002")
    assert desk.page.stage is Stage.WAITING
    desk.presenter.forget()
    desk.sign_in("001")
    assert (desk.page.stage, desk.page.fields) == (Stage.CONFIRMING, FILLED)
    desk.presenter.submit()
    assert desk.times("accept") == 2


def test_the_same_clerk_back_before_the_refusal_goes_on_at_the_check(desk: Desk) -> None:
    desk.submit()
    desk.presenter.lock()
    desk.sign_in()
    assert desk.page.stage is Stage.WAITING
    desk.presenter.refused(TokenRemoved())
    assert (desk.page.stage, desk.page.fields) == (Stage.CONFIRMING, FILLED)
    assert desk.page.notice == "DRAFT_RESUMED"


def test_the_same_clerk_back_before_the_acceptance_is_shown_it_and_no_form(desk: Desk) -> None:
    desk.submit()
    acceptance = acceptance_of(desk.last("accept")[0])
    desk.presenter.lock()
    desk.sign_in()
    desk.presenter.accepted(acceptance)
    assert (desk.page.stage, desk.page.notice) == (Stage.ACCEPTED, "RECEIPT_MISSED")
    assert desk.page.told["show_accepted"][0] == acceptance
    assert desk.times("accept") == 1


def test_a_refused_form_joins_the_drafts_when_its_clerk_serves_another_by_then(
    desk: Desk,
) -> None:
    desk.submit()
    desk.presenter.lock()
    desk.sign_in()
    desk.presenter.enter_ticket("A024")
    desk.presenter.refused(TokenRemoved())
    assert desk.page.stage is Stage.IDENTIFYING
    desk.presenter.found(found(OTHER))
    assert desk.page.told["show_matter"][1] is OTHER
    desk.presenter.restore()
    assert (desk.page.stage, desk.page.fields) == (Stage.CONFIRMING, FILLED)


def test_an_answer_of_before_the_lock_is_not_taken_for_the_next_clerks(desk: Desk) -> None:
    desk.submit()
    desk.presenter.lock()
    desk.sign_in("002")
    desk.presenter.enter_ticket("A024")
    desk.presenter.refused(TokenRemoved())
    assert desk.page.stage is Stage.IDENTIFYING
    desk.presenter.refused(HallUnreachable())
    assert (desk.page.stage, desk.page.notice) == (Stage.WAITING, "LOOK_UP_OFFLINE")
    desk.presenter.lock()
    desk.sign_in("001")
    assert desk.page.stage is Stage.CONFIRMING


def test_a_look_up_under_way_at_the_lock_is_never_shown(desk: Desk) -> None:
    desk.presenter.enter_ticket("A023")
    desk.presenter.lock()
    desk.sign_in()
    desk.presenter.enter_ticket("A024")
    desk.presenter.found(found(OTHER))
    assert desk.page.stage is Stage.IDENTIFYING
    desk.presenter.found(found(MATTER))
    assert desk.page.told["show_matter"][1] is MATTER


def test_what_the_camera_reads_while_nobody_is_there_is_not_looked_up(desk: Desk) -> None:
    desk.presenter.lock()
    desk.presenter.preview_started()
    desk.presenter.ticket_read(TICKET_TEXT)
    desk.presenter.choices_read([TICKET_TEXT, "A024"])
    desk.presenter.nothing_read()
    assert_empty(desk)
    assert desk.times("begin") == 0
    assert "offer_tickets" not in desk.page.told


def test_a_print_that_fails_after_the_lock_tells_nobody_else(desk: Desk) -> None:
    acceptance = desk.accept()
    desk.presenter.print_receipt()
    desk.presenter.lock()
    desk.presenter.print_failed(acceptance.number, JournalFull())
    assert_empty(desk)


def test_the_open_form_survives_a_client_who_was_shown_first(desk: Desk) -> None:
    """An acceptance without its receipt comes first; what stood on the page is offered after."""
    desk.accept()
    desk.presenter.lock()
    draft = Draft(Found(LookUp.MATTER, (OTHER,)), OTHER, FILLED, Place.CONFIRMING)
    desk.drafts.keep("001", [draft])
    desk.sign_in()
    assert (desk.page.stage, desk.page.notice) == (Stage.ACCEPTED, "RECEIPT_MISSED")
    desk.presenter.next_client()
    desk.presenter.take_offer(Offer.GO_ON)
    assert (desk.page.stage, desk.page.notice) == (Stage.WAITING, "DRAFT_KEPT")
    desk.presenter.restore()
    assert (desk.page.stage, desk.page.fields) == (Stage.CONFIRMING, FILLED)
