"""The window with its pages, wired to the workers."""

import logging
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QWidget

from clerk_client.app.devices import WiredDevices
from clerk_client.app.first_paint import AfterFirstPaint
from clerk_client.app.identity import WiredIdentity
from clerk_client.app.reception_page import wire_reception
from clerk_client.app.records_page import WiredRecords
from clerk_client.app.workers import Workers
from clerk_client.domain.cases import LookUp
from clerk_client.domain.clock import Clock, hall_day
from clerk_client.parts import Parts
from clerk_client.settings import Settings
from clerk_client.ui.crash_page import CrashReports
from clerk_client.ui.diagnostics.presenter import DiagnosticsPresenter
from clerk_client.ui.diagnostics.view import DiagnosticsPage
from clerk_client.ui.login.exchange import KeyHelp
from clerk_client.ui.login.presenter import LoginPresenter
from clerk_client.ui.login.view import LoginPage
from clerk_client.ui.main_window import MainWindow
from clerk_client.ui.reception.gun_filter import watch_gun
from clerk_client.ui.reception.presenter import ReceptionPresenter
from clerk_client.ui.reception.view import ReceptionPage
from clerk_client.ui.saving import speak_chinese
from clerk_client.ui.tallies.presenter import TalliesPresenter
from clerk_client.ui.tallies.view import TalliesPage
from clerk_client.ui.theme import window_icon
from clerk_client.ui.tray import KeyNotices
from clerk_client.ui.wording import set_places, wording_for

if TYPE_CHECKING:
    from clerk_client.desk.forms import Found
    from clerk_client.desk.keys import Plugged
    from clerk_client.desk.session import Session

log = logging.getLogger(__name__)

STOP_DEADLINE_MS = 3000


