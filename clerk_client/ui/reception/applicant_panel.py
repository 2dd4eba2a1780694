"""办事人信息录入: 事项类型, 姓名, 证件号码, in the manual's order."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QButtonGroup, QHBoxLayout, QRadioButton, QVBoxLayout, QWidget

from clerk_client.desk.forms import Entries
from clerk_client.domain.cases import Category
from clerk_client.domain.matters import Matter
from clerk_client.domain.names import CATEGORIES, DOCUMENT_TYPES
from clerk_client.domain.people import DocumentType, folded_number
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.comparing_panel import ComparingPanel
from clerk_client.ui.reception.exchange import Compared, Spot
from clerk_client.ui.reception.keyboard import drop_composed
from clerk_client.ui.widgets import ComboBox, FieldRow, LatinEdit, LineEdit
from clerk_client.ui.wording import Words

_KEYS = {Qt.Key.Key_1: Category.HALL_PENDING, Qt.Key.Key_2: Category.DEPARTMENT_INTERNAL}


class CategoryChoice(QWidget):
    """Two large radio buttons, none pressed. Plain 1 and 2 act while one of them has the focus."""

    chosen = pyqtSignal()
    picked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("事项类型")
        self._group = QButtonGroup(self)
        self.buttons: dict[Category, QRadioButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        for position, (category, label) in enumerate(CATEGORIES.items(), 1):
            button = QRadioButton(f"{label}  Alt+{position}")
            button.setAccessibleName(label)
            button.setToolTip(f"Alt+{position}")
            button.setProperty("big", True)
            button.toggled.connect(self._tell)
            self._group.addButton(button)
            self.buttons[category] = button
            row.addWidget(button, 1)
        self.setFocusProxy(self.buttons[Category.HALL_PENDING])

    @property
    def category(self) -> Category | None:
        return next((c for c, button in self.buttons.items() if button.isChecked()), None)

    def choose(self, category: Category | None) -> None:
        """None lifts both, which an exclusive group does not do by itself."""
        self._group.setExclusive(False)
        for each, button in self.buttons.items():
            button.setChecked(each is category)
        self._group.setExclusive(True)

    def has_focus(self) -> bool:
        return any(button.hasFocus() for button in self.buttons.values())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        category = _KEYS.get(Qt.Key(event.key())) if event.key() in _KEYS and plain else None
        if category is None:
            super().keyPressEvent(event)
            return
        self.choose(category)
        self.picked.emit()

    def _tell(self, checked: bool) -> None:
        if checked:
            self.chosen.emit()


class ApplicantPanel(QWidget):
    """The form. It judges nothing and clears nothing by itself."""

    category_changed = pyqtSignal()
    document_type_changed = pyqtSignal()
    left = pyqtSignal(Spot)
    edited = pyqtSignal(Spot)
    changed = pyqtSignal()
    finished = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.category = CategoryChoice()
        self.name = LineEdit("姓名", longest=120)
        self.document_type = ComboBox("证件类型")
        for kind, label in DOCUMENT_TYPES.items():
            self.document_type.addItem(label, kind)
        self.number = LatinEdit("证件号码", "", folded_number, longest=40)
        self.number.setObjectName("number")
        self.phone = LatinEdit("联系电话", "选填", longest=40)
        self.serial = LatinEdit("部门系统流水号", "选填，部门自有系统的编号", longest=40)
        self._category_row = FieldRow("事项类型", self.category, required=True)
        self._name_row = FieldRow("姓名", self.name, required=True)
        self._number_row = FieldRow("证件号码", self.number, required=True)
        self._phone_row = FieldRow("联系电话", self.phone)
        self._serial_row = FieldRow("部门系统流水号", self.serial)
        self.comparing = ComparingPanel()
        self._comparing_row = FieldRow("基础库", self.comparing)
        keeps = self._serial_row.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)
        self._serial_row.setSizePolicy(keeps)
        self._rows = {
            Spot.CATEGORY: self._category_row,
            Spot.NAME: self._name_row,
            Spot.NUMBER: self._number_row,
            Spot.PHONE: self._phone_row,
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._category_row)
        column.addWidget(self._name_row)
        column.addWidget(FieldRow("证件类型", self.document_type))
        column.addWidget(self._number_row)
        column.addWidget(self._phone_row)
        column.addWidget(self._serial_row)
        column.addWidget(self._comparing_row)
        column.addStretch(1)
        self._wire()
        self._follow_category()
        self.show_compared(Compared())

    def in_tab_order(self) -> tuple[QWidget, ...]:
        """As Tab walks through it."""
        return (
            *self.category.buttons.values(),
            self.name,
            self.document_type,
            self.number,
            self.phone,
            self.serial,
            self.comparing.button,
        )

    def entries(self) -> Entries:
        return Entries(
            category=self.category.category,
            document_type=self.document_type.currentData(),
            name=self.name.text(),
            number=self.number.text(),
            phone=self.phone.text(),
            department_serial=self.serial.text(),
        )

    def fill(self, entries: Entries) -> None:
        self.blockSignals(True)
        drop_composed(self.name)
        self.category.choose(entries.category)
        self.document_type.setCurrentIndex(self.document_type.findData(entries.document_type))
        self.name.setText(entries.name)
        self.number.setText(entries.number)
        self.phone.setText(entries.phone)
        self.serial.setText(entries.department_serial)
        for row in self._rows.values():
            row.show_message("")
        self.blockSignals(False)
        self._follow_category()
        self.changed.emit()

    def choose_category(self, category: Category) -> None:
        """From there the clerk goes on to the name; from any other field nothing moves."""
        was_there = self.category.has_focus()
        self.category.choose(category)
        if was_there:
            self.name.setFocus()

    def show_category_hint(self, matter: Matter | None, differs: Words | None) -> None:
        if differs:
            message, level = differs.title, Level.WARNING
        elif matter:
            expected = matter.expected_category is Category.HALL_PENDING
            entered = "已进驻网上办事大厅" if expected else "未进驻网上办事大厅"
            message, level = f"提示：目录登记该事项{entered}", Level.INFO
        else:
            message, level = "", Level.INFO
        self._category_row.show_message(message, level)

    def show_problem(self, spot: Spot, words: Words | None, level: Level) -> None:
        if spot is Spot.CATEGORY and words is None:
            return
        # The cause alone: it fits one line, so that the rows below stay where they are.
        self._rows[spot].show_message(words.title if words else "", level)

    def show_compared(self, compared: Compared) -> None:
        problem = compared.problem
        told = f"{problem.title}；{problem.next_step}" if problem else ""
        self._comparing_row.show_message(told, Level.WARNING)
        self.comparing.show_compared(compared)
        self._comparing_row.setVisible(compared.is_offered)

    def message(self, spot: Spot) -> str:
        """What stands below a field."""
        return self._rows[spot].message

    def _wire(self) -> None:
        self.category.chosen.connect(self._follow_category)
        self.category.chosen.connect(self.category_changed)
        self.category.picked.connect(self.name.setFocus)
        self.document_type.currentIndexChanged.connect(lambda: self._follow_document_type())
        judged = ((Spot.NAME, self.name), (Spot.NUMBER, self.number), (Spot.PHONE, self.phone))
        for spot, line in judged:
            line.left.connect(lambda spot=spot: self.left.emit(spot))
            line.textEdited.connect(lambda _, spot=spot: self.edited.emit(spot))
        for line in (self.name, self.number):
            line.textChanged.connect(lambda: self.changed.emit())
        self.category.chosen.connect(self.changed)
        self.name.returnPressed.connect(self.number.setFocus)
        self.number.returnPressed.connect(self.phone.setFocus)
        self.phone.returnPressed.connect(self._after_phone)
        self.serial.returnPressed.connect(self.finished)

    def _after_phone(self) -> None:
        if self._serial_row.isVisible():
            self.serial.setFocus()
        else:
            self.finished.emit()

    def _follow_category(self) -> None:
        is_internal = self.category.category is Category.DEPARTMENT_INTERNAL
        self._serial_row.setVisible(is_internal)

    def _follow_document_type(self) -> None:
        is_unit = self.document_type.currentData() is DocumentType.CREDIT_CODE
        self._name_row.show_label("单位名称" if is_unit else "姓名")
        self.document_type_changed.emit()
