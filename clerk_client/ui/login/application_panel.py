"""数字证书申请表: which certificates, for how long, and what they cost."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QWheelEvent
from PyQt5.QtWidgets import QCheckBox, QGridLayout, QLabel, QSpinBox, QWidget

from clerk_client.desk.key_papers import ApplicationEntries
from clerk_client.ui.login.panel import FieldGrid
from clerk_client.ui.login.paper_panel import PaperPanel, emptied, line
from clerk_client.ui.login.paper_values import Fees
from clerk_client.ui.notices import Level
from clerk_client.ui.widgets import ComboBox, Text
from printing.document import CertificateKind, CertificateLine, Occasion

_NEED = {
    CertificateKind.BUSINESS: "必选",
    CertificateKind.INSTITUTION: "必选",
    CertificateKind.PERSONAL: "可选",
}
_MOST, _MOST_YEARS = 99, 10


class NumberBox(QSpinBox):
    """A number that the mouse wheel scrolls past, so that it does not change by accident."""

    def __init__(self, name: str, least: int, most: int, suffix: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setRange(least, most)
        self.setSuffix(suffix)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ApplicationPanel(PaperPanel):
    """Identity card numbers are not asked for: the paper has boxes for them."""

    lines_changed = pyqtSignal(object)  # of CertificateLine

    def __init__(self) -> None:
        super().__init__("数字证书申请表")
        self.occasion = ComboBox("申请类型")
        for occasion in Occasion:
            self.occasion.addItem(occasion.value, occasion)
        self.occasion.currentIndexChanged.connect(self._choose_medium)
        self.medium = QCheckBox("需要新介质，收取介质费")
        self.medium.toggled.connect(self._tell_lines)
        self.unit_name = line("申请单位", longest=120)
        self.unit_code = line("统一社会信用代码", "或事业单位法人证书号", 40)
        self.handler_name = line("经办人")
        self.handler_phone = line("经办人电话", longest=40)
        self.counts: dict[CertificateKind, NumberBox] = {}
        self.years: dict[CertificateKind, NumberBox] = {}
        self._fees: dict[CertificateKind, QLabel] = {}
        self._total = QLabel()
        self._total.setObjectName("feeTotal")
        grid = FieldGrid()
        grid.add_wide("申请单位", self.unit_name, 0)
        grid.add("单位代码", self.unit_code, 1)
        grid.add("申请类型", self.occasion, 1, right=True)
        grid.add("经办人", self.handler_name, 2)
        grid.add("电话", self.handler_phone, 2, right=True)
        told = "一式两份，签名并加盖单位公章；身份证号码请在纸上填写。数量为0的证书不申请"
        self.column.addWidget(Text(told, role="aside"))
        self.column.addLayout(grid)
        self.column.addLayout(self._certificates())
        self.column.addWidget(self.medium)
        self.column.addWidget(self._total)
        unit = (self.unit_name, self.unit_code, self.occasion)
        numbers = (box for kind in self.counts for box in (self.counts[kind], self.years[kind]))
        self.walk(*unit, self.handler_name, self.handler_phone, *numbers, self.medium)

    def show_blank(self) -> None:
        self.forget()
        self.occasion.setCurrentIndex(0)
        self._choose_medium()
        for kind, box in self.counts.items():
            box.setValue(0 if kind is CertificateKind.PERSONAL else 1)
            self.years[kind].setValue(1)
        self._tell_lines()

    def show_fees(self, fees: Fees) -> None:
        for kind, label in self._fees.items():
            label.setText(fees.lines.get(kind, ""))
        self._total.setText(f"费用合计：{fees.total}" if fees.lines else "费用合计：未选证书")
        self.show_result(fees.problem, Level.ERROR)

    def typed(self) -> ApplicationEntries:
        return ApplicationEntries(
            occasion=self.occasion.currentData(),
            lines=self._lines(),
            unit_name=self.unit_name.text(),
            unit_code=self.unit_code.text(),
            handler_name=self.handler_name.text(),
            handler_phone=self.handler_phone.text(),
        )

    def forget(self) -> None:
        emptied(self.unit_name, self.unit_code, self.handler_name, self.handler_phone)

    def first(self) -> QWidget:
        return self.unit_name

    @property
    def fees(self) -> str:
        """What a reader sees."""
        return "\n".join([*(label.text() for label in self._fees.values()), self._total.text()])

    def _lines(self) -> tuple[CertificateLine, ...]:
        return tuple(
            CertificateLine(
                kind, count, self.years[kind].value(), with_medium=self.medium.isChecked()
            )
            for kind, box in self.counts.items()
            if (count := box.value())
        )

    def _certificates(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(3, 1)
        for row, kind in enumerate(CertificateKind):
            name = f"{kind.value}（{_NEED[kind]}）"
            self.counts[kind] = NumberBox(f"{kind.value}数量", 0, _MOST, " 个")
            self.years[kind] = NumberBox(f"{kind.value}年限", 1, _MOST_YEARS, " 年")
            self._fees[kind] = QLabel()
            self._fees[kind].setProperty("role", "fact")
            label = QLabel(name)
            label.setProperty("role", "label")
            label.setBuddy(self.counts[kind])
            for place, part in enumerate(
                (label, self.counts[kind], self.years[kind], self._fees[kind])
            ):
                grid.addWidget(part, row, place)
            for box in (self.counts[kind], self.years[kind]):
                box.valueChanged.connect(self._tell_lines)
        return grid

    def _choose_medium(self) -> None:
        """A renewal goes onto the key that is there; the tick can be set all the same."""
        self.medium.setChecked(self.occasion.currentData() is Occasion.NEW)

    def _tell_lines(self) -> None:
        self.lines_changed.emit(self._lines())
