"""与基础库比对 with real widgets: the key, the words, and that nothing of it can be taken along."""

from collections.abc import Callable
from datetime import date

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clerk_client.desk.forms import BaseQuestion
from clerk_client.domain.base_data import Agreement, BaseDatabase, Comparison
from clerk_client.hall_link.errors import HallUnreachable
from clerk_client.ui.reception.comparing_panel import ComparingPanel
from clerk_client.ui.widgets import Text
from tests.helpers.reception_window import Window, focused
from tests.unit.test_reception_presenter import NUMBER

pytestmark = pytest.mark.usefixtures("themed")

ALT = Qt.KeyboardModifier.AltModifier
PEOPLE = BaseDatabase("renkou", "人口基础库", ("姓名",))
LICENCES = BaseDatabase("zhengzhao", "证照基础库", ("持证人",))
FRESH = Comparison(
    "renkou", "人口基础库", (("姓名", Agreement.MATCHES),), date(2026, 11, 14), 7, False
)
OLD = Comparison(
    "zhengzhao", "证照基础库", (("持证人", Agreement.DIFFERS),), date(2026, 11, 13), 8, True
)
ABSENT = Comparison(
    "renkou", "人口基础库", (("姓名", Agreement.UNKNOWN),), date(2026, 11, 21), 0, False
)


@pytest.fixture
def panel(window: Window) -> ComparingPanel:
    """With a filled form at a hall with two bases; the keyboard is in the number."""
    window.fill()
    window.presenter.comparing.bases_known([PEOPLE, LICENCES])
    window.page.applicant.number.setFocus()
    return window.page.applicant.comparing


@pytest.fixture
def ask(window: Window, panel: ComparingPanel, qtbot: QtBot) -> Callable[[], None]:
    """Presses its key. A button takes a tenth of a second to come up again, and acts then."""

    def press() -> None:
        window.press(Qt.Key_B, ALT)
        qtbot.waitUntil(lambda: bool(window.asked_for("compare")))

    return press


def answer(window: Window, comparison: Comparison) -> None:
    serial, question = window.asked_for("compare")[-1]
    assert isinstance(serial, int)
    assert isinstance(question, BaseQuestion)
    window.presenter.comparing.compared(serial, comparison)


def test_alt_and_a_letter_compare_and_the_keyboard_stays_in_the_field(
    window: Window, panel: ComparingPanel, ask: Callable[[], None]
) -> None:
    ask()
    assert panel.button.text() == "正在比对…"
    answer(window, FRESH)
    answer(window, OLD)
    assert panel.text.split("\n") == [
        "✓ 一致　姓名 · 人口基础库",
        "数据截至 2026-11-14（7 天前）",
        "≠ 不一致　持证人 · 证照基础库",
        "! 较旧，截至 2026-11-13（8 天前）",
    ]
    levels = [text.property("level") for text in panel.findChildren(Text) if text.text()]
    assert levels == ["info", "info", "warning", "warning"]
    assert focused() is window.page.applicant.number


def test_a_person_whom_the_base_has_not_and_a_copy_of_today(
    window: Window, panel: ComparingPanel, ask: Callable[[], None]
) -> None:
    ask()
    answer(window, ABSENT)
    assert panel.text.split("\n") == [
        "－ 库中没有　姓名 · 人口基础库",
        "数据截至 2026-11-21（今天）",
    ]


def test_nothing_that_came_out_can_be_selected_or_copied(
    window: Window, panel: ComparingPanel, ask: Callable[[], None], qtbot: QtBot
) -> None:
    clipboard = QApplication.clipboard()
    clipboard.setText("before")
    ask()
    answer(window, FRESH)
    answer(window, OLD)
    for text in panel.findChildren(Text):
        assert not text.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
        assert not text.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByKeyboard
        qtbot.mouseDClick(text, Qt.MouseButton.LeftButton)
        assert not text.hasSelectedText()
    panel.button.setFocus()
    window.press(Qt.Key_A, Qt.KeyboardModifier.ControlModifier)
    window.press(Qt.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard.text() == "before"


def test_a_changed_number_takes_it_from_the_page_at_once(
    window: Window, panel: ComparingPanel, ask: Callable[[], None]
) -> None:
    ask()
    answer(window, FRESH)
    answer(window, OLD)
    window.press(Qt.Key_Backspace)
    assert panel.text == ""
    assert not panel.button.isEnabled()
    window.type(NUMBER[-1])
    assert panel.text == ""
    assert panel.button.isEnabled()


def test_tab_reaches_the_button_last_and_enter_presses_it(
    window: Window, panel: ComparingPanel
) -> None:
    window.press(Qt.Key_Tab)
    assert focused() is window.page.applicant.phone
    window.press(Qt.Key_Tab)
    assert focused() is panel.button
    window.press(Qt.Key_Return)
    assert len(window.asked_for("compare")) == 1


def test_a_hall_that_is_away_is_told_below_the_button(
    window: Window, panel: ComparingPanel, ask: Callable[[], None]
) -> None:
    ask()
    serial, _ = window.asked_for("compare")[-1]
    assert isinstance(serial, int)
    window.presenter.comparing.refused(serial, HallUnreachable())
    told = [text.text() for text in panel.parentWidget().findChildren(Text)]
    assert "大厅连不上，现在不能与基础库比对；可以继续办理，恢复后再比对" in told
    assert panel.button.isEnabled()


def test_a_hall_without_a_base_shows_no_button(window: Window) -> None:
    window.fill()
    panel = window.page.applicant.comparing
    window.presenter.comparing.bases_known([])
    assert not panel.isVisible()
    window.presenter.comparing.bases_known([PEOPLE])
    assert panel.isVisible()


@pytest.mark.parametrize("size", [(1366, 640), (1024, 640), (910, 400)])
def test_what_came_out_is_seen_whole_on_every_screen(
    window: Window,
    panel: ComparingPanel,
    ask: Callable[[], None],
    size: tuple[int, int],
    qtbot: QtBot,
) -> None:
    window.page.resize(*size)
    ask()
    answer(window, FRESH)
    answer(window, OLD)
    shown = [text for text in panel.findChildren(Text) if text.text()]

    def is_whole() -> bool:
        return all(text.visibleRegion().boundingRect() == text.rect() for text in shown)

    qtbot.waitUntil(is_whole)
    for text in shown:
        assert text.height() >= text.heightForWidth(text.width())
