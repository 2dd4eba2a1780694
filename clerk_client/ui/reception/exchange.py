"""What the reception page and its presenter hand each other."""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from clerk_client.desk.forms import BaseQuestion, Draft, Entries, Form, Found, Summary
from clerk_client.domain.base_data import Comparison
from clerk_client.domain.cases import Acceptance, Category, LookUp
from clerk_client.domain.matters import Matter
from clerk_client.domain.stages import Stage
from clerk_client.domain.tickets import Reference
from clerk_client.ui.notices import Level
from clerk_client.ui.wording import Words

if TYPE_CHECKING:
    from clerk_client.desk.cameras import CameraChoice
    from clerk_client.desk.paperwork import PrintedReceipt
    from scanner.adjustment import Adjustment


@dataclass(frozen=True, slots=True)
class ReceptionActions:
    """What the presenter may ask of the workers. Each returns at once; answers come by slots."""

    start_preview: Callable[[bool], None]
    """True reads whatever lies there, False not what was read last until it was taken away."""

    stop_preview: Callable[[], None]
    read_now: Callable[[], None]
    fit_preview: Callable[[int, int], None]
    look_for_cameras: Callable[[], None]
    choose_camera: Callable[[str], None]
    adjust_camera: "Callable[[Adjustment], None]"
    begin: Callable[[str], None]
    by_appointment: Callable[[str], None]
    search: Callable[[int, str], None]
    choose: Callable[[str], None]
    know_bases: Callable[[], None]
    compare: Callable[[int, BaseQuestion], None]
    accept: Callable[[Form], None]
    print_receipt: Callable[[Acceptance, bool], None]
    hand_over: Callable[[str], None]
    keep_drafts: Callable[[str, list[Draft]], None]
    take_drafts: Callable[[str], None]
    forget_drafts: Callable[[str], None]
    ticket_named: Callable[[str], Reference | None] = lambda _: None
    """What a code names: answered at once, nothing is asked for it."""

    hall: str = ""
    """This window's: a code of another one is told apart before it is looked up."""


class Spot(enum.Enum):
    """A place on the page that can hold the focus or be found wrong."""

    LOOK_UP = enum.auto()
    CHOICE = enum.auto()
    PROCEED = enum.auto()
    CATEGORY = enum.auto()
    NAME = enum.auto()
    NUMBER = enum.auto()
    PHONE = enum.auto()
    SUBMIT = enum.auto()
    PRINT = enum.auto()
    HAND_OVER = enum.auto()
    NEXT = enum.auto()
    NOTICE = enum.auto()


class Preview(enum.Enum):
    """What the camera does, as far as the page knows."""

    STOPPED = enum.auto()
    STARTING = enum.auto()
    RUNNING = enum.auto()
    READ = enum.auto()
    """It has stopped, and the page keeps the picture of the ticket that was read."""

    AWAY = enum.auto()
    """The camera is lost, and awaited."""


class Offer(enum.Enum):
    """What the notice bar's button does."""

    RESTORE = enum.auto()
    REPRINT = enum.auto()
    GO_ON = enum.auto()


@dataclass(frozen=True, slots=True)
class Compared:
    """与基础库比对 as it stands. Not offered where the hall has no base for this document."""

    is_offered: bool = False
    is_ready: bool = False
    """Name and number are there and meet their rules."""

    is_under_way: bool = False
    found: Sequence[Comparison] = ()
    problem: Words | None = None


class ReceptionView(Protocol):
    """What the page can show. It decides nothing."""

    def show_stage(self, stage: Stage) -> None:
        """Opens and closes the parts of the page."""

    def show_entry(self, entry: LookUp) -> None:
        """Brings one of the three look-ups to the front."""

    def show_notice(self, words: Words | None, level: Level, offer: Offer | None = None) -> None:
        """The one line of notice; None leaves the guidance for the stage."""

    def show_preview(self, preview: Preview) -> None:
        """The state of the camera picture and its buttons."""

    def show_reading_hint(self, words: Words | None) -> None:
        """The line below the camera picture."""

    def show_matters(self, matters: Sequence[Matter], words: Words | None) -> None:
        """The search's results; `words` instead of them when there are none."""

    def show_looking_up(self) -> None:
        """The look-up is under way."""

    def show_entered(self, text: str) -> None:
        """What stands in 叫号 from now on."""

    def show_read(self, text: str, label: str) -> None:
        """The code in the kept picture that was read, or chosen."""

    def show_refused(self, labels: Mapping[str, str]) -> None:
        """Codes that lead to nothing, wherever they lie in the picture: label by text."""

    def show_cameras(self, choices: "Sequence[CameraChoice]", chosen: str) -> None:
        """The cameras of this window; `chosen` is an identity."""

    def show_adjustment(self, adjustment: "Adjustment") -> None:
        """How the chosen camera takes its pictures."""

    def offer_tickets(self, labels: Mapping[str, str]) -> None:
        """Several codes lie under the camera: label by text, in the order of the choice."""

    def offer_matters(self, found: Found, notices: Sequence[Words]) -> None:
        """Several matters stand on one ticket, or below one parent."""

    def show_matter(
        self, found: Found, matter: Matter, notices: Sequence[Words], problem: Words | None
    ) -> None:
        """The matter's card. `problem` is why it cannot go on."""

    def show_no_matter(self, found: Found, notices: Sequence[Words]) -> None:
        """The ticket is good and says nothing of a matter."""

    def clear_found(self) -> None:
        """Nothing is found (any more)."""

    def clear_look_ups(self) -> None:
        """Empties the boxes for the next client."""

    def clear_papers(self) -> None:
        """Empties the check and the success page: nothing of a client stays behind them."""

    def entries(self) -> Entries:
        """What stands in the fields now."""

    def fill(self, entries: Entries) -> None:
        """Puts everything into the fields and forgets what was wrong with them."""

    def choose_category(self, category: Category) -> None:
        """As if the clerk had pressed it; the keyboard goes on to the name from there."""

    def show_category_hint(self, matter: Matter | None, differs: Words | None) -> None:
        """Whether the matter stands in the hall's catalogue; `differs` warns."""

    def show_problem(self, spot: Spot, words: Words | None, level: Level = Level.ERROR) -> None:
        """What is wrong with one field, below it; None when nothing is."""

    def show_compared(self, compared: Compared) -> None:
        """The button for it and what came out."""

    def show_summary(self, summary: Summary, form: Form, warnings: Sequence[Words]) -> None:
        """The check before the acceptance."""

    def show_accepted(self, acceptance: Acceptance, offline: Words | None) -> None:
        """受理成功."""

    def show_printing(self) -> None:
        """The receipt is on its way to paper."""

    def show_not_printed(self) -> None:
        """It did not get there; it can be asked for again."""

    def show_printed(self, receipt: "PrintedReceipt") -> None:
        """The receipt came out."""

    def show_handed_over(self, done: bool) -> None:
        """已交办事人 is recorded, or is to be pressed again."""

    def focus(self, spot: Spot) -> None:
        """Moves the keyboard there."""
