"""All workers of the window, each in a thread of its own."""

import webbrowser
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QCoreApplication, QEvent, QObject

from clerk_client.hall_link.errors import IdentityNotConfirmed
from clerk_client.parts import FAILURES, Parts
from clerk_client.ui.login.exchange import LoginActions
from clerk_client.ui.reception.exchange import ReceptionActions
from clerk_client.ui.records.exchange import RecordsActions
from clerk_client.workers.camera_worker import CameraWorker
from clerk_client.workers.desk_worker import DeskWorker
from clerk_client.workers.diagnosis_worker import DiagnosisWorker
from clerk_client.workers.draft_worker import DraftWorker
from clerk_client.workers.identity_worker import IdentityWorker
from clerk_client.workers.key_worker import KeyWorker
from clerk_client.workers.other_keys import OtherKeys
from clerk_client.workers.paper_worker import PaperWorker
from clerk_client.workers.print_worker import PrintWorker
from clerk_client.workers.records_worker import RecordsWorker
from clerk_client.workers.sync_worker import SyncWorker
from clerk_client.workers.thread import WorkerThread

if TYPE_CHECKING:
    from clerk_client.desk.records import RecordRooms
    from clerk_client.desk.session import Session


class Workers:
    """Connect to their signals after making this; call them through their threads."""

    def __init__(self, parts: Parts) -> None:
        self._threads: list[WorkerThread] = []
        self._ticket_named = parts.ticket_named
        self._hall = parts.settings.hall
        self.drafts = DraftWorker(parts.drafts, FAILURES)
        self.keys = KeyWorker(
            parts.hub,
            unfit=parts.unfit,
            notices=parts.notices,
            absence=parts.key_absence,
            families=parts.key_families,
        )
        self.camera = CameraWorker(parts.cameras(), parts.ticket_named, parts.kinds_of_codes)
        self.desk = DeskWorker(parts.desk, FAILURES)
        self.sync = SyncWorker(parts.delivery, parts.session_watch, FAILURES)
        self.records = RecordsWorker(
            partial(_record_rooms, parts), partial(_other_keys, parts), FAILURES
        )
        self.print = PrintWorker(parts.paperwork, FAILURES)
        self.identity = IdentityWorker(parts.identity, webbrowser.open, (IdentityNotConfirmed,))
        self.papers = PaperWorker(parts.printer, FAILURES)
        self.diagnosis = DiagnosisWorker(parts.diagnosis, FAILURES)
        self.drafts_thread = self._thread(self.drafts, "drafts")
        self.keys_thread = self._thread(self.keys, "keys")
        self.camera_thread = self._thread(self.camera, "camera")
        self.desk_thread = self._thread(self.desk, "desk")
        self.sync_thread = self._thread(self.sync, "sync")
        self.records_thread = self._thread(self.records, "records")
        self.print_thread = self._thread(self.print, "print")
        self.identity_thread = self._thread(self.identity, "identity")
        self.papers_thread = self._thread(self.papers, "papers")
        self.diagnosis_thread = self._thread(self.diagnosis, "diagnosis")

    def login_actions(
        self, *, sign_out: Callable[[], object], open_window: "Callable[[Session], object]"
    ) -> LoginActions:
        """What the login page may ask for."""
        keys, desk, papers = self.keys_thread, self.desk_thread, self.papers_thread
        return LoginActions(
            open_key=keys.queued(self.keys.open),
            close_key=keys.queued(self.keys.close),
            change_pin=keys.queued(self.keys.change_pin),
            choose_family=keys.queued(self.keys.choose_family),
            sign_in=desk.queued(self.desk.sign_in),
            sign_out=sign_out,
            prepare=desk.queued(self.desk.prepare),
            open_window=open_window,
            print_paper=papers.queued(self.papers.print_paper),
            save_paper=papers.queued(self.papers.save_paper),
        )

    def reception_actions(self) -> ReceptionActions:
        """What the reception page may ask for."""
        camera, desk, drafts = self.camera_thread, self.desk_thread, self.drafts_thread
        return ReceptionActions(
            start_preview=camera.queued(self.camera.start_preview),
            stop_preview=camera.queued(self.camera.stop_preview),
            read_now=camera.queued(self.camera.read_now),
            fit_preview=camera.queued(self.camera.fit_preview),
            look_for_cameras=camera.queued(self.camera.look_for_cameras),
            choose_camera=camera.queued(self.camera.choose_camera),
            adjust_camera=camera.queued(self.camera.adjust),
            begin=desk.queued(self.desk.begin),
            by_appointment=desk.queued(self.desk.by_appointment),
            search=desk.queued(self.desk.search),
            choose=desk.queued(self.desk.choose),
            know_bases=desk.queued(self.desk.know_bases),
            compare=desk.queued(self.desk.compare),
            accept=desk.queued(self.desk.accept),
            print_receipt=self.print_thread.queued(self.print.print_receipt),
            hand_over=desk.queued(self.desk.hand_over),
            keep_drafts=drafts.queued(self.drafts.keep),
            take_drafts=drafts.queued(self.drafts.take),
            forget_drafts=drafts.queued(self.drafts.forget),
            ticket_named=self._ticket_named,
            hall=self._hall,
        )

    def records_actions(self) -> RecordsActions:
        """What the page 办件记录 may ask for."""
        records = self.records
        queued = self.records_thread.queued
        return RecordsActions(
            list_day=queued(records.list_day),
            list_refused=queued(records.list_refused_lines),
            list_waiting=queued(records.list_waiting),
            read_acceptance=queued(records.read_acceptance),
            print_receipt=self.print_thread.queued(self.print.print_receipt),
            confirm_printed=queued(records.confirm_printed),
            request_void=queued(records.request_void),
            correct_category=queued(records.correct_category),
            look_beside=self.keys_thread.queued(self.keys.scan_beside),
            approve_beside=queued(records.approve_beside),
            decide=queued(records.decide),
        )

    def start(self) -> None:
        """Lets the threads begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, deadline_ms: int) -> bool:
        """Ends the threads, that of the drafts last; False when one takes longer than this."""
        # It may be waiting for a clerk at a browser.
        self.identity.end()
        drafts, *others = self._threads
        ended = [thread.stop(deadline_ms) for thread in reversed(others)]
        # What these answered last: a refused acceptance of a locked page is a draft to be kept.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.MetaCall)
        return all([*ended, drafts.stop(deadline_ms)])

    def _thread(self, worker: QObject, name: str) -> WorkerThread:
        thread = WorkerThread(worker, name)
        self._threads.append(thread)
        return thread


def _record_rooms(parts: Parts) -> "RecordRooms":
    # Imported late, in the thread that asks: the login page does without.
    from clerk_client.app.record_rooms import record_rooms

    return record_rooms(parts)


def _other_keys(parts: Parts) -> OtherKeys:
    return OtherKeys(parts.hub(), parts.desk().key, parts.unfit)
