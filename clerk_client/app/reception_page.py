"""The reception's page and presenter, wired to the workers that answer them."""

from clerk_client.app.workers import Workers
from clerk_client.ui.reception.presenter import ReceptionPresenter
from clerk_client.ui.reception.view import ReceptionPage


def wire_reception(page: ReceptionPage, reception: ReceptionPresenter, workers: Workers) -> None:
    """Whatever a worker tells comes to the page or its presenter, in the window's thread."""
    camera, desk = workers.camera, workers.desk
    camera.previewed.connect(page.show_picture)
    camera.kept.connect(page.show_kept)
    camera.ticket_read.connect(reception.ticket_read)
    camera.choices_read.connect(reception.choices_read)
    camera.nothing_read.connect(reception.nothing_read)
    camera.preview_started.connect(reception.preview_started)
    camera.preview_stopped.connect(reception.preview_stopped)
    camera.failed.connect(reception.camera_failed)
    camera.lost.connect(reception.camera_lost)
    camera.hinted.connect(reception.reading_hindered)
    camera.cameras_known.connect(reception.cameras_known)
    camera.adjustment_known.connect(reception.adjustment_known)
    desk.found.connect(reception.found)
    desk.matters_found.connect(reception.matters_found)
    desk.bases_known.connect(reception.comparing.bases_known)
    desk.compared.connect(reception.comparing.compared)
    desk.compare_refused.connect(reception.comparing.refused)
    desk.accepted.connect(reception.accepted)
    desk.handed_over.connect(reception.handed_over)
    desk.refused.connect(reception.refused)
    desk.search_refused.connect(reception.search_refused)
    desk.hand_over_refused.connect(reception.hand_over_refused)
    workers.drafts.taken.connect(reception.drafts_taken)
    workers.drafts.not_taken.connect(reception.drafts_refused)
    workers.drafts.not_kept.connect(reception.drafts_not_kept)
    workers.print.printed.connect(reception.printed)
    workers.print.failed.connect(reception.print_failed)
