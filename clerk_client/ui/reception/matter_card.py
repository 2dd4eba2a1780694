"""What the look-up found: one matter with its facts, or several to choose from."""

from collections.abc import Sequence

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from clerk_client.desk.forms import Found
from clerk_client.domain.matters import Matter
from clerk_client.domain.names import time_limit
from clerk_client.ui.reception.labels import in_catalogue
from clerk_client.ui.scrolling import ChoiceList, Column
from clerk_client.ui.widgets import Button, Text
from clerk_client.ui.wording import Words


class MatterCard(QFrame):
    """Always in its place, also empty, so that nothing moves when something is found."""

    proceeded = pyqtSignal()
    chosen = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("matterCard")
        self._empty = Text(role="aside")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._heading = Text(role="cardHeading")
        self._whose = Text(role="aside")
        self.choices = ChoiceList("请选择一项")
        self.choices.chosen.connect(self.chosen)
        # It scrolls by itself where the card is low: its heading stays in sight.
        self.choices.setMinimumHeight(4 * self.choices.fontMetrics().lineSpacing())
        self.choices.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._source = Text(role="aside")
        self._name = Text(role="cardHeading")
        self._name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._facts = Text()
        self._told = Text(role="told")
        self._problem = Text(role="problem")
        self.proceed = Button("办理", primary=True, hint="Enter")
        self.proceed.clicked.connect(lambda: self.proceeded.emit())
        self._pages = QStackedWidget()
        for page in (self._page_empty(), self._page_choice(), self._page_matter()):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.addWidget(Column(self._pages))
        self.clear()

    def in_tab_order(self) -> tuple[QWidget, ...]:
        """As Tab walks through it."""
        return (self.choices, self.proceed)

    @property
    def is_empty(self) -> bool:
        return self._pages.currentIndex() == 0

    def clear(self) -> None:
        self._show_empty("尚未找到事项")

    def show_looking_up(self) -> None:
        self._show_empty("正在查询…")

    def offer(self, heading: str, choices: Sequence[str], told: str = "") -> None:
        self._heading.setText(heading)
        self._whose.setText(told)
        self._whose.setVisible(bool(told))
        self.choices.show_rows(choices)
        self._pages.setCurrentIndex(1)

    def offer_matters(self, found: Found, notices: Sequence[Words]) -> None:
        told = "　".join([_source(found), *(words.title for words in notices)]).strip()
        self.offer(
            f"有 {len(found.matters)} 个事项，请选择一项", [_row(m) for m in found.matters], told
        )

    def show_no_matter(self, found: Found, notices: Sequence[Words]) -> None:
        told = "　".join(words.title for words in notices)
        self._show_empty(f"{_source(found)}\n{told}\n请在上方查询要办理的事项")

    def show_matter(
        self, found: Found, matter: Matter, notices: Sequence[Words], problem: Words | None
    ) -> None:
        self._source.setText(_source(found))
        self._source.setVisible(bool(self._source.text()))
        self._name.setText(matter.name)
        facts = [matter.department.full_name or matter.department.name]
        if not matter.is_parent:
            facts.append(f"办理时限：{time_limit(matter)}　　进驻：{in_catalogue(matter)}")
        self._facts.setText("\n".join(facts))
        self._told.setText("\n".join(f"{words.title}；{words.next_step}" for words in notices))
        self._told.setVisible(bool(notices))
        self._problem.setText(f"{problem.title}。{problem.next_step}" if problem else "")
        self._problem.setVisible(problem is not None)
        leads_on = problem is None or matter.is_parent
        self.proceed.setText("选择子项" if matter.is_parent else "办理")
        self.proceed.setAccessibleName(self.proceed.text())
        self.proceed.setProperty("leads_on", leads_on)
        self.proceed.setEnabled(leads_on)
        self._pages.setCurrentIndex(2)

    def let_proceed(self, open_now: bool) -> None:
        """Whether the stage lets 办理 be pressed; a matter that cannot go on stays shut."""
        self.proceed.setEnabled(open_now and bool(self.proceed.property("leads_on")))
        self.choices.setEnabled(open_now)

    def _show_empty(self, said: str) -> None:
        self._empty.setText(said)
        self._pages.setCurrentIndex(0)
        # An appointment's name would stay behind the page that is shown.
        for text in (self._whose, self._source, self._name, self._facts, self._told, self._problem):
            text.setText("")
        self.choices.show_rows(())

    def _page_empty(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._empty, 1)
        return page

    def _page_choice(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._whose)
        column.addWidget(self._heading)
        column.addWidget(self.choices, 1)
        return page

    def _page_matter(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for part in (self._source, self._name, self._facts, self._told, self._problem):
            column.addWidget(part)
        column.addSpacing(6)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.proceed, 1)
        column.addLayout(row)
        column.addStretch(1)
        return page


def _row(matter: Matter) -> str:
    return f"{matter.name}\n{matter.department.name} · " + (
        "暂停办理" if matter.suspended else time_limit(matter)
    )


def _source(found: Found) -> str:
    """Where the matter comes from: the ticket's number, the appointment and for whom it is."""
    parts = []
    if found.ticket:
        parts.append(f"叫号 {found.ticket.reference.number}")
    if found.appointment:
        booked = found.appointment
        parts.append(f"预约 {booked.number}　{booked.time}　{booked.applicant_name}".rstrip())
    return "\n".join(parts)
