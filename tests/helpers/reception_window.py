"""The reception page with its presenter, worked as a clerk works it."""

from collections.abc import Callable

from PyQt5.QtCore import QCoreApplication, Qt
from PyQt5.QtGui import QInputMethodEvent
from PyQt5.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clerk_client.desk.forms import Entries, Form
from clerk_client.domain.cases import Category
from clerk_client.domain.people import DocumentType
from clerk_client.ui.reception.exchange import ReceptionActions
from clerk_client.ui.reception.presenter import ReceptionPresenter
from clerk_client.ui.reception.view import ReceptionPage
from tests.helpers.tickets import ticket_named
from tests.unit.test_reception_presenter import MATTER, NUMBER, TODAY, acceptance_of, found


class Window:
    """The page with its presenter; what they ask of the workers is kept."""

    def __init__(self, page: ReceptionPage, qtbot: QtBot) -> None:
        self.page = page
        self._qtbot = qtbot
        self.asked: list[tuple[object, ...]] = []
        names = set(ReceptionActions.__dataclass_fields__) - {"ticket_named", "hall"}
        actions = ReceptionActions(
            **{name: self._recorder(name) for name in names},
            ticket_named=ticket_named("442000", TODAY),
            hall="442000",
        )
        self.presenter = ReceptionPresenter(page, actions, lambda: TODAY)
        page.attach(self.presenter)
        self.presenter.welcome("001")
        self.presenter.enter()
        self.presenter.drafts_taken("001", [])

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.NoModifier) -> None:
        """On whatever has the keyboard, as a clerk does."""
        self._qtbot.keyClick(focused(), key, modifier)

    def type(self, letters: str) -> None:
        self._qtbot.keyClicks(focused(), letters)

    def asked_for(self, name: str) -> list[tuple[object, ...]]:
        return [asked[1:] for asked in self.asked if asked[0] == name]

    def find(self) -> None:
        self.presenter.enter_ticket("A023")
        self.presenter.found(found(MATTER))

    def fill(self) -> None:
        self.find()
        self.presenter.proceed()
        entries = Entries(Category.HALL_PENDING, DocumentType.RESIDENT_ID, "欧阳建国", NUMBER)
        self.page.fill(entries)

    def accept(self) -> str:
        self.fill()
        self.presenter.check()
        self.presenter.submit()
        return self.answer_acceptance()

    def answer_acceptance(self) -> str:
        (form,) = self.asked_for("accept")[-1]
        assert isinstance(form, Form)
        acceptance = acceptance_of(form)
        self.presenter.accepted(acceptance)
        return acceptance.number

    def _recorder(self, name: str) -> Callable[..., None]:
        return lambda *told: self.asked.append((name, *told))


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def commit(text: str) -> None:
    """As an input method hands over what was composed."""
    event = QInputMethodEvent("", [])
    event.setCommitString(text)
    QCoreApplication.sendEvent(focused(), event)


def compose(letters: str) -> None:
    QCoreApplication.sendEvent(focused(), QInputMethodEvent(letters, []))
