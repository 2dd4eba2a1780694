"""材料: what the matter asks for, to look at while checking."""

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from clerk_client.domain.matters import Matter, Necessity
from clerk_client.ui.reception.labels import NECESSITIES
from clerk_client.ui.widgets import StepHeading, Text


class MaterialsPanel(QFrame):
    """A list with a mark for how badly each material is needed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("column")
        self._heading = StepHeading("3", "材料")
        legend = QHBoxLayout()
        legend.setSpacing(5)
        for necessity, (sign, word) in NECESSITIES.items():
            legend.addWidget(_mark(sign, necessity))
            legend.addWidget(QLabel(word))
            legend.addSpacing(10)
        legend.addStretch(1)
        self._list = QScrollArea()
        self._list.setObjectName("materialList")
        self._list.setAccessibleName("材料")
        self._list.setWidgetResizable(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        column.addWidget(self._heading)
        column.addLayout(legend)
        column.addWidget(self._list, 1)
        self.show_matter(None)

    @property
    def view(self) -> QScrollArea:
        """The part that takes the keyboard, to scroll."""
        return self._list

    def show_matter(self, matter: Matter | None) -> None:
        content = QWidget()
        content.setObjectName("columnContent")
        grid = QGridLayout(content)
        grid.setContentsMargins(2, 2, 8, 2)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(1, 1)
        materials = matter.materials if matter else ()
        for row, material in enumerate(materials):
            sign, word = NECESSITIES[material.necessity]
            mark = _mark(sign, material.necessity)
            mark.setAccessibleName(word)
            name = Text(material.name)
            name.setAccessibleName(f"{word}：{material.name}")
            grid.addWidget(mark, row, 0)
            grid.addWidget(name, row, 1)
        if not materials:
            grid.addWidget(
                Text("该事项没有登记材料" if matter else "找到事项后显示", "aside"), 0, 1
            )
        grid.setRowStretch(max(1, len(materials)), 1)
        self._list.setWidget(content)
        self._heading.show_title("材料", f"共 {len(materials)} 项" if materials else "")


def _mark(sign: str, necessity: Necessity) -> QLabel:
    mark = QLabel(sign)
    mark.setProperty("necessity", necessity.value)
    mark.setAlignment(Qt.AlignmentFlag.AlignTop)
    return mark
