"""The locked reception page: no widget, shown or hidden, still holds anything of a client."""

from dataclasses import replace

import pytest
from PyQt5.QtCore import QEvent, Qt
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QApplication, QLineEdit, QListWidget, QWidget
from pytestqt.qtbot import QtBot

from clerk_client.desk.forms import Draft, Entries, Found, Place
from clerk_client.domain.appointments import Appointment, AppointmentStatus
from clerk_client.domain.cases import Category, LookUp
from clerk_client.domain.people import DocumentType
from clerk_client.ui.reception.view import ReceptionPage
from tests.helpers.reception_window import Window, compose
from tests.unit.test_reception_presenter import MATTER, NUMBER, OTHER, TODAY, receipt_of, ticket

pytestmark = pytest.mark.usefixtures("themed")

NAME = "欧阳建国"
BOOKED = Appointment("YY0001", TODAY, "09:00-09:30", "M1", AppointmentStatus.BOOKED, NAME)
FOUND = Found(LookUp.TICKET, (MATTER, OTHER), ticket("M1", "M2"), BOOKED, ("OTHER_OUTLET",))
ENTRIES = Entries(
    Category.DEPARTMENT_INTERNAL, DocumentType.RESIDENT_ID, NAME, NUMBER, "076088880000", "RS-7788"
)
SECRETS = (NAME, NUMBER, NUMBER[:4] + "*", "076088880000", "RS-7788", "YY0001", "A023", MATTER.name)


def held_by(page: ReceptionPage) -> str:
    """Every text of every widget, with what only a screen reader or a pointer finds."""
    texts = []
    for widget in (page, *page.findChildren(QWidget)):
        texts += [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip()]
        texts.append(widget.windowTitle())
        text = getattr(widget, "text", None)
        texts.append(text() if callable(text) else text or "")
        if isinstance(widget, QListWidget):
            texts += [widget.item(row).text() for row in range(widget.count())]
    return "\n".join(texts)


def find(window: Window) -> None:
    window.page.ticket.box.setText("A023")
    window.presenter.enter_ticket("A023")
    window.presenter.found(FOUND)


def choose(window: Window) -> None:
    find(window)
    window.presenter.choose(0)


def record(window: Window) -> None:
    choose(window)
    window.presenter.proceed()
    window.page.fill(ENTRIES)


def leave(window: Window) -> None:
    record(window)
    window.presenter.choose_entry(LookUp.APPOINTMENT)
    window.page.appointment.box.setText("YY0001")


def complain(window: Window) -> None:
    record(window)
    window.page.fill(replace(ENTRIES, number=NUMBER[:-1]))
    window.presenter.check()


def check(window: Window) -> None:
    record(window)
    window.presenter.check()


def submit(window: Window) -> None:
    check(window)
    window.presenter.submit()


def accept(window: Window) -> None:
    submit(window)
    window.answer_acceptance()


def print_paper(window: Window) -> None:
    submit(window)
    number = window.answer_acceptance()
    window.presenter.print_receipt()
    window.presenter.printed(receipt_of(number))


def search(window: Window) -> None:
    window.press(Qt.Key_F4)
    window.type("sb")
    serial, _ = window.asked_for("search")[-1]
    window.presenter.matters_found(int(str(serial)), [MATTER, OTHER])


@pytest.mark.parametrize(
    "reach", [find, choose, record, leave, complain, check, submit, accept, print_paper, search]
)
@pytest.mark.parametrize("by_key", [True, False])
def test_nothing_of_a_client_is_left_in_any_widget(
    window: Window, reach: object, by_key: bool
) -> None:
    assert callable(reach)
    reach(window)
    assert any(secret in held_by(window.page) for secret in SECRETS)
    if by_key:
        window.presenter.lock()
    else:
        window.presenter.forget()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    for line in window.page.findChildren(QLineEdit):
        line.undo()
    left = held_by(window.page)
    assert [secret for secret in SECRETS if secret in left] == []


def test_what_is_being_composed_goes_with_the_rest(window: Window) -> None:
    name = window.page.applicant.name
    record(window)
    name.setFocus()
    window.presenter.lock()
    empty = name.grab().toImage()
    window.presenter.welcome("001")
    record(window)
    name.setFocus()
    compose("ou'yang'jian'guo")
    window.presenter.lock()
    assert name.grab().toImage() == empty


def test_no_picture_of_a_paper_stays_until_the_camera_has_stopped(window: Window) -> None:
    picture = QImage(64, 48, QImage.Format_RGB32)
    picture.fill(Qt.GlobalColor.white)
    window.presenter.preview_started()
    window.page.show_picture(picture)
    window.presenter.lock()
    window.page.show_picture(picture)
    shot = window.page.ticket.picture.grab().toImage()
    seen = {shot.pixelColor(x, shot.height() // 3).name() for x in range(shot.width())}
    assert "#ffffff" not in seen


def test_a_resumed_form_stands_as_it_was_typed(window: Window, qtbot: QtBot) -> None:
    record(window)
    window.presenter.lock()
    ((clerk, drafts),) = window.asked_for("keep_drafts")
    assert isinstance(drafts, list)
    (draft,) = drafts
    assert isinstance(draft, Draft)
    window.presenter.welcome("001")
    window.presenter.enter()
    window.presenter.drafts_taken(str(clerk), drafts)
    assert window.page.entries() == ENTRIES
    assert window.page.windowTitle() == "录入办事人信息"
    qtbot.waitUntil(window.page.applicant.name.hasFocus)
    assert window.page.applicant.serial.isVisible()
    window.press(Qt.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert window.page.summary.isVisible()
    assert draft.place is Place.RECORDING
