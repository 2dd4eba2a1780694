"""How the login page's card is laid out, and its line of what is waited for."""

from collections.abc import Iterable

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from clerk_client.ui.login.exchange import Step
from clerk_client.ui.login.panel import centred
from clerk_client.ui.widgets import BusyLine, Text

_TITLE = "电子钥匙登录"
_STEPS = {
    None: "",
    Step.CHECKING_PIN: "正在核对PIN…",
    Step.ASKING_HALL: "正在向大厅验证身份…",
    Step.SIGNING_OUT: "正在退出登录…",
    Step.CHANGING_PIN: "正在修改PIN…",
}


class LoginCard(QFrame):
    """Its parts one above the other; a tuple is a row of which the first parts stretch.

    Takes the keyboard itself while nothing in it is to be done: Enter and Space press nothing then.
    """

    def __init__(self, parts: Iterable[QWidget | tuple[QWidget, ...]]) -> None:
        super().__init__()
        self.setObjectName("loginCard")
        self.setAccessibleName(_TITLE)
        em = self.fontMetrics().height()
        self.setFixedWidth(27 * em)
        title = QLabel(_TITLE)
        title.setObjectName("cardTitle")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * em, int(1.2 * em), 2 * em, em)
        column.setSpacing(int(0.6 * em))
        column.addWidget(title)
        for part in parts:
            if isinstance(part, QWidget):
                column.addWidget(part)
                continue
            row = QHBoxLayout()
            row.setSpacing(em // 2)
            for each in part:
                row.addWidget(each, 0 if isinstance(each, QLabel) or each is part[-1] else 1)
            column.addLayout(row)


class Waiting(QWidget):
    """A moving line, and below it what is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._moving = BusyLine()
        self._told = QLabel()
        self._told.setObjectName("busyText")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(int(0.6 * self.fontMetrics().height()))
        column.addWidget(self._moving)
        column.addWidget(self._told)

    def show_step(self, step: Step | None) -> None:
        """None while the clerk may act."""
        self._told.setText(_STEPS[step])
        self._told.setVisible(step is not None)
        self._moving.show_busy(step is not None)

    @property
    def text(self) -> str:
        """What a reader sees."""
        return self._told.text()


def front(hall_name: str, station: str, card: LoginCard) -> QWidget:
    """The page with the card in its middle."""
    heading = Text(hall_name, role="hallTitle")
    below = Text(f"窗口受理　工作站 {station}", role="hallSubtitle")
    for text in (heading, below):
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return centred(heading, below, card.fontMetrics().height(), card)
