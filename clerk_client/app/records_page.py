"""The page 办件记录 with its presenters, wired to the workers; and what the start found."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

from clerk_client.app.workers import Workers
from clerk_client.domain.clerks import Role
from clerk_client.ui.main_window import MainWindow
from clerk_client.ui.records.deciding import DecidingPresenter
from clerk_client.ui.records.presenter import RecordsPresenter
from clerk_client.ui.records.view import RecordsPage
from clerk_client.ui.wording import wording_for

if TYPE_CHECKING:
    from clerk_client.desk.records import StartReport
    from clerk_client.desk.session import Session


class WiredRecords:
    """`page` is for the window; `wire` once the window stands."""

    def __init__(
        self, workers: Workers, today: Callable[[], date], now: Callable[[], datetime]
    ) -> None:
        self._workers = workers
        self.page = RecordsPage()
        actions = workers.records_actions()
        self._records = RecordsPresenter(self.page, actions, today)
        self._deciding = DecidingPresenter(self.page, actions, now)
        self._report: StartReport | None = None

    def wire(self, window: MainWindow) -> None:
        """Connects page, presenters, workers and the window's notice."""
        self._window = window
        workers, records, deciding = self._workers, self._records, self._deciding
        worker = workers.records
        self.page.follow(records, deciding)
        worker.listed.connect(records.listed)
        worker.list_refused.connect(records.list_refused)
        worker.refused_listed.connect(records.refused_listed)
        worker.acceptance_read.connect(records.acceptance_read)
        worker.done.connect(records.done)
        worker.not_done.connect(records.not_done)
        for recorded in (worker.done, worker.decided):
            recorded.connect(workers.sync_thread.queued(workers.sync.deliver_now))
        worker.waiting_listed.connect(deciding.waiting_listed)
        worker.waiting_refused.connect(deciding.waiting_refused)
        worker.decided.connect(deciding.decided)
        worker.not_decided.connect(deciding.not_decided)
        worker.start_reported.connect(self._tell_start)
        workers.keys.keys_beside.connect(records.keys_beside)
        workers.print.printed.connect(records.printed)
        workers.print.failed.connect(records.print_failed)
        workers.sync.standing.connect(records.show_standing)
        window.found_taken.connect(self._view_found)

    def welcome(self, session: "Session") -> None:
        """Somebody signed in."""
        self._deciding.welcome(is_supervisor=session.clerk.role is Role.SUPERVISOR)
        self._workers.records_thread.queued(self._workers.records.report_start)()

    def forget(self) -> None:
        """They left: nothing of an applicant stays on the page."""
        self._records.forget()
        self._deciding.forget()

    def _tell_start(self, report: "StartReport") -> None:
        """Once, in the window; 查看 opens the page about it."""
        if not report.notices or not self._window.is_signed_in:
            return
        first = report.notices[0]
        words = wording_for(first.code, {"count": first.count})
        if len(report.notices) > 1:
            facts = {"title": words.title, "next_step": words.next_step}
            words = wording_for("START_MORE", {**facts, "count": len(report.notices) - 1})
        self._report = report
        self._window.show_found(words)

    def _view_found(self) -> None:
        if self._report is not None:
            self._records.open_with(self._report)
            self._report = None
        self._window.show_records()