class Application:
    """One window with its pages and threads. Make it after QApplication; `start`, later `stop`."""

    def __init__(self, settings: Settings, clock: Clock, crashes: CrashReports) -> None:
        self._settings = settings
        self._clock = clock
        set_places(office=settings.key_office)
        self._parts = Parts(settings, clock)
        self._workers = Workers(self._parts)
        self._make_pages()
        self._make_presenters()
        self._wire_keys()
        self._wire_session()
        self._wire_reception()
        self._records.wire(self.window)
        self._wire_other_pages()
        crashes.reported.connect(self.window.show_crash)
        for report in crashes.missed:
            self.window.show_crash(report)

    def start(self) -> None:
        """Shows the login page, then lets the threads begin."""
        self.window.show_login()
        self.window.showMaximized()
        self._start_of_work = AfterFirstPaint(self._login_page.card, self._begin_work)

    def stop(self) -> None:
        """Ends threads, camera, keys and journal, in that order."""
        if self._workers.stop(STOP_DEADLINE_MS):
            self._parts.close()
        else:
            # A thread that hangs in a driver may still use what would be closed here.
            log.error("left open: a thread did not end")

    def _begin_work(self) -> None:
        icon = window_icon()
        self.window.setWindowIcon(icon)
        speak_chinese()
        self._notices.show_icon(icon)
        self._workers.start()
        self._workers.keys_thread.queued(self._workers.keys.watch)()
        self._workers.desk_thread.queued(self._workers.desk.prepare)()

    # --- building ---

    def _make_pages(self) -> None:
        settings = self._settings
        self._login_page = LoginPage(settings.hall_name, settings.station)
        self._reception_page = ReceptionPage()
        self._records = WiredRecords(self._workers, self._today, self._clock.now)
        self._tallies_page = TalliesPage()
        self._diagnostics_page = DiagnosticsPage()
        self.window = MainWindow(
            settings.hall_name,
            self._login_page,
            self._reception_page,
            self._records.page,
            self._tallies_page,
            self._diagnostics_page,
            self._clock.now,
            is_held=lambda: self._reception.is_accepting,
        )
        self._devices = WiredDevices(self._parts, self._workers, self.window)
        self._notices = KeyNotices(self.window)
        self._identity = WiredIdentity(
            self._workers,
            self.window.identity,
            self.window.strip.show_message,
            is_asked=settings.identity is not None,
        )

    def _make_presenters(self) -> None:
        workers = self._workers
        self._login = LoginPresenter(
            self._login_page,
            workers.login_actions(sign_out=self._end_session, open_window=self._open_window),
            self._key_help(),
            self._today,
        )
        actions = workers.reception_actions()
        self._reception = ReceptionPresenter(self._reception_page, actions, self._today)
        self._tallies = TalliesPresenter(
            self._tallies_page,
            workers.desk_thread.queued(workers.desk.tally),
            self._clock.now,
        )
        self._diagnostics = DiagnosticsPresenter(
            self._diagnostics_page,
            workers.diagnosis_thread.queued(workers.diagnosis.diagnose),
            workers.diagnosis_thread.queued(workers.diagnosis.export),
        )

    def _key_help(self) -> KeyHelp:
        settings = self._settings
        return KeyHelp(
            downloads=settings.key_downloads,
            whom_to_call=settings.key_help,
            office=settings.key_office,
            hall_name=settings.hall_name,
            demo_pins=settings.demo.pins if settings.demo else {},
            is_demonstration=settings.demo is not None,
        )

    def _today(self) -> date:
        return hall_day(self._clock.now())

    # --- wiring ---

    def _wire_keys(self) -> None:
        self._login_page.follow(self._login)
        self._workers.keys.tokens_seen.connect(self._login.tokens_seen)
        self._workers.keys.tokens_seen.connect(self._tell_keys)
        self._workers.keys.absence_found.connect(self._login.key_absent)
        self._workers.keys.families_known.connect(self._login.families_known)
        self._workers.keys.pin_changed.connect(self._login.pin_changed)
        self._workers.keys.pin_change_failed.connect(self._login.pin_change_failed)
        self._workers.keys.opened.connect(self._login.key_opened)
        self._workers.keys.failed.connect(self._login.key_failed)
        self._workers.keys.removed.connect(self._lock_window)
        self._workers.papers.printed.connect(self._login.panels.printed)
        self._workers.papers.saved.connect(self._login.panels.saved)
        self._workers.papers.failed.connect(self._login.panels.failed)

    def _wire_session(self) -> None:
        desk, window = self._workers.desk, self.window
        desk.prepared.connect(self._login.station_ready)
        desk.station_refused.connect(self._login.station_refused)
        # Nobody else: whether somebody may come in is known there alone.
        desk.signed_in.connect(self._login.signed_in)
        desk.sign_in_refused.connect(self._login.sign_in_refused)
        desk.signed_out.connect(self._login.signed_out)
        window.sign_out_asked.connect(self._sign_out)
        window.leaving_refused.connect(self._reception.leaving_refused)
        self._workers.sync.standing.connect(window.show_standing)
        self._workers.sync.standing.connect(self._tallies.show_standing)
        self._workers.sync.failed.connect(window.show_delivery_failed)
        self._workers.sync.session_ended.connect(self._lock_ended)

    def _wire_reception(self) -> None:
        page, reception, workers = self._reception_page, self._reception, self._workers
        page.attach(reception)
        watch_gun(page, reception, self._settings.gun_prefix, self._settings.gun_suffix)
        wire_reception(page, reception, workers)
        workers.desk.found.connect(self._looked_up)
        workers.desk.accepted.connect(workers.sync_thread.queued(workers.sync.deliver_now))
        workers.drafts.not_kept.connect(partial(self._draft_kept, False))
        workers.drafts.kept.connect(partial(self._draft_kept, True))
        self.window.page_changed.connect(self._page_changed)

    def _wire_other_pages(self) -> None:
        self._tallies_page.follow(self._tallies)
        self._workers.desk.tallied.connect(self._tallies.tallied)
        self._workers.desk.tallied.connect(self._hall_answered)
        self._workers.desk.tally_refused.connect(self._tallies.tally_refused)
        self._diagnostics_page.follow(self._diagnostics)
        self._workers.diagnosis.checked.connect(self._diagnostics.checked)
        self._workers.diagnosis.diagnosed.connect(self._diagnostics.diagnosed)
        self._workers.diagnosis.refused.connect(self._diagnostics.diagnosis_refused)
        self._workers.diagnosis.exported.connect(self._diagnostics.exported)
        self._workers.diagnosis.export_refused.connect(self._diagnostics.export_refused)
        self._diagnostics_page.left.connect(self.window.leave_diagnostics)
        self._login_page.diagnosis_asked.connect(self.window.show_diagnostics)

    # --- what several parts are told ---

    def _tell_keys(self, plugged: "list[Plugged]", _problems: list[object]) -> None:
        self._notices.tokens_seen([each.token for each in plugged])
        self.window.strip.show_message(self._notices.said)

    def _open_window(self, session: "Session") -> None:
        self.window.show_session(session)
        self._devices.show_signed_in()
        self.window.strip.show_message("")
        self._identity.welcome(session.certificate.identity)
        self._reception.welcome(session.clerk.code)
        self.window.show_reception()
        self._records.welcome(session)
        self._workers.sync_thread.queued(self._workers.sync.start)()

    def _sign_out(self) -> None:
        self._reception.forget()
        self._leave_window()

    def _leave_window(self) -> None:
        self._identity.forget()
        self.window.show_login()
        self._diagnostics.forget()
        self._records.forget()
        self._devices.show_signed_out()
        self._login.signing_out()

    def _end_session(self) -> None:
        """After it nothing is sent; what waits goes out with the next sign-in."""
        self._workers.sync_thread.queued(self._workers.sync.stop)()
        self._workers.desk_thread.queued(self._workers.desk.sign_out)()

    def _lock_window(self, token_id: str, reason: Exception) -> None:
        """The open key was pulled, or its driver died. The session ends and its drafts are kept;
        the PIN's page takes a new one, also while the hall is away."""
        was_signed_in = self.window.is_signed_in
        self._workers.desk_thread.queued(self._workers.desk.suspend)()
        if was_signed_in:
            self._reception.lock()
            self._close_what_lies_above()
            self._leave_window()
            self.window.strip.show_message(self._notices.key_lost(reason))
        self._login.key_removed(token_id, reason, locked=was_signed_in)

    def _lock_ended(self, reason: Exception) -> None:
        """The hall ended the session. The key stays in, but nobody goes on without a new sign-in:
        neither here nor, as after a pulled key, while the hall is away."""
        if not self.window.is_signed_in:
            return
        self._reception.lock()
        self._close_what_lies_above()
        self._leave_window()
        self.window.strip.show_message(wording_for(reason).title)
        self._login.session_ended(reason)

    def _draft_kept(self, is_kept: bool, *_: object) -> None:
        self._login.draft_kept(is_kept)

    def _close_what_lies_above(self) -> None:
        """An open list, a context menu: these are windows of their own and would stay."""
        for widget in QApplication.topLevelWidgets():
            is_popup = widget.windowType() == Qt.WindowType.Popup
            if widget is not self.window and widget.isVisible() and (is_popup or widget.isModal()):
                widget.close()

    def _looked_up(self, found: "Found") -> None:
        if found.look_up is not LookUp.MATTER:
            self._hall_answered()

    def _hall_answered(self, *_: object) -> None:
        """Whoever waits for the hall need not wait for the next turn."""
        if self.window.offline_notice:
            self._workers.sync_thread.queued(self._workers.sync.deliver_now)()

    def _page_changed(self, page: QWidget) -> None:
        if page is self._reception_page:
            self._reception.enter()
        else:
            self._reception.leave()
