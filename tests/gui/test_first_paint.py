"""The threads begin once the first page stands, and in any case."""

from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from clerk_client.app.first_paint import AfterFirstPaint


class Page(QLabel):
    """Tells when it is painted."""

    def __init__(self, told: list[str]) -> None:
        super().__init__("电子钥匙登录")
        self._told = told

    def paintEvent(self, event: object) -> None:
        self._told.append("painted")
        super().paintEvent(event)  # type: ignore[arg-type]


def test_work_begins_once_and_after_the_page_is_painted(qtbot: QtBot) -> None:
    told: list[str] = []
    page = Page(told)
    qtbot.addWidget(page)
    AfterFirstPaint(page, lambda: told.append("begun"))
    page.show()
    qtbot.waitUntil(lambda: "begun" in told)
    assert told[0] == "painted"
    page.repaint()
    page.repaint()
    qtbot.waitUntil(lambda: told.count("painted") >= 3)
    qtbot.wait(0)
    assert told.count("begun") == 1


def test_work_begins_although_the_window_is_never_shown(qtbot: QtBot) -> None:
    told: list[str] = []
    page = Page(told)
    qtbot.addWidget(page)
    AfterFirstPaint(page, lambda: told.append("begun"))
    qtbot.waitUntil(lambda: told == ["begun"])
