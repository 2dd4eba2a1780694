"""The composition root: builds the window and its threads, wires them, stops them.

Nothing here knows whether it is a demonstration, and nothing slow is imported before the login
page is shown.
"""

import logging
import sys
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QCoreApplication, QObject, Qt, QTimer
from PyQt5.QtGui import QGuiApplication
from PyQt5.QtWidgets import QApplication, QWidget

from clerk_client.domain.cases import LookUp
from clerk_client.domain.clock import Clock, SystemClock, hall_day
from clerk_client.logs import install_crash_hook, start_logging
from clerk_client.parts import FAILURES, Parts
from clerk_client.settings import Settings
from clerk_client.ui.crash_page import CrashReports
from clerk_client.ui.diagnostics.presenter import DiagnosticsPresenter
from clerk_client.ui.diagnostics.view import DiagnosticsPage
from clerk_client.ui.held_keys import HeldKeys
from clerk_client.ui.login.exchange import KeyHelp, LoginActions
from clerk_client.ui.login.presenter import LoginPresenter
from clerk_client.ui.login.view import LoginPage
from clerk_client.ui.main_window import MainWindow
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.exchange import ReceptionActions
from clerk_client.ui.reception.presenter import ReceptionPresenter
from clerk_client.ui.reception.view import ReceptionPage
from clerk_client.ui.tallies.presenter import TalliesPresenter
from clerk_client.ui.tallies.view import TalliesPage
from clerk_client.ui.theme import apply_theme, window_icon
from clerk_client.ui.tray import KeyNotices
from clerk_client.workers.camera_worker import CameraWorker
from clerk_client.workers.desk_worker import DeskWorker
from clerk_client.workers.diagnosis_worker import DiagnosisWorker
from clerk_client.workers.key_worker import KeyWorker
from clerk_client.workers.paper_worker import PaperWorker
from clerk_client.workers.print_worker import PrintWorker
from clerk_client.workers.sync_worker import SyncWorker
from clerk_client.workers.thread import WorkerThread

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
        self._parts = Parts(settings, clock)
        self._threads: list[WorkerThread] = []
        self._make_workers()
        self._make_pages()
        self._make_presenters()
        self._wire_keys()
        self._wire_session()
        self._wire_reception()
        self._wire_other_pages()
        crashes.reported.connect(self.window.show_crash)
        for report in crashes.missed:
            self.window.show_crash(report)

    def start(self) -> None:
        """Shows the login page, then lets the threads begin."""
        self.window.show_login()
        self.window.showMaximized()
        # Once the event loop runs: what the threads import must not hold the window up.
        QTimer.singleShot(0, self._begin_work)

    def stop(self) -> None:
        """Ends threads, camera, keys and journal, in that order."""
        ended = [thread.stop(STOP_DEADLINE_MS) for thread in reversed(self._threads)]
        if all(ended):
            self._parts.close()
        else:
            # A thread that hangs in a driver may still use what would be closed here.
            log.error("left open: a thread did not end")

    def _begin_work(self) -> None:
        icon = window_icon()
        self.window.setWindowIcon(icon)
        self._notices.show_icon(icon)
        for thread in self._threads:
            thread.start()
        self._keys_thread.queued(self._keys.watch)()
        self._desk_thread.queued(self._desk.prepare)()

    # --- building ---

    def _make_workers(self) -> None:
        parts = self._parts
        self._keys = KeyWorker(
            parts.hub,
            unfit=parts.unfit,
            notices=parts.notices,
            absence=parts.key_absence,
            families=parts.key_families,
        )
        self._camera = CameraWorker(parts.camera)
        self._desk = DeskWorker(parts.desk, FAILURES)
        self._sync = SyncWorker(parts.delivery, FAILURES)
        self._print = PrintWorker(parts.paperwork, FAILURES)
        self._papers = PaperWorker(parts.printer, FAILURES)
        self._diagnosis = DiagnosisWorker(parts.diagnosis, FAILURES)
        self._keys_thread = self._thread(self._keys, "keys")
        self._camera_thread = self._thread(self._camera, "camera")
        self._desk_thread = self._thread(self._desk, "desk")
        self._sync_thread = self._thread(self._sync, "sync")
        self._print_thread = self._thread(self._print, "print")
        self._papers_thread = self._thread(self._papers, "papers")
        self._diagnosis_thread = self._thread(self._diagnosis, "diagnosis")

    def _thread(self, worker: QObject, name: str) -> WorkerThread:
        thread = WorkerThread(worker, name)
        self._threads.append(thread)
        return thread

    def _make_pages(self) -> None:
        settings = self._settings
        self._login_page = LoginPage(settings.hall_name, settings.station)
        self._reception_page = ReceptionPage()
        self._tallies_page = TalliesPage()
        self._diagnostics_page = DiagnosticsPage()
        self.window = MainWindow(
            settings.hall_name,
            self._login_page,
            self._reception_page,
            self._tallies_page,
            self._diagnostics_page,
            self._clock.now,
            is_held=lambda: self._reception.is_accepting,
        )
        self._notices = KeyNotices(self.window)

    def _make_presenters(self) -> None:
        keys, desk, papers = self._keys_thread, self._desk_thread, self._papers_thread
        self._login = LoginPresenter(
            self._login_page,
            LoginActions(
                open_key=keys.queued(self._keys.open),
                close_key=keys.queued(self._keys.close),
                change_pin=keys.queued(self._keys.change_pin),
                choose_family=keys.queued(self._keys.choose_family),
                sign_in=desk.queued(self._desk.sign_in),
                sign_out=self._end_session,
                prepare=desk.queued(self._desk.prepare),
                open_window=self._open_window,
                print_paper=papers.queued(self._papers.print_paper),
                save_paper=papers.queued(self._papers.save_paper),
            ),
            self._key_help(),
            self._today,
        )
        camera = self._camera_thread
        actions = ReceptionActions(
            start_preview=camera.queued(self._camera.start_preview),
            stop_preview=camera.queued(self._camera.stop_preview),
            read_now=camera.queued(self._camera.read_now),
            begin=desk.queued(self._desk.begin),
            by_appointment=desk.queued(self._desk.by_appointment),
            search=desk.queued(self._desk.search),
            choose=desk.queued(self._desk.choose),
            accept=desk.queued(self._desk.accept),
            print_receipt=self._print_thread.queued(self._print.print_receipt),
            hand_over=desk.queued(self._desk.hand_over),
            keep_drafts=desk.queued(self._desk.keep_drafts),
            take_drafts=desk.queued(self._desk.take_drafts),
            forget_drafts=desk.queued(self._desk.forget_drafts),
        )
        self._reception = ReceptionPresenter(self._reception_page, actions, self._today)
        self._tallies = TalliesPresenter(
            self._tallies_page, desk.queued(self._desk.tally), self._clock.now
        )
        self._diagnostics = DiagnosticsPresenter(
            self._diagnostics_page,
            self._diagnosis_thread.queued(self._diagnosis.diagnose),
            self._diagnosis_thread.queued(self._diagnosis.export),
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
        self._keys.tokens_seen.connect(self._login.tokens_seen)
        self._keys.tokens_seen.connect(self._tell_keys)
        self._keys.absence_found.connect(self._login.key_absent)
        self._keys.families_known.connect(self._login.families_known)
        self._keys.pin_changed.connect(self._login.pin_changed)
        self._keys.pin_change_failed.connect(self._login.pin_change_failed)
        self._keys.opened.connect(self._login.key_opened)
        self._keys.failed.connect(self._login.key_failed)
        self._keys.removed.connect(self._lock_window)
        self._papers.printed.connect(self._login.panels.printed)
        self._papers.saved.connect(self._login.panels.saved)
        self._papers.failed.connect(self._login.panels.failed)

    def _wire_session(self) -> None:
        desk, window = self._desk, self.window
        desk.prepared.connect(self._login.station_ready)
        desk.station_refused.connect(self._login.station_refused)
        # Nobody else: whether somebody may come in is known there alone.
        desk.signed_in.connect(self._login.signed_in)
        desk.sign_in_refused.connect(self._login.sign_in_refused)
        desk.signed_out.connect(self._login.signed_out)
        window.sign_out_asked.connect(self._sign_out)
        window.leaving_refused.connect(self._reception.leaving_refused)
        self._sync.standing.connect(window.show_standing)
        self._sync.standing.connect(self._tallies.show_standing)
        self._sync.failed.connect(window.show_delivery_failed)

    def _wire_reception(self) -> None:
        page, reception, desk, camera = (
            self._reception_page,
            self._reception,
            self._desk,
            self._camera,
        )
        page.attach(reception)
        camera.previewed.connect(page.show_picture)
        camera.ticket_read.connect(reception.ticket_read)
        camera.choices_read.connect(reception.choices_read)
        camera.nothing_read.connect(reception.nothing_read)
        camera.preview_started.connect(reception.preview_started)
        camera.preview_stopped.connect(reception.preview_stopped)
        camera.failed.connect(reception.camera_failed)
        camera.preview_started.connect(partial(self._camera_state, True))
        camera.preview_stopped.connect(partial(self._camera_state, False))
        camera.failed.connect(partial(self._device_failed, "camera"))
        desk.found.connect(reception.found)
        desk.found.connect(self._looked_up)
        desk.matters_found.connect(reception.matters_found)
        desk.accepted.connect(reception.accepted)
        desk.accepted.connect(self._sync_thread.queued(self._sync.deliver_now))
        desk.handed_over.connect(reception.handed_over)
        desk.refused.connect(reception.refused)
        desk.search_refused.connect(reception.search_refused)
        desk.hand_over_refused.connect(reception.hand_over_refused)
        desk.drafts_taken.connect(reception.drafts_taken)
        desk.drafts_refused.connect(reception.drafts_refused)
        desk.drafts_not_kept.connect(reception.drafts_not_kept)
        self._print.printed.connect(reception.printed)
        self._print.printed.connect(partial(self._device_works, "printer"))
        self._print.failed.connect(reception.print_failed)
        self._print.failed.connect(partial(self._device_failed, "printer"))
        self.window.page_changed.connect(self._page_changed)

    def _wire_other_pages(self) -> None:
        self._tallies_page.follow(self._tallies)
        self._desk.tallied.connect(self._tallies.tallied)
        self._desk.tallied.connect(self._hall_answered)
        self._desk.tally_refused.connect(self._tallies.tally_refused)
        self._diagnostics_page.follow(self._diagnostics)
        self._diagnosis.diagnosed.connect(self._diagnostics.diagnosed)
        self._diagnosis.refused.connect(self._diagnostics.diagnosis_refused)
        self._diagnosis.exported.connect(self._diagnostics.exported)
        self._diagnosis.export_refused.connect(self._diagnostics.export_refused)
        self._diagnostics_page.left.connect(self.window.leave_diagnostics)
        self._login_page.diagnosis_asked.connect(self.window.show_diagnostics)

    # --- what several parts are told ---

    def _tell_keys(self, plugged: "list[Plugged]", _problems: list[str]) -> None:
        self._notices.tokens_seen([each.token for each in plugged])
        self.window.strip.show_message(self._notices.said)

    def _open_window(self, session: "Session") -> None:
        self.window.show_session(session)
        self.window.show_device("key", Level.SUCCESS, "已登录")
        self.window.strip.show_message("")
        self._reception.welcome(session.clerk.code)
        self.window.show_reception()
        self._sync_thread.queued(self._sync.start)()

    def _sign_out(self) -> None:
        self._reception.forget()
        self._leave_window()

    def _leave_window(self) -> None:
        self.window.show_login()
        self.window.show_device("key", Level.INFO, "未登录")
        self._login.signing_out()

    def _end_session(self) -> None:
        """After it nothing is sent; what waits goes out with the next sign-in."""
        self._sync_thread.queued(self._sync.stop)()
        self._desk_thread.queued(self._desk.sign_out)()

    def _lock_window(self, token_id: str, reason: Exception) -> None:
        """The open key was pulled, or its driver died. The session ends and its drafts are kept;
        the PIN's page takes a new one."""
        was_signed_in = self.window.is_signed_in
        if was_signed_in:
            self._reception.lock()
            self._close_what_lies_above()
            self._leave_window()
            self.window.strip.show_message(self._notices.key_lost(reason))
        self._login.key_removed(token_id, reason, locked=was_signed_in)

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
            self._sync_thread.queued(self._sync.deliver_now)()

    def _page_changed(self, page: QWidget) -> None:
        if page is self._reception_page:
            self._reception.enter()
        else:
            self._reception.leave()

    def _camera_state(self, works: bool, *_: object) -> None:
        self._parts.camera_is_busy = works
        if works:
            self._device_works("camera")

    def _device_works(self, subject: str, *_: object) -> None:
        self.window.show_device(subject, Level.SUCCESS, "正常")

    def _device_failed(self, subject: str, *_: object) -> None:
        self.window.show_device(subject, Level.ERROR, "故障")


def run(settings: Settings, clock: Clock | None = None) -> int:
    """Opens the window and returns when it is closed: the process's exit code."""
    start_logging(settings.log_folder)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_EnableHighDpiScaling)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_UseHighDpiPixmaps)
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    qt = QApplication(sys.argv[:1])
    crashes = CrashReports()
    install_crash_hook(crashes.tell)
    apply_theme(qt)
    held_keys = HeldKeys()
    qt.installEventFilter(held_keys)
    application = Application(settings, clock or SystemClock(), crashes)
    application.start()
    try:
        return int(qt.exec())
    finally:
        application.stop()
