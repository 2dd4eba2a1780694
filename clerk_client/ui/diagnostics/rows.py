"""The rows of the page: one for each part of the station, and for keys one with four headings."""

from collections.abc import Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from clerk_client.ui.diagnostics.presenter import HEADINGS, CheckLine
from clerk_client.ui.notices import SIGNS, Level
from clerk_client.ui.widgets import Text

SUBJECTS = {
    "key": "电子钥匙",
    "camera": "高拍仪",
    "printer": "打印机",
    "hall": "大厅服务",
    "keyring": "本机密码库",
    "clock": "电脑时间",
    "offline": "离线资料",
}
SEVERITIES = {Level.SUCCESS: "正常", Level.WARNING: "注意", Level.ERROR: "故障", Level.INFO: ""}

_WORST_FIRST = (Level.ERROR, Level.WARNING, Level.SUCCESS, Level.INFO)
_CONTENT, _CODE = 2, 3
_TOP_RIGHT = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight


def row_of(lines: Sequence[CheckLine]) -> QFrame:
    """One part of the station, with all that was found of it."""
    row = _Row(lines[0].subject, _worst(lines))
    for line in lines:
        row.add_finding(line)
    return row


def row_of_keys(lines: Sequence[CheckLine]) -> QFrame:
    """All that was found of the keys, under the headings that clerks know from the manual.

    The headings without anything stand there too: a clerk sees what it is not. Keys that are in
    order need none.
    """
    row = _Row("key", _worst(lines))
    wrong = [line for line in lines if line.level is not Level.SUCCESS]
    for line in lines:
        if line not in wrong:
            row.add_finding(line)
    for heading in HEADINGS if wrong else ():
        under = [line for line in wrong if line.heading == heading]
        row.add_heading(heading, _worst(under) if under else None)
        for line in under:
            row.add_finding(line, indented=True)
    return row


class _Row(QFrame):
    def __init__(self, subject: str, level: Level) -> None:
        super().__init__()
        self.setObjectName("checkRow")
        self.setProperty("level", level.value)
        self._em = self.fontMetrics().horizontalAdvance("大")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(14, 10, 14, 10)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(_CONTENT, 1)
        self._next = 0
        self._said: list[str] = []
        mark = _marked(f"{SIGNS[level]} {SEVERITIES[level]}", level)
        mark.setFixedWidth(5 * self._em)
        name = QLabel(SUBJECTS.get(subject, subject))
        name.setObjectName("checkSubject")
        name.setFixedWidth(6 * self._em)
        self._grid.addWidget(mark, 0, 0)
        self._grid.addWidget(name, 0, 1)
        self._say(name.text(), SEVERITIES[level])

    def add_heading(self, heading: str, level: Level | None) -> None:
        if level is None:
            self._add(Text(heading, role="aside"))
            return
        self._add(_marked(f"{SIGNS[level]} {heading}", level))
        self._say(SEVERITIES[level], heading)

    def add_finding(self, line: CheckLine, *, indented: bool = False) -> None:
        code = QLabel(line.words.code)
        code.setProperty("role", "aside")
        self._grid.addWidget(code, self._next, _CODE, _TOP_RIGHT)
        whose = f"{line.whose}：" if line.whose else ""
        texts = [Text(whose + line.words.title, role="checkCause")]
        self._say(texts[0].text())
        if line.level is not Level.SUCCESS:
            texts.append(Text(line.words.next_step, role="checkNext"))
        self._say(line.words.next_step)
        if line.path:
            texts.append(Text(f"文件：{line.path}", role="aside"))
        if line.detail:
            texts.append(Text(f"详情：{line.detail}", role="aside"))
        for text in texts:
            text.setContentsMargins(self._em if indented else 0, 0, 0, 0)
            self._add(text)

    def _add(self, widget: QWidget) -> None:
        self._grid.addWidget(widget, self._next, _CONTENT)
        self._next += 1

    def _say(self, *words: str) -> None:
        self._said += words
        self.setAccessibleName(" ".join(self._said))


def _marked(text: str, level: Level) -> QLabel:
    label = QLabel(text)
    label.setObjectName("checkMark")
    label.setProperty("level", level.value)
    return label


def _worst(lines: Sequence[CheckLine]) -> Level:
    return min((line.level for line in lines), key=_WORST_FIRST.index)
