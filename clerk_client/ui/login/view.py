"""The login page: the keys that are plugged, a box for the PIN, and what goes on."""

from collections.abc import Sequence

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QShowEvent
from PyQt5.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from clerk_client.ui.finding import FindingFrame
from clerk_client.ui.login.presenter import KeyCard, LoginPresenter, Step
from clerk_client.ui.notices import Level
from clerk_client.ui.widgets import BusyLine, Button, LatinEdit, Text
from clerk_client.ui.wording import Words

_BUSY = {
    None: "",
    Step.CHECKING_PIN: "正在核对PIN…",
    Step.ASKING_HALL: "正在向大厅验证身份…",
    Step.SIGNING_OUT: "正在退出登录…",
}
_KEYS_SHOWN = 3


class PinEdit(LatinEdit):
    """A box of dots. Up and Down choose among the keys, so that the hand stays here."""

    stepped = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__("PIN", "请输入PIN", longest=64)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(self.inputMethodHints() | Qt.InputMethodHint.ImhHiddenText)

    def take(self) -> str:
        """What was typed, which is gone from here then."""
        pin = self.text()
        # setText, not clear(): it also drops what could be undone.
        self.setText("")
        return pin

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Down else -1)
            return
        super().keyPressEvent(event)


class LoginPage(QWidget):
    """Widgets only; what happens when is the presenter's."""

    pin_given = pyqtSignal(str)
    key_chosen = pyqtSignal(int)
    retry_asked = pyqtSignal()
    given_up = pyqtSignal()
    preparation_asked = pyqtSignal()
    diagnosis_asked = pyqtSignal()

    def __init__(self, hall_name: str, station: str) -> None:
        super().__init__()
        self.setObjectName("loginPage")
        self.setWindowTitle("登录")
        self._keys = QListWidget()
        self._keys.setObjectName("keyList")
        self._keys.setAccessibleName("电子钥匙")
        self._keys.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._keys.currentRowChanged.connect(self._choose)
        self._hint = FindingFrame()
        self._problem = FindingFrame()
        self._station = FindingFrame()
        self._prepare = Button("重试", primary=True, hint="Enter")
        self._prepare.setObjectName("prepareAgain")
        self._prepare.clicked.connect(lambda: self.preparation_asked.emit())
        self._prepare.hide()
        self._demo = Text(role="demoPin")
        self.pin = PinEdit()
        self.pin.stepped.connect(self._step_key)
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
        self._diagnose = Button("故障诊断(&D)")
        self._diagnose.clicked.connect(lambda: self.diagnosis_asked.emit())
        self._busy = QLabel()
        self._busy.setObjectName("busyText")
        self._moving = BusyLine()
        self._arrange(hall_name, station)
        self.show_busy(None)
        self.offer_retry(False)

    def follow(self, presenter: LoginPresenter) -> None:
        """Sends what the clerk does to the presenter."""
        self.pin_given.connect(presenter.pin_entered)
        self.key_chosen.connect(presenter.choose)
        self.retry_asked.connect(presenter.retry)
        self.given_up.connect(presenter.give_up)
        self.preparation_asked.connect(presenter.prepare_again)

    # --- what the presenter shows ---

    def show_keys(self, cards: Sequence[KeyCard], chosen: int) -> None:
        self._keys.blockSignals(True)
        self._keys.clear()
        for card in cards:
            self._keys.addItem(_item(card))
        self._keys.setCurrentRow(chosen)
        self._keys.blockSignals(False)
        self._keys.setVisible(bool(cards))
        rows = min(len(cards), _KEYS_SHOWN)
        height = self._keys.sizeHintForRow(0) * rows + 2 * self._keys.frameWidth() + 2
        self._keys.setFixedHeight(max(height, 0))
        demo = cards[chosen].demo_pin if 0 <= chosen < len(cards) else ""
        self._demo.setText(f"演示PIN：{demo}" if demo else "")

    def ask_pin(self, asked: bool) -> None:
        self.setWindowTitle("登录：请输入PIN" if asked else "登录")
        for widget in (self._pin_label, self.pin, self._sign_in):
            widget.setVisible(asked)
        self._demo.setVisible(asked and bool(self._demo.text()))
        if not asked:
            self.pin.take()
        self._take_focus()

    def drop_pin(self) -> None:
        self.pin.take()

    def show_hint(self, words: Words | None) -> None:
        self._hint.show_words(words, Level.WARNING)

    def show_problem(self, words: Words | None) -> None:
        self._problem.show_words(words, Level.ERROR)

    def show_station(self, words: Words | None, *, trying: bool) -> None:
        self._station.show_words(words, Level.ERROR)
        self._prepare.setVisible(words is not None)
        self._prepare.setEnabled(not trying)
        self._prepare.setText("正在重试…" if trying else "重试")

    def show_busy(self, step: Step | None) -> None:
        self._busy.setText(_BUSY[step])
        self._moving.show_busy(step is not None)
        for widget in (self.pin, self._keys, self._retry, self._give_up, self._diagnose):
            widget.setEnabled(step is None)
        self._sign_in.setEnabled(step is None and bool(self.pin.text()))

    def offer_retry(self, offered: bool) -> None:
        self._retry.setVisible(offered)
        self._give_up.setVisible(offered)
        if offered:
            self._take_focus()

    # --- what a test and a screen reader ask ---

    @property
    def hint(self) -> str:
        return self._hint.text

    @property
    def problem(self) -> str:
        return self._problem.text

    @property
    def station(self) -> str:
        """What the station lacks."""
        return self._station.text

    @property
    def busy(self) -> str:
        return self._busy.text()

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
            self._take_focus()

    def _take_focus(self) -> None:
        # A page that is not shown would take the keyboard from the one that is.
        if not self.isVisible():
            return
        for widget in (self._retry, self.pin, self._prepare):
            if not widget.isHidden():
                widget.setFocus()
                return
        self._diagnose.setFocus()

    def _give_pin(self) -> None:
        pin = self.pin.take()
        if pin:
            self.pin_given.emit(pin)

    def _choose(self, row: int) -> None:
        if row >= 0:
            self.pin.take()
            self.key_chosen.emit(row)

    def _step_key(self, by: int) -> None:
        row = self._keys.currentRow() + by
        if 0 <= row < self._keys.count():
            self._keys.setCurrentRow(row)

    def _arrange(self, hall_name: str, station: str) -> None:
        heading = Text(hall_name, role="hallTitle")
        heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        below = Text(f"窗口受理　工作站 {station}", role="hallSubtitle")
        below.setAlignment(Qt.AlignmentFlag.AlignCenter)
        card = QFrame()
        card.setObjectName("loginCard")
        em = self.fontMetrics().height()
        card.setFixedWidth(27 * em)
        title = QLabel("电子钥匙登录")
        title.setObjectName("cardTitle")
        pin_row = QHBoxLayout()
        pin_row.setSpacing(em // 2)
        pin_row.addWidget(self._pin_label)
        pin_row.addWidget(self.pin, 1)
        pin_row.addWidget(self._sign_in)
        retry_row = QHBoxLayout()
        retry_row.addWidget(self._retry, 1)
        retry_row.addWidget(self._give_up)
        foot = QHBoxLayout()
        foot.addWidget(self._busy, 1)
        foot.addWidget(self._diagnose)
        column = QVBoxLayout(card)
        column.setContentsMargins(2 * em, int(1.5 * em), 2 * em, int(1.2 * em))
        column.setSpacing(int(0.7 * em))
        column.addWidget(title)
        column.addWidget(self._station)
        column.addWidget(self._prepare)
        column.addWidget(self._problem)
        column.addWidget(self._keys)
        column.addWidget(self._hint)
        column.addLayout(pin_row)
        column.addLayout(retry_row)
        column.addWidget(self._demo)
        column.addWidget(self._moving)
        column.addLayout(foot)
        content = QWidget()
        content.setObjectName("loginContent")
        page = QVBoxLayout(content)
        page.addStretch(2)
        page.addWidget(heading)
        page.addWidget(below)
        page.addSpacing(em)
        # Stretches and no alignment: an aligned widget is not given the height its text wraps to.
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card)
        middle.addStretch(1)
        page.addLayout(middle)
        page.addStretch(3)
        scroll = QScrollArea()
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)


def _item(card: KeyCard) -> QListWidgetItem:
    until = f"有效期至 {card.valid_until}" if card.valid_until else "没有可用的证书"
    below = f"{card.family}　尾号 {card.serial_end}　{until}"
    item = QListWidgetItem(f"{card.holder or '（读不出持有人）'}\n{below}")
    item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{card.holder} {below}")
    return item
