"""The login page: the keys that are plugged, a box for the PIN, and what goes on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QShowEvent
from PyQt5.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from clerk_client.ui.finding import FindingFrame
from clerk_client.ui.login.card import LoginCard, Waiting, front
from clerk_client.ui.login.causes import Causes, FamilyChooser
from clerk_client.ui.login.exchange import Absence, KeyCard, Panel, Step
from clerk_client.ui.login.key_list import KeyList
from clerk_client.ui.login.offers import Offers
from clerk_client.ui.login.panels import Panels
from clerk_client.ui.login.pin_edit import PinEdit
from clerk_client.ui.login.presenter import LoginPresenter
from clerk_client.ui.notices import Level
from clerk_client.ui.widgets import Button, Text
from clerk_client.ui.wording import Words

if TYPE_CHECKING:
    from clerk_client.ui.login.views import (
        ApplicationView,
        DownloadsView,
        PinChangeView,
        RequestView,
    )


class LoginPage(QWidget):
    """Widgets only; what happens when is the presenter's."""

    pin_given = pyqtSignal(str)
    key_chosen = pyqtSignal(int)
    family_chosen = pyqtSignal(str)
    panel_asked = pyqtSignal(object)  # Panel
    retry_asked = pyqtSignal()
    given_up = pyqtSignal()
    preparation_asked = pyqtSignal()
    diagnosis_asked = pyqtSignal()

    def __init__(self, hall_name: str, station: str) -> None:
        super().__init__()
        self.setObjectName("loginPage")
        self.setWindowTitle("登录")
        self._keys = KeyList()
        self._keys.chosen.connect(self._choose)
        self._station, self._problem, self._done = FindingFrame(), FindingFrame(), FindingFrame()
        self._hint = FindingFrame()
        self._notices = Text(role="keyNotices")
        self._causes = Causes()
        self._families = FamilyChooser()
        self._families.chosen.connect(self.family_chosen)
        self._prepare = Button("重试", primary=True, hint="Enter")
        self._prepare.setObjectName("prepareAgain")
        self._prepare.clicked.connect(lambda: self.preparation_asked.emit())
        self._prepare.hide()
        self._request = Button("")
        self._request.setObjectName("wayOut")
        self._request.clicked.connect(lambda: self.panel_asked.emit(Panel.REQUEST))
        self._demo = Text(role="demoPin")
        self.pin = PinEdit()
        self.pin.stepped.connect(self._keys.step)
        self.pin.returnPressed.connect(self._give_pin)
        self.pin.textChanged.connect(lambda text: self._sign_in.setEnabled(bool(text)))
        self._pin_label = QLabel("PIN(&P)")
        self._pin_label.setBuddy(self.pin)
        self._sign_in = Button("登录", primary=True, hint="Enter")
        self._sign_in.setEnabled(False)
        self._sign_in.clicked.connect(self._give_pin)
        self._retry = Button("重试", primary=True, hint="Enter")
        self._retry.clicked.connect(lambda: self.retry_asked.emit())
        self._give_up = Button("取消", hint="Esc")
        self._give_up.clicked.connect(lambda: self.given_up.emit())
        self._offers = Offers()
        self._offers.diagnosis_asked.connect(self.diagnosis_asked)
        self._offers.panel_asked.connect(self.panel_asked)
        self._waiting = Waiting()
        self._step: Step | None = None
        self._target: QWidget | None = None
        self.card = self._arranged()
        """What is painted of the page: it covers nothing else, and the rest is empty."""
        self._stack = QStackedWidget()
        self._stack.addWidget(front(hall_name, station, self.card))
        self.panels = Panels(self._stack)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        self.show_busy(None)
        self.offer_retry(False)
        self.offer_request("")
        self.show_notices(())

    def follow(self, presenter: LoginPresenter) -> None:
        """Sends what the clerk does to the presenter."""
        self.pin_given.connect(presenter.pin_entered)
        self.pin.shot.connect(presenter.gun_shot)
        self.key_chosen.connect(presenter.choose)
        self.family_chosen.connect(presenter.choose_family)
        self.panel_asked.connect(presenter.open_panel)
        self.retry_asked.connect(presenter.retry)
        self.given_up.connect(presenter.give_up)
        self.preparation_asked.connect(presenter.prepare_again)
        self.panels.left.connect(presenter.close_panel)
        self.panels.new_pin_given.connect(presenter.new_pin_given)
        self.panels.request_given.connect(presenter.panels.request_given)
        self.panels.application_given.connect(presenter.panels.application_given)
        self.panels.certificates_chosen.connect(presenter.panels.certificates_chosen)

    # --- what the presenter shows ---

    @property
    def pin_change(self) -> "PinChangeView":
        return self.panels.pin_change

    @property
    def request(self) -> "RequestView":
        return self.panels.request

    @property
    def application(self) -> "ApplicationView":
        return self.panels.application

    @property
    def downloads(self) -> "DownloadsView":
        return self.panels.downloads

    def show_panel(self, panel: Panel | None) -> None:
        self.panels.show(panel)
        shown = self.panels.shown
        if shown is not None:
            self.setWindowTitle(shown.title)
        else:
            self._show_title()
            self._target = None
            self._take_focus()

    def show_keys(self, cards: Sequence[KeyCard], chosen: int) -> None:
        self._keys.show_cards(cards, chosen)
        demo = cards[chosen].demo_pin if 0 <= chosen < len(cards) else ""
        self._demo.setText(f"演示PIN：{demo}" if demo else "")

    def show_absence(self, absence: Absence | None) -> None:
        self._causes.show_absence(absence)

    def show_families(self, families: Sequence[tuple[str, str]], chosen: str) -> None:
        self._families.show_families(families, chosen)

    def ask_pin(self, asked: bool) -> None:
        for widget in (self._pin_label, self.pin, self._sign_in):
            widget.setVisible(asked)
        self._demo.setVisible(asked and bool(self._demo.text()))
        if not asked:
            self.pin.take()
        self._show_title()
        self._take_focus()

    def drop_pin(self) -> None:
        self.pin.take()

    def show_hint(self, words: Words | None) -> None:
        self._hint.show_words(words, Level.WARNING)

    def show_notices(self, notices: Sequence[Words]) -> None:
        self._notices.setText("\n".join(f"! {each.title}；{each.next_step}" for each in notices))
        self._notices.setVisible(bool(notices))

    def show_problem(self, words: Words | None) -> None:
        self._problem.show_words(words, Level.ERROR)

    def show_done(self, words: Words | None) -> None:
        self._done.show_words(words, Level.SUCCESS)

    def show_station(self, words: Words | None, *, trying: bool) -> None:
        if trying and self._prepare.hasFocus():
            self.card.setFocus()
            self._target = None
        self._station.show_words(words, Level.ERROR)
        self._prepare.setVisible(words is not None)
        self._prepare.setEnabled(not trying)
        self._prepare.setText("正在重试…" if trying else "重试")

    def show_busy(self, step: Step | None) -> None:
        self._step = step
        self._target = None
        if step is not None and self.card.isVisible():
            # Before its parts are disabled: else Qt walks on to the next button that is not.
            self.card.setFocus()
        self._waiting.show_step(step)
        self._enable()

    def offer_retry(self, offered: bool) -> None:
        self._retry.setVisible(offered)
        self._give_up.setVisible(offered)
        self._enable()
        if offered:
            self._take_focus()

    def offer_request(self, wish: str) -> None:
        self._request.setText(f"填写业务需求表：{wish}" if wish else "")
        self._request.setVisible(bool(wish))

    def offer_pin_change(self, offered: bool) -> None:
        self._offers.offer_pin_change(offered)

    # --- what a test and a screen reader ask ---

    @property
    def hint(self) -> str:
        return self._hint.text

    @property
    def notices(self) -> str:
        return self._notices.text()

    @property
    def problem(self) -> str:
        return self._problem.text

    @property
    def done(self) -> str:
        return self._done.text

    @property
    def causes(self) -> str:
        return self._causes.text

    @property
    def station(self) -> str:
        """What the station lacks."""
        return self._station.text

    @property
    def busy(self) -> str:
        return self._waiting.text

    @property
    def demo_line(self) -> str:
        return "" if self._demo.isHidden() else self._demo.text()

    # --- inside ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._give_up.isVisible():
            self._give_up.click()
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self._target = None
            self._take_focus()

    def _take_focus(self) -> None:
        """To what is done next, when that changes: not away from what the clerk has walked to."""
        # A page that is not shown would take the keyboard from the one that is.
        if not self.card.isVisible():
            return
        in_order = (self._retry, self.pin, self._prepare, self._request)
        ready = (each for each in in_order if not each.isHidden() and each.isEnabled())
        # With nothing to do the card itself: a clerk caught typing by a lock presses no button.
        idle = self._keys if self._keys.asks and self._keys.isEnabled() else self.card
        target = next(ready, idle)
        if target is not self._target:
            self._target = target
            target.setFocus()

    def _enable(self) -> None:
        """Nothing else is begun while a key is open that only waits for the hall."""
        is_free = self._step is None
        may_begin = is_free and self._retry.isHidden()
        for widget in (self.pin, self._retry, self._give_up):
            widget.setEnabled(is_free)
        for other in (self._keys, self._families, self._request):
            other.setEnabled(may_begin)
        self._offers.offer(panels=may_begin, diagnosis=is_free)
        self._sign_in.setEnabled(is_free and bool(self.pin.text()))

    def _show_title(self) -> None:
        if self.panels.shown is None:
            asked = not self.pin.isHidden()
            self.setWindowTitle("登录：请输入PIN" if asked else "登录")

    def _give_pin(self) -> None:
        if self.pin.text():
            self.pin_given.emit(self.pin.take())

    def _choose(self, row: int) -> None:
        self.pin.take()
        self.key_chosen.emit(row)

    def _arranged(self) -> LoginCard:
        return LoginCard(
            (
                *(self._station, self._prepare, self._done, self._problem, self._causes),
                *(self._keys, self._notices, self._hint),
                (self._pin_label, self.pin, self._sign_in),
                (self._retry, self._give_up),
                *(self._demo, self._request, self._families, self._waiting, self._offers),
            )
        )
