"""Where the parts of the reception page stand, and which of them a small screen shows."""

import itertools

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLayout,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from clerk_client.domain.stages import Stage
from clerk_client.ui.notice_bar import NoticeBar
from clerk_client.ui.reception.applicant_panel import ApplicantPanel
from clerk_client.ui.reception.commit_bar import CommitBar
from clerk_client.ui.reception.keyboard import ENTRY_KEYS
from clerk_client.ui.reception.labels import LOOK_UPS
from clerk_client.ui.reception.materials_panel import MaterialsPanel
from clerk_client.ui.reception.matter_card import MatterCard
from clerk_client.ui.reception.outcome_panel import OutcomePanel
from clerk_client.ui.reception.search_panel import SearchPanel
from clerk_client.ui.reception.summary_panel import SummaryPanel
from clerk_client.ui.reception.ticket_panel import AppointmentPanel, TicketPanel
from clerk_client.ui.scrolling import Column
from clerk_client.ui.widgets import StepHeading

_NARROW = 1100
_LOW = 760
_MARGINS = 40
_MIDDLE_TITLES = {Stage.CONFIRMING: "核对", Stage.ACCEPTING: "核对", Stage.ACCEPTED: "打印回执"}


class Arrangement(QWidget):
    """Three columns between a notice and a bar; fewer beside or below each other without room."""

    def __init__(self) -> None:
        super().__init__()
        self._stage = Stage.WAITING
        # The frames in the picture bear the numbers of the choice: neither goes without the other.
        self._offers_tickets = False
        self.notice = NoticeBar()
        self.tabs = _tabs()
        self.ticket = TicketPanel()
        self.appointment = AppointmentPanel()
        self.search = SearchPanel()
        self.look_ups = QStackedWidget()
        for panel in (self.ticket, self.appointment, self.search):
            self.look_ups.addWidget(panel)
        self._look_up_column = Column(self.look_ups)
        self.card = MatterCard()
        self.applicant = ApplicantPanel()
        self.summary = SummaryPanel()
        self.outcome = OutcomePanel()
        self.materials = MaterialsPanel()
        self.bar = CommitBar()
        self._middle_heading = StepHeading("2", "办事人信息录入")
        self._middle_pages = QStackedWidget()
        for page in (self.applicant, self.summary, self.outcome):
            self._middle_pages.addWidget(Column(page))
        self._left = self._left_column()
        self._middle = self._middle_column()
        columns = QHBoxLayout()
        columns.setContentsMargins(10, 0, 10, 8)
        columns.setSpacing(10)
        columns.addWidget(self._left, 33)
        columns.addWidget(self._middle, 40)
        columns.addWidget(self.materials, 27)
        self._whole = QVBoxLayout(self)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setSpacing(8)
        self._whole.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._whole.addWidget(self.notice)
        self._whole.addLayout(columns, 1)
        self._whole.addWidget(self.bar)
        self._order_tabs()
        self._follow_compared()

    def arrange_for(self, stage: Stage) -> None:
        """Brings the stage's page to the front and opens what can be used in it."""
        self._stage = stage
        waits = stage in (Stage.WAITING, Stage.FOUND)
        self.look_ups.setEnabled(waits)
        self.tabs.setEnabled(waits or stage is Stage.RECORDING)
        self.card.let_proceed(waits)
        self.applicant.setEnabled(stage is Stage.RECORDING)
        shown = {
            Stage.CONFIRMING: self.summary,
            Stage.ACCEPTING: self.summary,
            Stage.ACCEPTED: self.outcome,
        }
        position = (self.applicant, self.summary, self.outcome).index(
            shown.get(stage, self.applicant)
        )
        self._middle_pages.setCurrentIndex(position)
        self._middle_heading.show_title(_MIDDLE_TITLES.get(stage, "办事人信息录入"))
        self.bar.show_stage(stage)
        self.arrange()

    def arrange(self) -> None:
        """Beside the materials one column at a time where the screen is narrow, and without them
        where it is narrower still; below the tabs the look-up or the card where it is low."""
        columns = (self._left, self._middle, self.materials)
        needed = sum(column.minimumSizeHint().width() for column in columns) + _MARGINS
        narrow = self.width() < max(_NARROW, needed)
        finding = self._stage in (Stage.WAITING, Stage.IDENTIFYING, Stage.FOUND)
        low = self.height() < _LOW
        # A list of codes is seen whole, and the picture is looked at only for its numbers.
        self._left_rows.setStretchFactor(self.card, 4 if self._offers_tickets else 2)
        step = (self._left if finding else self._middle).minimumSizeHint().width()
        beside = self.materials.minimumSizeHint().width() + _MARGINS
        shown: dict[QWidget, bool] = {
            self._left: finding or not narrow,
            self._middle: not finding or not narrow,
            self.card: not low or not self.card.is_empty,
            self._look_up_column: not low or self.card.is_empty or self._offers_tickets,
            self.materials: not narrow or self.width() >= step + beside,
        }
        # Hide first: showing lays out at once, and both together would push the window wider.
        for part, visible in sorted(shown.items(), key=lambda item: item[1]):
            part.setVisible(visible)

    def minimumSizeHint(self) -> QSize:
        # Of the narrow and low arrangement, whichever stands now: else a page could not get there.
        step = max(part.minimumSizeHint().width() for part in (self._left, self._middle))
        width = step + _MARGINS
        height = self._whole.totalMinimumSize().height()
        if not self.card.isHidden() and not self._look_up_column.isHidden():
            height -= self.card.minimumSizeHint().height() + self._left_rows.spacing()
        return QSize(width, height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    # --- building ---

    def _left_column(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("column")
        self._left_rows = QVBoxLayout(frame)
        self._left_rows.setContentsMargins(14, 12, 14, 12)
        self._left_rows.setSpacing(8)
        self._left_rows.addWidget(StepHeading("1", "查找事项"))
        self._left_rows.addWidget(self.tabs)
        self._left_rows.addWidget(self._look_up_column, 3)
        self._left_rows.addWidget(self.card, 2)
        return frame

    def _middle_column(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("column")
        column = QVBoxLayout(frame)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(12)
        column.addWidget(self._middle_heading)
        column.addWidget(self._middle_pages, 1)
        return frame

    def _follow_compared(self) -> None:
        """What comes out stands below the fields, and the column may be too low for both."""
        form, panel = self._middle_pages.widget(0), self.applicant.comparing
        assert isinstance(form, Column)

        def show() -> None:
            form.ensureWidgetVisible(panel.parentWidget(), 0, 0)

        panel.asked.connect(show)
        # Once the column has room for the lines that came.
        form.verticalScrollBar().rangeChanged.connect(lambda: show() if panel.text else None)

    def _order_tabs(self) -> None:
        """The manual's order, then the bar, then what is only looked at."""
        order = (
            self.tabs,
            *self.ticket.in_tab_order(),
            self.appointment.box,
            *self.search.in_tab_order(),
            *self.card.in_tab_order(),
            *self.applicant.in_tab_order(),
            *self.outcome.in_tab_order(),
            *self.bar.in_tab_order(),
            self.notice.action,
            self.materials.view,
        )
        for first, second in itertools.pairwise(order):
            QWidget.setTabOrder(first, second)


def _tabs() -> QTabBar:
    tabs = QTabBar()
    tabs.setAccessibleName("查找事项的方式")
    tabs.setExpanding(True)
    tabs.setDrawBase(False)
    # Elided tabs would hide the very words of the manual.
    tabs.setUsesScrollButtons(False)
    tabs.setElideMode(Qt.TextElideMode.ElideNone)
    for entry, label in LOOK_UPS.items():
        tabs.addTab(f"{label} {ENTRY_KEYS[entry][0]}")
        tabs.setTabToolTip(tabs.count() - 1, " 或 ".join(ENTRY_KEYS[entry]))
    return tabs
