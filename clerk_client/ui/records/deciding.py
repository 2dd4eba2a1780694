"""The supervisor's conversation: which voids wait, and their word on each."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from clerk_client.desk.void_reasons import VoidReasonInvalid, checked_reason
from clerk_client.domain.clock import hall_time
from clerk_client.ui.notices import Level
from clerk_client.ui.records.exchange import RecordsActions, RecordsView
from clerk_client.ui.wording import wording_for

if TYPE_CHECKING:
    from clerk_client.hall_link.approvals import WaitingVoid


class DecidingPresenter:
    """For a supervisor at their own station; silent for everybody else.

    While the hall is away the last list stays, with its age, and may be decided on.
    """

    def __init__(
        self, view: RecordsView, actions: RecordsActions, now: Callable[[], datetime]
    ) -> None:
        self._view = view
        self._actions = actions
        self._now = now
        self._is_supervisor = False
        self._waiting: tuple[WaitingVoid, ...] = ()
        self._taken_at: datetime | None = None
        self._problem: Exception | None = None
        self._request = ""
        self._is_asking = self._is_deciding = False
        self._meant: Callable[[], None] | None = None

    def welcome(self, *, is_supervisor: bool) -> None:
        """Somebody signed in."""
        self._is_supervisor = is_supervisor
        self._view.offer_approvals(is_supervisor)

    def forget(self) -> None:
        """They left."""
        self._is_supervisor = self._is_asking = self._is_deciding = False
        self._waiting, self._taken_at, self._problem, self._meant = (), None, None, None
        self._request = ""
        self._view.offer_approvals(False)
        self._show()

    def refresh(self) -> None:
        """When the page is shown, and by F5. One question at a time."""
        if self._is_supervisor and not self._is_asking:
            self._is_asking = True
            self._actions.list_waiting()

    def waiting_listed(self, waiting: "tuple[WaitingVoid, ...]") -> None:
        """The hall's answer."""
        self._is_asking = False
        if self._is_supervisor:
            self._waiting, self._taken_at, self._problem = waiting, self._now(), None
            if self._request not in {each.request for each in waiting}:
                self._drop_question()
            self._show()

    def waiting_refused(self, error: Exception) -> None:
        """No newer list."""
        self._is_asking = False
        if self._is_supervisor:
            self._problem = error
            self._show()

    def tick(self) -> None:
        """Time went by."""
        if self._is_supervisor:
            self._show()

    def mark(self, request: str) -> None:
        """The list's marked row."""
        if request != self._request:
            self._request = request
            self._drop_question()

    def ask_approval(self) -> None:
        """同意作废: asks whether it is meant."""
        chosen = self._chosen()
        if chosen is not None and not self._is_deciding:
            self._meant = partial(self._decide, chosen, True, "")
            facts = {"number": chosen.official or chosen.number}
            self._view.ask_decision(wording_for("VOID_ASK_APPROVE", facts))

    def confirm(self) -> None:
        """It is meant."""
        meant, self._meant = self._meant, None
        if meant is not None:
            meant()

    def go_back(self) -> None:
        """Esc."""
        self._drop_question()
        self._view.focus_list()

    def decline(self, reason: str) -> None:
        """不同意, with the reason that the clerk will ask for."""
        chosen = self._chosen()
        if chosen is None or self._is_deciding:
            return
        try:
            told = checked_reason(reason)
        except VoidReasonInvalid:
            self._view.show_notice(wording_for("VOID_DECLINE_REASON"), Level.ERROR)
            return
        self._decide(chosen, False, told)

    def decided(self, waiting: "WaitingVoid") -> None:
        """The line stands in this journal; the hall may get it later."""
        self._is_deciding = False
        self._view.show_busy(False)
        self._waiting = tuple(each for each in self._waiting if each.request != waiting.request)
        self._drop_question()
        self._view.show_notice(wording_for("VOID_DECISION_KEPT"), Level.SUCCESS)
        self._show()
        self._view.focus_list()

    def not_decided(self, error: Exception) -> None:
        """Nothing was written."""
        self._is_deciding = False
        self._view.show_busy(False)
        self._drop_question()
        self._view.show_notice(wording_for(error), Level.ERROR)
        self.refresh()

    # --- inside ---

    def _chosen(self) -> "WaitingVoid | None":
        return next((each for each in self._waiting if each.request == self._request), None)

    def _decide(self, waiting: "WaitingVoid", is_approved: bool, reason: str) -> None:
        if not self._is_deciding:
            self._is_deciding = True
            self._view.show_notice(None, Level.INFO)
            self._view.show_busy(True)
            self._actions.decide(waiting, is_approved, reason)

    def _drop_question(self) -> None:
        self._meant = None
        self._view.ask_decision(None)

    def _show(self) -> None:
        problem = None if self._problem is None else wording_for(self._problem)
        self._view.show_waiting(self._waiting, self._age(), problem)

    def _age(self) -> str:
        if self._taken_at is None:
            return ""
        minutes = max(0, int((self._now() - self._taken_at).total_seconds() // 60))
        ago = f"{minutes} 分钟前" if minutes else "刚刚"
        return f"取自大厅 {hall_time(self._taken_at)}（{ago}）"
