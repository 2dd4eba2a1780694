"""The conversation beside the list: a void asked for, a category corrected, a supervisor's key."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from clerk_client.desk.void_reasons import VoidReasonInvalid, checked_reason
from clerk_client.domain.cases import Category
from clerk_client.ui.login.key_words import pin_words
from clerk_client.ui.notices import Level
from clerk_client.ui.records.exchange import KeyBeside, Pane, RecordsActions, RecordsView
from clerk_client.ui.wording import Words, wording_for

if TYPE_CHECKING:
    from clerk_client.desk.records import Record
    from ukey.token import Token

REASONS = ("选错了事项", "办事人信息录入有误", "同一事项重复受理", "办事人当场撤回申请")


class Voiding(ABC):
    """One thing at a time: while the key signs, nothing else is begun."""

    def __init__(self, view: RecordsView, actions: RecordsActions) -> None:
        self._view = view
        self._actions = actions
        self._number = ""
        self._pane = Pane.NONE
        self._is_busy = False
        self._asked_paper = ""
        self._meant: Callable[[], object] | None = None

    # --- what the clerk asks for ---

    def ask_void(self) -> None:
        """申请作废: for the reason first."""
        if self._record() is not None and not self._is_busy:
            self._show_pane(Pane.VOID)

    def give_reason(self, reason: str) -> None:
        """Asks whether it is meant."""
        try:
            told = checked_reason(reason)
        except VoidReasonInvalid as error:
            self._view.show_notice(wording_for(error), Level.ERROR)
            return
        words = wording_for("VOID_ASK_REQUEST", {"number": self._number, "reason": told})
        self._ask(words, "确认申请作废", partial(self._request, told))

    def ask_category(self) -> None:
        """更正分类."""
        if self._record() is not None and not self._is_busy:
            self._show_pane(Pane.CATEGORY)

    def correct(self, category: Category) -> None:
        """Chosen and meant."""
        if self._begin():
            self._actions.correct_category(self._number, category)

    def ask_supervisor(self) -> None:
        """主管在场: which other keys are plugged."""
        if self._record() is not None and not self._is_busy:
            self._view.show_keys(())
            self._show_pane(Pane.BESIDE)
            self._view.show_notice(None, Level.INFO)
            self._actions.look_beside()

    def keys_beside(self, tokens: "Sequence[Token]") -> None:
        """All but the clerk's own; whether one is a supervisor's, only the hall can tell."""
        if self._pane is not Pane.BESIDE or self._is_busy:
            return
        keys = [KeyBeside(t.id, _label(t)) for t in tokens if t.certificate is not None]
        self._view.show_keys(keys)
        words = None if keys else wording_for("NO_KEY_BESIDE")
        self._view.show_notice(words, Level.WARNING)

    def approve_beside(self, token_id: str, pin: str) -> None:
        """The supervisor's PIN goes to their key and is kept nowhere."""
        if token_id and pin and self._begin():
            self._actions.approve_beside(self._number, token_id, pin)

    def confirm(self) -> None:
        """The question that stands is answered with yes."""
        meant, self._meant = self._meant, None
        if meant is not None and not self._is_busy:
            meant()

    def go_back(self) -> None:
        """Esc: one step."""
        if self._is_busy:
            return
        if self._pane in (Pane.NONE, Pane.FACTS):
            self._view.focus_list()
            return
        self._forget_question()
        self._view.show_notice(None, Level.INFO)
        self._show_facts()
        self._view.focus_list()

    # --- what became of it ---

    def done(self, number: str, code: str) -> None:
        """It stands in the journal."""
        self._end()
        if not number or number != self._number:
            return
        self._forget_question()
        self._view.show_notice(wording_for(code), Level.SUCCESS)
        self.refresh()
        self._show_facts()
        self._view.focus_list()

    def not_done(self, number: str, error: Exception) -> None:
        """Nothing was written. A refused PIN is asked for again."""
        self._end()
        if not number or number != self._number:
            return
        self._view.show_notice(pin_words(error), Level.ERROR)
        if self._pane is Pane.BESIDE:
            self._show_pane(Pane.BESIDE)
        else:
            self._forget_question()
            self._show_facts()
        self.refresh()

    # --- inside ---

    @abstractmethod
    def refresh(self) -> None:
        """Asks for the list anew."""

    @abstractmethod
    def _record(self) -> "Record | None":
        """The one that is marked."""

    @abstractmethod
    def _show_facts(self) -> None:
        """Of the one that is marked."""

    def _request(self, reason: str) -> None:
        if self._begin():
            self._actions.request_void(self._number, reason)

    def _begin(self) -> bool:
        """False while something is under way."""
        if self._is_busy or not self._number:
            return False
        self._is_busy = True
        self._view.show_notice(None, Level.INFO)
        self._view.show_busy(True)
        return True

    def _end(self) -> None:
        self._is_busy = False
        self._view.show_busy(False)

    def _ask(self, words: Words, confirm: str, meant: Callable[[], object]) -> None:
        self._meant = meant
        self._view.show_notice(None, Level.INFO)
        self._view.show_question(words, confirm)
        self._show_pane(Pane.ASK)

    def _forget_question(self) -> None:
        self._meant = None
        self._pane = Pane.NONE

    def _show_pane(self, pane: Pane) -> None:
        self._pane = pane
        self._view.show_pane(pane)


def _label(token: "Token") -> str:
    holder = token.certificate.holder if token.certificate else ""
    return f"{holder}（{token.family_name or '电子钥匙'} …{token.serial[-4:]}）"
