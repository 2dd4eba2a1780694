"""What the page 办件记录 and its presenters hand each other."""

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from clerk_client.domain.cases import Category
from clerk_client.ui.notices import Level
from clerk_client.ui.wording import Words

if TYPE_CHECKING:
    from clerk_client.desk.records import Record, RefusedRecord
    from clerk_client.domain.cases import Acceptance
    from clerk_client.hall_link.approvals import WaitingVoid


@dataclass(frozen=True, slots=True)
class RecordsActions:
    """What the presenters may ask of the workers. Each returns at once; answers come by slots."""

    list_day: Callable[[date], None]
    list_refused: Callable[[], None]
    list_waiting: Callable[[], None]
    read_acceptance: Callable[[str, bool], None]
    print_receipt: "Callable[[Acceptance, bool], None]"
    confirm_printed: Callable[[str], None]
    request_void: Callable[[str, str], None]
    correct_category: Callable[[str, Category], None]
    look_beside: Callable[[], None]
    approve_beside: Callable[[str, str, str], None]
    """Acceptance number, token id, PIN."""

    decide: "Callable[[WaitingVoid, bool, str], None]"


class Section(enum.Enum):
    """The three lists of the page."""

    DAY = enum.auto()  # 当日受理
    REFUSED = enum.auto()  # 未被接受
    APPROVALS = enum.auto()  # 待我批准: a supervisor's


class Shown(enum.Enum):
    """Which acceptances of the day are listed."""

    ALL = "全部状态"
    WAITING = "待上报"
    REFUSED = "未被接受"
    VOID_WAITING = "作废待批"
    VOID = "已作废"
    OFFLINE = "离线受理"
    UNPRINTED = "回执未打印"
    DOUBTFUL = "回执存疑"


class Pane(enum.Enum):
    """What stands beside the list of the day."""

    NONE = enum.auto()
    FACTS = enum.auto()
    ASK = enum.auto()
    VOID = enum.auto()
    CATEGORY = enum.auto()
    BESIDE = enum.auto()


@dataclass(frozen=True, slots=True)
class Steps:
    """What can be done with the acceptance that is shown."""

    print: str = ""
    """打印回执 or 补打; empty where neither can be."""

    confirm: bool = False
    void: bool = False
    correct: bool = False
    approve: bool = False


@dataclass(frozen=True, slots=True)
class KeyBeside:
    """A key that could approve."""

    token_id: str
    label: str


class RecordsView(Protocol):
    """What the page can show. It decides nothing."""

    def show_section(self, section: Section) -> None:
        """Brings one list to the front."""

    def offer_approvals(self, is_offered: bool) -> None:
        """Whether there is a list 待我批准."""

    def show_day(self, day: date) -> None:
        """In the date field."""

    def show_filter(self, text: str, shown: Shown) -> None:
        """In the filter's fields."""

    def show_records(self, records: "Sequence[Record]", sums: str, empty: str) -> None:
        """Replaces the list; `empty` is said in its place. The marked row stays marked."""

    def show_record(self, record: "Record | None", steps: Steps) -> None:
        """The facts beside the list."""

    def show_pane(self, pane: Pane) -> None:
        """Beside the list, with the keyboard in it; NONE and FACTS leave it where it is."""

    def show_question(self, words: Words, confirm: str) -> None:
        """The pane ASK: `confirm` is the text of the button that means yes."""

    def show_keys(self, keys: Sequence[KeyBeside]) -> None:
        """The pane BESIDE."""

    def show_notice(self, words: Words | None, level: Level) -> None:
        """Above the lists; None takes it away."""

    def show_refused(self, records: "Sequence[RefusedRecord]") -> None:
        """未被接受; the tab tells how many."""

    def show_waiting(
        self, waiting: "Sequence[WaitingVoid]", age: str, problem: Words | None
    ) -> None:
        """待我批准; the tab tells how many. `problem` is why there is no newer list."""

    def ask_decision(self, words: Words | None) -> None:
        """Whether the void that is marked is to be approved; None takes the question away."""

    def show_busy(self, busy: bool) -> None:
        """Something is under way."""

    def focus_list(self) -> None:
        """The keyboard goes to the list that is shown."""
