"""业务需求表: what the office that looks after keys is asked for."""

from PyQt5.QtWidgets import QCheckBox, QGridLayout, QWidget

from clerk_client.desk.key_papers import RequestEntries
from clerk_client.ui.login.panel import FieldGrid
from clerk_client.ui.login.paper_panel import PaperPanel, emptied, line
from clerk_client.ui.login.paper_values import RequestPrefill
from clerk_client.ui.widgets import ComboBox, Text
from printing.document import KeyFamily, Wish

_UNKNOWN = "不确定（纸上勾选）"
_REASON_LENGTH = 200
_WISHES_ACROSS = 5


class RequestPanel(PaperPanel):
    """Whatever stays empty is left to be filled in by hand."""

    def __init__(self) -> None:
        super().__init__("业务需求表")
        self._told = Text(role="aside")
        self.department = line("部门")
        self.user_name = line("使用人")
        self.post = line("窗口/岗位")
        self.phone = line("电话", longest=40)
        self.family = ComboBox("KEY种类")
        self.family.addItem(_UNKNOWN, None)
        for family in KeyFamily:
            self.family.addItem(family.value, family)
        self.reason = line("原因", "如：证书过期、PIN锁定、遗失、损坏", _REASON_LENGTH)
        self.wishes = {wish: QCheckBox(wish.value) for wish in Wish}
        self._facts = Text(role="keyFacts")
        self._facts.setAccessibleName("钥匙里的证书")
        grid = FieldGrid()
        grid.add("部门", self.department, 0)
        grid.add("使用人", self.user_name, 0, right=True)
        grid.add("窗口/岗位", self.post, 1)
        grid.add("电话", self.phone, 1, right=True)
        grid.add_wide("KEY种类", self.family, 2)
        grid.add_wide("办理", self._wish_row(), 3)
        grid.add_wide("原因", self.reason, 4)
        self.column.addWidget(self._told)
        self.column.addLayout(grid)
        self.column.addWidget(self._facts)
        lines = (self.department, self.user_name, self.post, self.phone)
        self.walk(*lines, self.family, *self.wishes.values(), self.reason)

    def show_prefill(self, prefill: RequestPrefill) -> None:
        known = prefill.entries
        self._told.setText(f"填好后打印，签名并加盖部门公章，送{prefill.office}；空着的项可手写")
        self.forget()
        self.user_name.setText(known.user_name)
        self.reason.setText(known.reason)
        self.reason.setCursorPosition(0)
        self.family.setCurrentIndex(max(self.family.findData(known.family), 0))
        for wish, box in self.wishes.items():
            box.setChecked(wish in known.wishes)
        facts = "\n".join(f"{label}：{value}" for label, value in prefill.facts)
        self._facts.setText(facts or "没有可读的证书：证书持有人、序列号和有效期请在纸上填写")

    def typed(self) -> RequestEntries:
        return RequestEntries(
            department=self.department.text(),
            user_name=self.user_name.text(),
            post=self.post.text(),
            phone=self.phone.text(),
            family=self.family.currentData(),
            wishes=frozenset(wish for wish, box in self.wishes.items() if box.isChecked()),
            reason=self.reason.text(),
        )

    def forget(self) -> None:
        emptied(self.department, self.user_name, self.post, self.phone, self.reason)
        self._facts.setText("")

    def first(self) -> QWidget:
        return self.department

    @property
    def facts(self) -> str:
        """What a reader sees of the certificate."""
        return self._facts.text()

    def _wish_row(self) -> QWidget:
        row = QWidget()
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 0, 0, 0)
        for number, box in enumerate(self.wishes.values()):
            grid.addWidget(box, number // _WISHES_ACROSS, number % _WISHES_ACROSS)
        grid.setColumnStretch(_WISHES_ACROSS, 1)
        return row
