"""What the page and its panels can show, as the presenters know them. Only types: never imported
while the program runs."""

from collections.abc import Sequence
from typing import Protocol

from clerk_client.ui.login.downloads import Downloads
from clerk_client.ui.login.exchange import Absence, KeyCard, Panel, Step
from clerk_client.ui.login.paper_values import Fees, RequestPrefill
from clerk_client.ui.notices import Level
from clerk_client.ui.wording import Words


class PinChangeView(Protocol):
    """修改PIN: three boxes."""

    def show_rules(self, whose: str, shortest: int, longest: int, reason: Words | None) -> None:
        """Begins anew for one key; `reason` is why it has to be, if so."""

    def show_problem(self, words: Words | None) -> None:
        """Why the last attempt did not succeed."""

    def show_busy(self, busy: bool) -> None:
        """The key is being asked."""

    def drop_pins(self) -> None:
        """Empties the boxes."""


class PaperView(Protocol):
    """What both papers' panels can show."""

    def show_busy(self, busy: bool) -> None:
        """The paper is being made."""

    def show_result(self, words: Words | None, level: Level) -> None:
        """Where the paper went, or why it did not."""


class RequestView(PaperView, Protocol):
    """业务需求表."""

    def show_prefill(self, prefill: RequestPrefill) -> None:
        """Begins anew with what is known already."""


class ApplicationView(PaperView, Protocol):
    """数字证书申请表."""

    def show_blank(self) -> None:
        """Begins anew."""

    def show_fees(self, fees: Fees) -> None:
        """What the certificates that are applied for cost."""


class DownloadsView(Protocol):
    """驱动下载."""

    def show_downloads(self, downloads: Downloads) -> None:
        """Replaces what stands there."""


class LoginView(Protocol):
    """What the login page can show."""

    @property
    def pin_change(self) -> PinChangeView: ...

    @property
    def request(self) -> RequestView: ...

    @property
    def application(self) -> ApplicationView: ...

    @property
    def downloads(self) -> DownloadsView: ...

    def show_panel(self, panel: Panel | None) -> None:
        """In place of the card; None shows the card."""

    def show_keys(self, cards: Sequence[KeyCard], chosen: int) -> None:
        """The plugged keys, none when empty; `chosen` is an index into them, -1 for none."""

    def show_absence(self, absence: Absence | None) -> None:
        """Why no key is there; None while one is, or nobody knows yet."""

    def show_families(self, families: Sequence[tuple[str, str]], chosen: str) -> None:
        """Names and titles to choose the kind of key from; none when empty."""

    def ask_pin(self, asked: bool) -> None:
        """Offers the box for the PIN, or takes it away.

        The keyboard goes to what is done next, when that changes.
        """

    def drop_pin(self) -> None:
        """Empties the box: what stands in it was typed for another key."""

    def show_hint(self, words: Words | None) -> None:
        """What to know before the PIN is typed, or why it is not asked for."""

    def show_notices(self, notices: Sequence[Words]) -> None:
        """What is good to know and stops nothing."""

    def show_problem(self, words: Words | None) -> None:
        """Why the last attempt did not succeed."""

    def show_done(self, words: Words | None) -> None:
        """What has just succeeded."""

    def show_station(self, words: Words | None, *, trying: bool) -> None:
        """Why nobody can sign in at this station, with a way to try again unless it is tried."""

    def show_busy(self, step: Step | None) -> None:
        """What is waited for; None when the clerk may act."""

    def offer_retry(self, offered: bool) -> None:
        """The PIN was right and the hall is to be asked again: before all else."""

    def offer_request(self, wish: str) -> None:
        """A way to a 业务需求表 that asks for this (续期, 解锁, …); "" takes it away."""

    def offer_pin_change(self, offered: bool) -> None:
        """The chosen key can have its PIN changed."""
