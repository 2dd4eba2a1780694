"""窗口受理, one page: the look-ups, the client and the materials side by side."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PyQt5.QtGui import QImage, QShowEvent
from PyQt5.QtWidgets import QWidget

from clerk_client.desk.forms import Entries, Form, Found, Summary
from clerk_client.domain.cases import Acceptance, Category, LookUp
from clerk_client.domain.matters import Matter
from clerk_client.domain.names import CATEGORIES
from clerk_client.domain.people import folded_number, mask
from clerk_client.domain.stages import Stage
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.arrangement import Arrangement
from clerk_client.ui.reception.exchange import Compared, Offer, Preview, Spot
from clerk_client.ui.reception.keyboard import bind_keys, drop_composed
from clerk_client.ui.reception.labels import LOOK_UPS
from clerk_client.ui.reception.presenter import ReceptionPresenter
from clerk_client.ui.wording import Words

if TYPE_CHECKING:
    from clerk_client.desk.cameras import CameraChoice, Mark
    from clerk_client.desk.paperwork import PrintedReceipt
    from scanner.adjustment import Adjustment

_OFFERS = {
    Offer.RESTORE: "恢复 (Ctrl+Z)",
    Offer.REPRINT: "确认补打",
    Offer.GO_ON: "仍要办理下一位",
}
_LOOKING_UP = {
    LookUp.TICKET: "将叫号纸放在高拍仪下方，系统自动识读；也可输入票号后按 Enter。",
    LookUp.APPOINTMENT: "输入预约编号后按 Enter。",
    LookUp.MATTER: "按叫号纸上预约的事项名称查询，↑ ↓ 选择，Enter 确定。",
}
_GUIDANCE = {
    Stage.IDENTIFYING: "正在查询，请稍候。",
    Stage.FOUND: "核对事项后按“办理”。",
    Stage.RECORDING: "选择事项类型，录入姓名和证件号码，然后按 Ctrl+Enter 核对。",
    Stage.CONFIRMING: "核对无误后按 Ctrl+Enter 提交；按 Esc 返回修改。",
    Stage.ACCEPTING: "正在签名并保存。",
    Stage.ACCEPTED: "打印回执并交由办事人。",
}
# Told by the task bar and a screen reader.
_TITLES = {
    Stage.WAITING: "等待办事人",
    Stage.IDENTIFYING: "正在查询",
    Stage.FOUND: "核对事项",
    Stage.RECORDING: "录入办事人信息",
    Stage.CONFIRMING: "核对后提交",
    Stage.ACCEPTING: "正在提交",
    Stage.ACCEPTED: "受理成功",
}


class ReceptionPage(Arrangement):
    """Shows what its presenter says. Call `attach` once, before the page is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("receptionPage")
        self._entry = LookUp.TICKET
        self._offer: Offer | None = None
        self._awaited: Spot | None = None
        self._is_told = False
        self._matter: Matter | None = None
        self.applicant.changed.connect(self._show_line)
        self.show_stage(Stage.WAITING)

    def attach(self, presenter: ReceptionPresenter) -> None:
        """Sends every action of the clerk to `presenter`."""
        entries = list(LOOK_UPS)
        self.tabs.tabBarClicked.connect(
            lambda index: presenter.choose_entry(entries[index]) if index >= 0 else None
        )
        self.ticket.read_asked.connect(presenter.read_now)
        self.ticket.stop_asked.connect(presenter.stop_preview)
        self.ticket.start_asked.connect(presenter.start_preview)
        self.ticket.picture.resized.connect(presenter.fit_preview)
        self.ticket.cameras_asked.connect(presenter.look_for_cameras)
        self.ticket.chooser.picked.connect(presenter.choose_camera)
        self.ticket.settings.adjusted.connect(presenter.adjust_camera)
        self.ticket.entered.connect(presenter.enter_ticket)
        self.appointment.entered.connect(presenter.enter_appointment)
        self.search.query_changed.connect(presenter.change_query)
        self.search.entered.connect(presenter.enter_matter)
        self.card.chosen.connect(presenter.choose)
        self.card.proceeded.connect(presenter.proceed)
        self.applicant.category_changed.connect(presenter.change_category)
        self.applicant.document_type_changed.connect(presenter.change_document_type)
        self.applicant.left.connect(presenter.leave_field)
        self.applicant.edited.connect(presenter.edit_field)
        self.applicant.changed.connect(presenter.change_entries)
        self.applicant.comparing.asked.connect(presenter.compare)
        self.applicant.finished.connect(self.bar.check.setFocus)
        self.bar.back_asked.connect(presenter.back)
        self.bar.check_asked.connect(presenter.check)
        self.bar.submit_asked.connect(presenter.submit)
        self.outcome.print_asked.connect(presenter.print_receipt)
        self.outcome.handed_over.connect(presenter.hand_over)
        self.outcome.reprint_asked.connect(presenter.ask_reprint)
        self.outcome.next_asked.connect(presenter.next_client)
        self.notice.taken.connect(
            lambda: presenter.take_offer(self._offer) if self._offer else None
        )
        bind_keys(self, presenter, lambda: self._back(presenter))

    # --- what the presenter shows ---

    def show_stage(self, stage: Stage) -> None:
        self.setWindowTitle(_TITLES[stage])
        if stage in (Stage.IDENTIFYING, Stage.ACCEPTING):
            # Else the focus would wander to whatever is still open.
            self._awaited = None
            if self.isVisible():
                self.setFocus()
        self.arrange_for(stage)
        if not self._is_told:
            self.show_notice(None, Level.INFO)
        self._show_line()

    def show_entry(self, entry: LookUp) -> None:
        self._entry = entry
        position = list(LOOK_UPS).index(entry)
        self.tabs.setCurrentIndex(position)
        self.look_ups.setCurrentIndex(position)

    def show_notice(self, words: Words | None, level: Level, offer: Offer | None = None) -> None:
        self._offer = offer
        self._is_told = words is not None
        if words is None:
            told = _GUIDANCE.get(self._stage, _LOOKING_UP[self._entry])
            self.notice.show_notice("", told, level)
        else:
            action = _OFFERS[offer] if offer else ""
            self.notice.show_notice(words.title, words.next_step, level, action)

    def show_preview(self, preview: Preview) -> None:
        self.ticket.show_preview(preview)

    def show_picture(self, image: QImage, marks: "Sequence[Mark]" = ()) -> None:
        """Straight from the camera worker."""
        self.ticket.show_picture(image, marks)

    def show_kept(self, image: QImage, marks: "Sequence[Mark]") -> None:
        """Straight from the camera worker."""
        self.ticket.show_kept(image, marks)

    def show_entered(self, text: str) -> None:
        if text != self.ticket.box.text():
            # Not clear(), as in clear_look_ups.
            self.ticket.box.setText(text)

    def show_read(self, text: str, label: str) -> None:
        self.ticket.show_tags({text: label})

    def show_refused(self, labels: Mapping[str, str]) -> None:
        self.ticket.picture.show_refused(labels)

    def show_cameras(self, choices: "Sequence[CameraChoice]", chosen: str) -> None:
        self.ticket.show_cameras(choices, chosen)

    def show_adjustment(self, adjustment: "Adjustment") -> None:
        self.ticket.show_adjustment(adjustment)

    def show_reading_hint(self, words: Words | None) -> None:
        self.ticket.show_hint(words)

    def show_matters(self, matters: Sequence[Matter], words: Words | None) -> None:
        self.search.show_matters(matters, words)

    def show_looking_up(self) -> None:
        self._offers_tickets = False
        self.card.show_looking_up()

    def offer_tickets(self, labels: Mapping[str, str]) -> None:
        self._offers_tickets = True
        # No-break spaces: a long label would leave its number alone on a line.
        rows = [f"{number}\u00a0\u00a0{label}" for number, label in enumerate(labels.values(), 1)]
        self.card.offer(f"画面里有 {len(labels)} 个码，请选择一个", rows)
        self.ticket.show_tags({text: str(number) for number, text in enumerate(labels, 1)})
        self.arrange()

    def offer_matters(self, found: Found, notices: Sequence[Words]) -> None:
        self._offers_tickets = False
        self._show_matter_elsewhere(None)
        self.card.offer_matters(found, notices)
        self.arrange()

    def show_matter(
        self, found: Found, matter: Matter, notices: Sequence[Words], problem: Words | None
    ) -> None:
        self._show_matter_elsewhere(matter)
        self.card.show_matter(found, matter, notices, problem)
        if found.ticket:
            self.ticket.box.setText(found.ticket.reference.number)
        self.arrange()

    def show_no_matter(self, found: Found, notices: Sequence[Words]) -> None:
        self.card.show_no_matter(found, notices)
        self.arrange()

    def clear_found(self) -> None:
        self._offers_tickets = False
        self.ticket.forget_choice()
        self._show_matter_elsewhere(None)
        self.card.clear()
        self.arrange()

    def clear_look_ups(self) -> None:
        drop_composed(self.search.box)
        for box in (self.ticket.box, self.appointment.box, self.search.box):
            # Not clear(), which could be undone: the next client would see the last one's number.
            box.setText("")

    def clear_papers(self) -> None:
        self.summary.clear()
        self.outcome.clear()

    def entries(self) -> Entries:
        return self.applicant.entries()

    def fill(self, entries: Entries) -> None:
        self.applicant.fill(entries)

    def choose_category(self, category: Category) -> None:
        self.applicant.choose_category(category)

    def show_category_hint(self, matter: Matter | None, differs: Words | None) -> None:
        self.applicant.show_category_hint(matter, differs)

    def show_problem(self, spot: Spot, words: Words | None, level: Level = Level.ERROR) -> None:
        self.applicant.show_problem(spot, words, level)

    def show_compared(self, compared: Compared) -> None:
        self.applicant.show_compared(compared)

    def show_summary(self, summary: Summary, form: Form, warnings: Sequence[Words]) -> None:
        self.summary.show_summary(summary, form, warnings)

    def show_accepted(self, acceptance: Acceptance, offline: Words | None) -> None:
        self.setWindowTitle(f"受理成功 {acceptance.number}")
        self.outcome.show_accepted(acceptance, offline)

    def show_printing(self) -> None:
        self.outcome.show_printing()

    def show_not_printed(self) -> None:
        self.outcome.show_not_printed()

    def show_printed(self, receipt: "PrintedReceipt") -> None:
        self.setWindowTitle(f"回执已打印 {receipt.number}")
        self.outcome.show_printed(receipt)

    def show_handed_over(self, done: bool) -> None:
        if done:
            self.setWindowTitle("已交办事人")
        self.outcome.show_handed_over(done)

    def focus(self, spot: Spot) -> None:
        boxes = {
            LookUp.TICKET: self.ticket.box,
            LookUp.APPOINTMENT: self.appointment.box,
            LookUp.MATTER: self.search.box,
        }
        places: dict[Spot, QWidget] = {
            Spot.LOOK_UP: boxes[self._entry],
            Spot.CHOICE: self.card.choices,
            Spot.PROCEED: self.card.proceed,
            Spot.CATEGORY: self.applicant.category,
            Spot.NAME: self.applicant.name,
            Spot.NUMBER: self.applicant.number,
            Spot.PHONE: self.applicant.phone,
            Spot.SUBMIT: self.bar.submit,
            Spot.PRINT: self.outcome.print,
            Spot.HAND_OVER: self.outcome.hand_over,
            Spot.NEXT: self.outcome.next,
            Spot.NOTICE: self.notice.action,
        }
        if not self.isVisible():
            # A page that is not shown would take the keyboard from the one that is.
            self._awaited = spot
            return
        self._awaited = None
        places[spot].setFocus()
        if spot is Spot.LOOK_UP:
            boxes[self._entry].selectAll()

    # --- inside ---

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._awaited is not None and not event.spontaneous():
            self.focus(self._awaited)

    def _back(self, presenter: ReceptionPresenter) -> None:
        """Esc: what was opened in the look-up closes first."""
        if not self.ticket.close_settings():
            presenter.back()

    def _show_matter_elsewhere(self, matter: Matter | None) -> None:
        self._matter = matter
        self.materials.show_matter(matter)
        self._show_line()

    def _show_line(self) -> None:
        entries = self.applicant.entries()
        parts = [
            CATEGORIES[entries.category] if entries.category else "",
            entries.name.strip(),
            mask(folded_number(entries.number)),
        ]
        name = self._matter.name if self._matter else ""
        self.bar.show_summary(name, "".join(f" · {part}" for part in parts if part))
