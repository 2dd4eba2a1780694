"""The camera's part of the reception page: frames round codes, the picture that stays, 画面设置."""

import pytest
from PyQt5.QtCore import QCoreApplication, Qt
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from clerk_client.desk.cameras import CameraChoice, Mark
from clerk_client.domain.errors import NotATicket
from clerk_client.domain.stages import Stage
from clerk_client.ui.reception.exchange import Preview
from clerk_client.ui.reception.view import ReceptionPage
from clerk_client.ui.widgets import Text
from scanner.adjustment import Adjustment
from scanner.errors import CameraAbsent
from tests.helpers.reception_window import Window
from tests.unit.test_reception_presenter import TICKET_TEXT

pytestmark = pytest.mark.usefixtures("themed")

GREEN, AMBER, GRAY = "#31c46b", "#ffb400", "#c9d4e0"
TWO = (CameraChoice("usb-1", "文档相机"), CameraChoice("usb-2", "内置摄像头"))


def square(text: str, left: float) -> Mark:
    right = left + 0.2
    return Mark(text, ((left, 0.4), (right, 0.4), (right, 0.7), (left, 0.7)))


def white() -> QImage:
    image = QImage(400, 300, QImage.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    return image


def colours(page: ReceptionPage) -> set[str]:
    shot = page.ticket.picture.grab().toImage()
    return {shot.pixelColor(x, y).name() for x in range(shot.width()) for y in range(shot.height())}


def rows_of(page: ReceptionPage) -> list[str]:
    model = page.card.choices.model()
    assert model is not None
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_code_that_was_read_has_a_frame_and_one_that_was_located_another(window: Window) -> None:
    page = window.page
    window.presenter.preview_started()
    page.show_picture(white())
    assert not {GREEN, AMBER} & colours(page)
    page.show_picture(white(), (square("A023", 0.1),))
    assert GREEN in colours(page)
    assert AMBER not in colours(page)
    page.show_picture(white(), (square("", 0.6),))
    assert AMBER in colours(page)
    assert GREEN not in colours(page)


def test_ticket_that_was_read_stays_on_the_page_with_its_number(window: Window) -> None:
    page = window.page
    window.presenter.preview_started()
    page.show_picture(white())
    window.presenter.ticket_read(TICKET_TEXT)
    page.show_kept(white(), (square(TICKET_TEXT, 0.1), square("A999", 0.6)))
    window.presenter.preview_stopped()
    assert {"#ffffff", GREEN, GRAY} <= colours(page)
    assert "A023" in page.ticket.picture.accessibleDescription()
    # A picture that was still on its way takes nothing from it.
    page.show_picture(QImage(4, 4, QImage.Format_RGB32))
    assert GREEN in colours(page)
    window.presenter.lock()
    page.show_kept(white(), (square(TICKET_TEXT, 0.1),))
    assert not {"#ffffff", GREEN} & colours(page)
    assert "A023" not in page.ticket.picture.accessibleDescription()


def test_choice_and_frames_bear_the_same_numbers_side_by_side(window: Window) -> None:
    page = window.page
    assert page.height() == 640
    window.presenter.preview_started()
    window.presenter.choices_read(["A024", TICKET_TEXT])
    page.show_picture(white(), (square(TICKET_TEXT, 0.1), square("A024", 0.6)))
    rows = rows_of(page)
    assert rows == ["1\u00a0\u00a0A024　2026-11-21", "2\u00a0\u00a0A023　2026-11-21"]
    assert page.ticket.picture.accessibleDescription() == "1，2"
    # Also on a low screen, where else the one takes the other's place.
    assert page.ticket.picture.isVisible()
    assert page.card.choices.isVisible()
    window.press(Qt.Key_Down)
    window.press(Qt.Key_Return)
    assert window.asked_for("begin") == [(TICKET_TEXT,)]
    assert "A023" in page.ticket.picture.accessibleDescription()


@pytest.mark.parametrize("size", [(1366, 640), (1366, 690), (1024, 690)])
def test_heading_and_three_codes_are_seen_and_chosen_by_their_digits(
    window: Window, size: tuple[int, int]
) -> None:
    page = window.page
    page.resize(*size)
    window.presenter.preview_started()
    window.presenter.choices_read(["WIFI:S:hall", "A024", TICKET_TEXT])
    QCoreApplication.processEvents()
    for row in range(3):
        area = page.card.choices.visualItemRect(page.card.choices.item(row))
        port = page.card.choices.viewport()
        seen = port.visibleRegion().boundingRect()
        assert seen.contains(area), (row, seen, area)
    heading = page.card.findChildren(Text)
    shown = [text for text in heading if text.text().startswith("画面里有 3 个码")]
    assert [text.visibleRegion().boundingRect() for text in shown] == [shown[0].rect()]
    assert "按数字键选择，Enter 确认" in page.notice.text
    window.press(Qt.Key_3)
    window.press(Qt.Key_Return)
    assert window.asked_for("begin") == [(TICKET_TEXT,)]


def test_refused_code_has_no_green_frame_and_says_what_it_is(window: Window) -> None:
    page = window.page
    window.presenter.preview_started()
    window.presenter.ticket_read("WIFI:S:hall")
    page.show_kept(white(), (square("WIFI:S:hall", 0.1),))
    assert AMBER in colours(page)
    assert GREEN not in colours(page)
    window.presenter.refused(NotATicket("WIFI:S:hall"))
    window.presenter.preview_started()
    page.show_picture(white(), (square("WIFI:S:hall", 0.1),))
    unlabelled = white()
    assert AMBER in colours(page)
    assert GREEN not in colours(page)
    page.show_picture(unlabelled, (square("WIFI:S:hall", 0.1), square(TICKET_TEXT, 0.6)))
    assert {AMBER, GREEN} <= colours(page)


def test_esc_closes_the_picture_settings_first(window: Window) -> None:
    page = window.page
    page.resize(1366, 900)
    window.find()
    page.ticket.fold.setFocus()
    window.press(Qt.Key_Space)
    window.press(Qt.Key_Tab)
    window.press(Qt.Key_Escape)
    assert not page.ticket.settings.isVisible()
    assert page.ticket.fold.hasFocus()
    assert window.presenter.stage is Stage.FOUND
    window.press(Qt.Key_Escape)
    assert window.presenter.stage is Stage.WAITING


def test_buttons_say_whether_the_preview_runs_and_f2_starts_it_again(window: Window) -> None:
    ticket = window.page.ticket
    window.presenter.preview_started()
    assert (ticket.start.isEnabled(), ticket.stop.isEnabled()) == (False, True)
    window.press(Qt.Key_F2)
    assert [asked[0] for asked in window.asked[-2:]] == ["stop_preview", "start_preview"]
    window.presenter.preview_started()
    ticket.stop.setFocus()
    window.press(Qt.Key_Space)
    window.presenter.preview_stopped()
    assert (ticket.start.isEnabled(), ticket.stop.isEnabled()) == (True, False)
    # A button that is shut leaves the keyboard at the number.
    assert ticket.box.hasFocus()
    window.presenter.start_preview()
    window.presenter.camera_lost(CameraAbsent("camera:0"))
    assert (ticket.start.isEnabled(), ticket.stop.isEnabled()) == (True, True)


def test_choice_that_was_dropped_leaves_no_numbers(window: Window) -> None:
    window.presenter.preview_started()
    window.presenter.choices_read(["A024", "A025"])
    window.press(Qt.Key_Escape)
    assert "1，2" not in window.page.ticket.picture.accessibleDescription()


@pytest.mark.parametrize(
    "text", ["\u202ejavascript:alert(1)", "a\x00\x07\x1b[2Jb", "<b>A</b>\n" * 20, "长" * 4000]
)
def test_hostile_code_is_shown_as_one_harmless_line(window: Window, text: str) -> None:
    window.presenter.preview_started()
    window.presenter.choices_read([text, "A024"])
    row = rows_of(window.page)[0]
    assert row.isprintable() or row.replace("\u00a0", " ").isprintable()
    assert len(row) < 100
    assert "\u202e" not in row
    window.page.show_picture(white(), (square(text, 0.1),))
    window.presenter.choose(0)
    assert window.page.ticket.picture.accessibleDescription().isprintable()
    window.page.ticket.picture.grab()


def test_one_camera_is_no_choice_and_two_are(window: Window) -> None:
    page = window.page
    window.presenter.cameras_known(TWO[:1], "usb-1")
    assert not page.ticket.chooser.isVisible()
    window.presenter.cameras_known(TWO, "usb-2")
    assert page.ticket.chooser.isVisible()
    assert page.ticket.chooser.currentText() == "内置摄像头"
    page.ticket.chooser.setFocus()
    window.press(Qt.Key_Up)
    assert window.asked_for("choose_camera") == [("usb-1",)]


def test_picture_settings_are_folded_away_and_reached_by_the_keyboard(window: Window) -> None:
    page = window.page
    panel = page.ticket.settings
    assert not panel.isVisible()
    window.press(Qt.Key_Tab)
    assert page.ticket.fold.hasFocus()
    window.press(Qt.Key_Space)
    assert panel.isVisible()
    assert window.asked_for("look_for_cameras") == [()]
    window.press(Qt.Key_Tab)
    assert panel.brightness.hasFocus()
    window.press(Qt.Key_Right)
    assert window.asked_for("adjust_camera") == [(Adjustment(brightness=52),)]
    window.press(Qt.Key_Tab)
    window.press(Qt.Key_Space)
    assert window.asked_for("adjust_camera")[-1] == (Adjustment(brightness=52, exposure=50),)
    window.press(Qt.Key_Tab)
    assert panel.exposure.hasFocus()
    window.press(Qt.Key_Left)
    window.press(Qt.Key_Tab)
    window.press(Qt.Key_Down)
    window.press(Qt.Key_Tab)
    window.press(Qt.Key_Down)
    set_now = Adjustment(brightness=52, exposure=48, rotation=90, width=1920, height=1080)
    assert window.asked_for("adjust_camera")[-1] == (set_now,)
    window.press(Qt.Key_Tab)
    window.press(Qt.Key_Return)
    assert window.asked_for("adjust_camera")[-1] == (Adjustment(),)
    assert panel.is_automatic.isChecked()
    page.ticket.fold.setFocus()
    window.press(Qt.Key_Space)
    assert not panel.isVisible()


def test_kept_adjustment_is_shown_and_not_told_back(window: Window) -> None:
    panel = window.page.ticket.settings
    kept = Adjustment(brightness=10, exposure=90, rotation=270, width=2592, height=1944)
    window.presenter.cameras_known(TWO, "usb-1")
    window.presenter.adjustment_known(kept)
    assert (panel.brightness.value(), panel.exposure.value()) == (10, 90)
    assert (panel.rotation.currentText(), panel.size_asked.currentText()) == ("270°", "5MP")
    assert window.asked_for("adjust_camera") == []


def test_stream_can_be_turned_and_nothing_else(window: Window) -> None:
    panel = window.page.ticket.settings
    window.presenter.cameras_known(
        (CameraChoice("http://x", "http://x", is_device=False),), "http://x"
    )
    window.presenter.adjustment_known(Adjustment())
    enabled = [part for part in panel.in_tab_order() if part.isEnabled()]
    assert enabled == [panel.rotation, panel.reset]
    labels = [label.text() for label in panel.findChildren(QLabel) if label.isEnabled()]
    assert labels == ["旋转"]


def test_page_asks_for_pictures_of_its_own_size(window: Window, qtbot: QtBot) -> None:
    window.page.resize(1366, 900)
    picture = window.page.ticket.picture
    ratio = picture.devicePixelRatioF()
    qtbot.waitUntil(
        lambda: (
            window.asked_for("fit_preview")[-1:]
            == [(round(picture.width() * ratio), round(picture.height() * ratio))]
        )
    )


def test_lost_camera_shows_no_old_picture(window: Window) -> None:
    window.presenter.preview_started()
    window.page.show_picture(white())
    window.page.ticket.show_preview(Preview.AWAY)
    assert "#ffffff" not in colours(window.page)
    assert "恢复" in window.page.ticket.picture.accessibleDescription()
