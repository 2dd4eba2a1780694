"""业务需求表 and 数字证书申请表: the conversation of filling one in. Keeps nothing typed."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from clerk_client.desk.key_papers import (
    ApplicationEntries,
    RequestEntries,
    certificate_application,
    key_request,
    paper_family,
)
from clerk_client.domain.clock import hall_day
from clerk_client.domain.errors import DomainError
from clerk_client.ui.login.exchange import KeyHelp, LoginActions
from clerk_client.ui.login.key_words import request_for
from clerk_client.ui.login.paper_values import Fees, RequestPrefill
from clerk_client.ui.notices import Level
from clerk_client.ui.wording import Words, entries, wording_for
from printing.certificate_fee import calculation, total
from printing.document import CertificateLine
from printing.errors import PrintingError

if TYPE_CHECKING:
    from clerk_client.desk.keys import Plugged
    from clerk_client.ui.login.exchange import Paper
    from clerk_client.ui.login.views import ApplicationView, PaperView, RequestView
    from ukey.token import Certificate


class KeyPapers:
    """One paper at a time; the certificate on it is the one that was plugged when it began."""

    def __init__(self, actions: LoginActions, help_: KeyHelp, today: Callable[[], date]) -> None:
        self._actions = actions
        self._help = help_
        self._today = today
        self._view: PaperView | None = None
        self._certificate: Certificate | None = None
        self._making = False

    # --- from the clerk ---

    def begin_request(
        self, view: "RequestView", plugged: "Plugged | None", stopped_by: Words | None, family: str
    ) -> None:
        """`stopped_by` is why that key's PIN is not asked for; `family` the kind it counts as."""
        self._view = view
        self._certificate = plugged.token.certificate if plugged is not None else None
        wish, why = request_for(plugged, stopped_by) if plugged is not None else (None, None)
        prefilled = RequestEntries(
            user_name=_person(self._certificate),
            family=paper_family(family),
            wishes=frozenset([wish] if wish is not None else []),
            reason=why.title if why is not None else "",
        )
        view.show_prefill(RequestPrefill(prefilled, _facts(self._certificate), self._help.office))
        view.show_result(None, Level.INFO)

    def begin_application(self, view: "ApplicationView") -> None:
        """Always a new one: it has nothing to do with the key that is plugged."""
        self._view, self._certificate = view, None
        view.show_blank()
        view.show_result(None, Level.INFO)

    def leave(self) -> None:
        """The panel is closed; a paper that is being made comes out all the same."""
        self._view = self._certificate = None

    def request_given(self, typed: RequestEntries, file: str) -> None:
        """To be printed, or saved where `file` is not empty."""
        help_ = self._help
        self._make(
            lambda: key_request(
                typed,
                self._certificate,
                hall_name=help_.hall_name,
                office=help_.office,
                day=self._today(),
                demonstration=help_.is_demonstration,
            ),
            file,
        )

    def application_given(self, typed: ApplicationEntries, file: str) -> None:
        """As `request_given`."""
        demonstration = self._help.is_demonstration
        self._make(lambda: certificate_application(typed, demonstration=demonstration), file)

    def fees(self, lines: Sequence[CertificateLine]) -> Fees:
        """As the paper will say it: 500*3+100=1600元."""
        try:
            return Fees({line.kind: calculation(line) for line in lines}, f"{total(lines)}元")
        except PrintingError as error:
            return Fees(problem=wording_for(error))

    # --- from the thread that prints ---

    def printed(self, printer: str) -> tuple[Words, Level]:
        """The words, also when their panel is closed already."""
        return self._told(wording_for("KEY_PAPER_PRINTED", {"printer": printer}), Level.SUCCESS)

    def saved(self, path: str) -> tuple[Words, Level]:
        """As `printed`."""
        return self._told(wording_for("KEY_PAPER_SAVED", {"path": path}), Level.SUCCESS)

    def failed(self, error: Exception) -> tuple[Words, Level]:
        """As `printed`."""
        return self._told(_paper_words(error), Level.ERROR)

    @property
    def is_shown(self) -> bool:
        """A paper's panel is open."""
        return self._view is not None

    # --- inside ---

    def _make(self, paper: "Callable[[], Paper]", file: str) -> None:
        if self._view is None or self._making:
            return
        try:
            made = paper()
        except DomainError as error:
            self._view.show_result(wording_for(error), Level.ERROR)
            return
        self._making = True
        self._view.show_result(None, Level.INFO)
        self._view.show_busy(True)
        if file:
            self._actions.save_paper(made, file)
        else:
            self._actions.print_paper(made)

    def _told(self, words: Words, level: Level) -> tuple[Words, Level]:
        self._making = False
        if self._view is not None:
            self._view.show_busy(False)
            self._view.show_result(words, level)
        return words, level


def _paper_words(error: Exception) -> Words:
    """Words for a receipt say that the acceptance is saved; here there is none."""
    code = f"KEY_PAPER_{getattr(error, 'code', '')}"
    if code not in entries():
        return wording_for(error)
    words = wording_for(code, vars(error))
    return Words(words.title, words.next_step, str(getattr(error, "code", "")))


def _person(certificate: "Certificate | None") -> str:
    """The holder, unless that is an institution, whose key somebody uses."""
    if certificate is None or certificate.kind.value in ("institution", "business"):
        return ""
    return certificate.holder


def _facts(certificate: "Certificate | None") -> tuple[tuple[str, str], ...]:
    if certificate is None:
        return ()
    return (
        ("证书持有人", certificate.holder),
        ("序列号", certificate.serial),
        ("颁发者", certificate.issuer),
        (
            "有效期",
            f"{hall_day(certificate.not_before)} 至 {hall_day(certificate.not_after)}",
        ),
    )
