"""Signing in as a conversation, without a screen."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from clerk_client.desk.keys import Plugged
from clerk_client.hall_link.errors import HallRefused, HallUnreachable
from clerk_client.journal.errors import JournalInUse
from clerk_client.ui.login.downloads import Downloads
from clerk_client.ui.login.exchange import (
    Absence,
    KeyCard,
    KeyHelp,
    LoginActions,
    Panel,
    Step,
)
from clerk_client.ui.login.paper_values import Fees, RequestPrefill
from clerk_client.ui.login.presenter import LoginPresenter
from clerk_client.ui.notices import Level
from clerk_client.ui.wording import Words
from ukey.errors import (
    CertificateExpired,
    CertificateRevoked,
    CertificateWrongUse,
    ClockWrong,
    DriverCrashed,
    KeyTimeout,
    PinLocked,
    PinRefused,
    TokenRemoved,
)
from ukey.findings import Finding
from ukey.token import Certificate, Kind, PinStanding, Token

OPENED = object()
SESSION = object()


FAMILIES = [("gdca", "白色KEY(GDCA)"), ("legacy", "蓝色KEY(吉大正元)")]
HELP = KeyHelp(
    downloads={"gdca": "https://drivers.example.gov.cn/gdca"},
    whom_to_call="信息科（0760-88880000）",
    hall_name="中山市行政服务中心",
    demo_pins={"00000001": "123456"},
)
TODAY = date(2026, 11, 21)


class PinBoxes:
    """修改PIN as the clerk sees it."""

    def __init__(self) -> None:
        self.rules: tuple[str, int, int, Words | None] | None = None
        self.problem: Words | None = None
        self.is_busy = False
        self.drops = 0

    def show_rules(self, whose: str, shortest: int, longest: int, reason: Words | None) -> None:
        self.rules = whose, shortest, longest, reason

    def show_problem(self, words: Words | None) -> None:
        self.problem = words

    def show_busy(self, busy: bool) -> None:
        self.is_busy = busy

    def drop_pins(self) -> None:
        self.drops += 1


class PaperForm:
    """Either paper's panel as the clerk sees it."""

    def __init__(self) -> None:
        self.prefill: RequestPrefill | None = None
        self.fees: Fees | None = None
        self.result: Words | None = None
        self.level = Level.INFO
        self.is_busy = False

    def show_prefill(self, prefill: RequestPrefill) -> None:
        self.prefill = prefill

    def show_blank(self) -> None:
        self.fees = None

    def show_fees(self, fees: Fees) -> None:
        self.fees = fees

    def show_busy(self, busy: bool) -> None:
        self.is_busy = busy

    def show_result(self, words: Words | None, level: Level) -> None:
        self.result, self.level = words, level


class DriverList:
    """驱动下载 as the clerk sees it."""

    shown: Downloads

    def show_downloads(self, downloads: Downloads) -> None:
        self.shown = downloads


class Screen:
    """What the clerk sees, written down."""

    def __init__(self) -> None:
        self.cards: list[KeyCard] = []
        self.chosen = -1
        self.pin_is_asked = False
        self.pins_dropped = 0
        self.hint: Words | None = None
        self.notices: list[str] = []
        self.problem: Words | None = None
        self.done: Words | None = None
        self.busy: Step | None = None
        self.retry_is_offered = False
        self.station: Words | None = None
        self.station_is_tried = False
        self.absence: Absence | None = None
        self.families: list[tuple[str, str]] = []
        self.family = ""
        self.wish = ""
        self.pin_change_is_offered = False
        self.panel: Panel | None = None
        self.pin_change = PinBoxes()
        self.request = PaperForm()
        self.application = PaperForm()
        self.downloads = DriverList()

    def show_panel(self, panel: Panel | None) -> None:
        self.panel = panel

    def show_keys(self, cards: Sequence[KeyCard], chosen: int) -> None:
        self.cards, self.chosen = list(cards), chosen

    def show_absence(self, absence: Absence | None) -> None:
        self.absence = absence

    def show_families(self, families: Sequence[tuple[str, str]], chosen: str) -> None:
        self.families, self.family = list(families), chosen

    def ask_pin(self, asked: bool) -> None:
        self.pin_is_asked = asked

    def drop_pin(self) -> None:
        self.pins_dropped += 1

    def show_hint(self, words: Words | None) -> None:
        self.hint = words

    def show_notices(self, notices: Sequence[Words]) -> None:
        self.notices = [each.code for each in notices]

    def show_problem(self, words: Words | None) -> None:
        self.problem = words

    def show_done(self, words: Words | None) -> None:
        self.done = words

    def show_station(self, words: Words | None, *, trying: bool) -> None:
        self.station, self.station_is_tried = words, trying

    def show_busy(self, step: Step | None) -> None:
        self.busy = step

    def offer_retry(self, offered: bool) -> None:
        self.retry_is_offered = offered

    def offer_request(self, wish: str) -> None:
        self.wish = wish

    def offer_pin_change(self, offered: bool) -> None:
        self.pin_change_is_offered = offered

    @property
    def hint_code(self) -> str:
        return self.hint.code if self.hint else ""

    @property
    def problem_code(self) -> str:
        return self.problem.code if self.problem else ""

    @property
    def done_code(self) -> str:
        return self.done.code if self.done else ""


class Login:
    """A presenter, its screen, and everything it asked of key, hall and printer."""

    def __init__(self) -> None:
        self.screen = Screen()
        self.pins: list[tuple[str, str]] = []
        self.changes: list[tuple[str, str, str]] = []
        self.families: list[str] = []
        self.closed = 0
        self.sign_ins: list[object] = []
        self.sign_outs = 0
        self.prepared = 0
        self.windows: list[object] = []
        self.printed: list[object] = []
        self.saved: list[tuple[object, str]] = []
        actions = LoginActions(
            open_key=lambda *asked: self.pins.append(asked),
            close_key=self._close,
            change_pin=lambda *asked: self.changes.append(asked),
            choose_family=self.families.append,
            sign_in=self.sign_ins.append,
            sign_out=self._sign_out,
            prepare=self._prepare,
            open_window=self.windows.append,
            print_paper=self.printed.append,
            save_paper=lambda *asked: self.saved.append(asked),
        )
        self.presenter = LoginPresenter(self.screen, actions, HELP, lambda: TODAY)

    def ask_hall(self) -> None:
        """The key is open, the hall has not answered."""
        self.presenter.tokens_seen(plugged(key()), [])
        self.presenter.pin_entered("123456")
        self.presenter.key_opened(OPENED)  # type: ignore[arg-type]

    def come_in(self) -> None:
        self.ask_hall()
        self.presenter.signed_in(SESSION)  # type: ignore[arg-type]

    def _close(self) -> None:
        self.closed += 1

    def _sign_out(self) -> None:
        self.sign_outs += 1

    def _prepare(self) -> None:
        self.prepared += 1


def certificate(holder: str, until: int = 2030, kind: Kind = Kind.UNMARKED) -> Certificate:
    begin, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(until, 3, 1, tzinfo=UTC)
    return Certificate(b"", holder, "W01", "1000", "CA", begin, end, "f" * 64, "RS256", kind)


def key(
    name: str = "a",
    pin: PinStanding = PinStanding.FULL,
    holder: str = "张丽",
    until: int = 2030,
    serial: str = "00000001",
    kind: Kind = Kind.UNMARKED,
    family: tuple[str, str] = FAMILIES[0],
    *,
    must_change_pin: bool = False,
) -> Token:
    own = certificate(holder, until, kind)
    changes = {"must_change_pin": must_change_pin}
    return Token(name, "d", *family, "L", serial, pin, own, pin_min=6, **changes)


def blank_key(unusable: str) -> Token:
    pin = PinStanding.FULL
    return Token("a", "d", *FAMILIES[0], "L", "00000001", pin, None, unusable=unusable)


def _unfit(found: Certificate) -> Exception | None:
    return CertificateExpired(found.not_after) if found.not_after.year < 2026 else None


def plugged(*tokens: Token) -> list[Plugged]:
    """As the keys' watch tells it: each with why its certificate is unfit."""
    return [Plugged(t, _unfit(t.certificate) if t.certificate else None) for t in tokens]


@pytest.fixture
def login() -> Login:
    return Login()


def test_clerk_without_a_key_is_asked_to_plug_it(login: Login) -> None:
    login.presenter.station_ready()
    assert (login.screen.absence, login.screen.hint) == (None, None)  # nobody has looked yet
    login.presenter.tokens_seen([], [])
    absence = login.screen.absence
    assert absence is not None
    assert (absence.words.title, absence.words.code) == ("请插入电子钥匙", "NO_TOKEN")
    assert not absence.is_fault
    assert login.screen.hint is None
    assert not login.screen.pin_is_asked


def test_clerk_without_a_driver_is_told_so_and_not_that_the_key_is_missing(login: Login) -> None:
    login.presenter.tokens_seen([], [("DRIVER_MISSING", {})])
    assert login.screen.hint_code == "DRIVER_MISSING"
    assert login.screen.absence is None


def test_what_is_wrong_with_a_driver_is_told_with_its_facts(login: Login) -> None:
    facts = {"file": "ours.toml", "line": "3", "reason": "no name"}
    login.presenter.tokens_seen([], [("DRIVER_FILE_BROKEN", facts)])
    assert login.screen.hint is not None
    told = login.screen.hint.title + login.screen.hint.next_step
    assert "ours.toml" in told
    assert "—" not in told


def test_key_found_by_itself_shows_holder_serial_family_and_last_day(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    assert login.screen.cards == [
        KeyCard("张丽", "白色KEY(GDCA)", "0001", "2030-03-01", demo_pin="123456")
    ]
    assert login.screen.pin_is_asked


def test_pin_goes_to_the_chosen_key_then_the_hall_is_asked(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key("a"), key("b", holder="李强", serial="00000002")), [])
    login.presenter.choose(1)
    login.presenter.pin_entered("654321")
    assert login.pins == [("b", "654321")]
    assert login.screen.busy is Step.CHECKING_PIN
    login.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    assert login.screen.busy is Step.ASKING_HALL
    assert login.sign_ins == [OPENED]


def test_pin_entered_twice_while_it_is_checked_counts_once(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("1")
    login.presenter.pin_entered("1")
    assert login.pins == [("a", "1")]


def test_presenter_keeps_no_pin(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("739154")
    assert "739154" not in repr(vars(login.presenter))


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (PinStanding.FULL, "PIN_WRONG"),
        (PinStanding.LOW, "PIN_WRONG_LOW"),
        (PinStanding.LAST, "PIN_WRONG_LAST"),
    ],
)
def test_clerk_is_warned_before_the_key_locks(
    login: Login, standing: PinStanding, code: str
) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("1")
    login.presenter.key_failed(PinRefused(standing))
    assert login.screen.problem_code == code
    assert login.screen.pin_is_asked
    assert login.screen.busy is None


def test_last_try_is_told_before_the_pin_is_typed(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key(pin=PinStanding.LAST)), [])
    assert login.screen.hint_code == "PIN_STANDING_LAST"
    assert login.screen.pin_is_asked


def test_locked_key_never_asks_for_its_pin_again(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("1")
    login.presenter.key_failed(PinLocked())
    assert not login.screen.pin_is_asked
    assert login.screen.hint_code == "PIN_LOCKED"
    # The scan after it may still carry the flags from before.
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("1")
    assert not login.screen.pin_is_asked
    assert login.pins == [("a", "1")]


def test_key_that_comes_locked_is_told_at_once(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key(pin=PinStanding.LOCKED)), [])
    assert login.screen.hint_code == "PIN_LOCKED"
    assert not login.screen.pin_is_asked


def test_key_unlocked_elsewhere_asks_for_its_pin_when_it_is_plugged_again(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("1")
    login.presenter.key_failed(PinLocked())
    login.presenter.tokens_seen([], [])
    login.presenter.tokens_seen(plugged(key()), [])
    assert login.screen.pin_is_asked


def test_expired_certificate_is_told_before_the_pin_is_asked_for(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key(until=2025)), [])
    assert not login.screen.pin_is_asked
    assert login.screen.hint is not None
    assert "2025-03-01" in login.screen.hint.title
    login.presenter.pin_entered("123456")
    assert login.pins == []


def test_clerk_whom_the_hall_cannot_be_asked_about_retries_without_a_pin(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("123456")
    login.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    login.presenter.sign_in_refused(HallUnreachable())
    assert login.screen.problem_code == "HALL_UNREACHABLE"
    assert login.screen.retry_is_offered
    assert not login.screen.pin_is_asked
    login.presenter.retry()
    assert login.sign_ins == [OPENED, OPENED]
    assert len(login.pins) == 1
    assert login.closed == 0


def test_giving_up_the_retry_closes_the_key_and_asks_for_the_pin(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("123456")
    login.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    login.presenter.sign_in_refused(HallUnreachable())
    login.presenter.give_up()
    assert login.closed == 1
    assert login.screen.pin_is_asked
    assert not login.screen.retry_is_offered


def test_clerk_refused_by_the_hall_is_told_why_and_the_key_is_closed(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("123456")
    login.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    login.presenter.sign_in_refused(HallRefused(403, "CLERK_LOCKED"))
    assert login.screen.problem_code == "CLERK_LOCKED"
    assert login.closed == 1
    assert not login.screen.retry_is_offered


def test_pulled_key_is_told_as_pulled(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.key_removed("a", TokenRemoved("gone"))
    assert login.screen.problem_code == "TOKEN_REMOVED"
    assert login.screen.cards == []
    assert login.screen.busy is None


def test_key_of_the_session_before_told_late_does_not_disturb_the_next_pin(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("123456")
    login.presenter.key_removed("a", TokenRemoved("gone"))
    assert login.screen.busy is Step.CHECKING_PIN
    login.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    assert login.sign_ins == [OPENED]


def test_key_opened_for_nobody_is_closed(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    assert login.closed == 1
    assert login.sign_ins == []


def test_hall_s_yes_opens_the_window_once(login: Login) -> None:
    login.come_in()
    assert login.windows == [SESSION]
    assert login.screen.busy is None


def test_key_pulled_while_the_hall_is_asked_opens_no_window(login: Login) -> None:
    login.ask_hall()
    login.presenter.key_removed("a", TokenRemoved("gone"))
    assert login.sign_outs == 1
    assert login.screen.busy is Step.SIGNING_OUT
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("123456")
    assert len(login.pins) == 1
    login.presenter.signed_in(SESSION)  # type: ignore[arg-type]
    assert login.windows == []
    assert login.screen.busy is Step.SIGNING_OUT
    login.presenter.signed_out()
    assert login.screen.busy is None
    login.presenter.pin_entered("123456")
    assert len(login.pins) == 2


def test_hall_s_no_to_a_pulled_key_does_not_end_the_wait(login: Login) -> None:
    login.ask_hall()
    login.presenter.key_removed("a", TokenRemoved("gone"))
    login.presenter.sign_in_refused(HallUnreachable())
    assert login.screen.busy is Step.SIGNING_OUT
    assert login.screen.problem_code == "TOKEN_REMOVED"
    assert not login.screen.retry_is_offered


def test_hall_s_yes_that_nobody_waits_for_is_taken_back(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.signed_in(SESSION)  # type: ignore[arg-type]
    assert login.windows == []
    assert login.sign_outs == 1


def test_key_pulled_while_signed_in_waits_for_the_sign_out(login: Login) -> None:
    login.come_in()
    login.presenter.signing_out()
    login.presenter.key_removed("a", TokenRemoved("gone"))
    assert login.sign_outs == 1
    assert login.screen.busy is Step.SIGNING_OUT
    assert login.screen.problem_code == "TOKEN_REMOVED"
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("123456")
    assert len(login.pins) == 1
    login.presenter.signed_out()
    # The watch logged out of the pulled key by itself.
    assert login.closed == 0
    assert login.screen.busy is None
    assert login.screen.pin_is_asked


def test_sign_out_told_late_does_not_end_the_next_sign_in(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("123456")
    login.presenter.signed_out()
    assert login.screen.busy is Step.CHECKING_PIN
    login.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    login.presenter.signed_out()
    assert login.screen.busy is Step.ASKING_HALL
    login.presenter.signed_in(SESSION)  # type: ignore[arg-type]
    login.presenter.signed_out()
    assert login.windows == [SESSION]
    assert login.closed == 0


def test_signing_out_twice_is_once(login: Login) -> None:
    login.come_in()
    login.presenter.signing_out()
    login.presenter.signing_out()
    assert login.sign_outs == 1


def test_station_that_cannot_work_stays_told_whatever_is_plugged(login: Login) -> None:
    login.presenter.station_refused(JournalInUse())
    login.presenter.tokens_seen(plugged(key()), [])
    assert login.screen.station is not None
    assert login.screen.station.code == "JOURNAL_IN_USE"
    assert not login.screen.pin_is_asked
    login.presenter.pin_entered("123456")
    assert login.pins == []
    login.presenter.prepare_again()
    assert (login.prepared, login.screen.station_is_tried) == (1, True)
    login.presenter.station_refused(JournalInUse())
    assert not login.screen.station_is_tried
    login.presenter.prepare_again()
    login.presenter.station_ready()
    assert login.screen.station is None
    assert login.screen.pin_is_asked


def test_station_refused_while_the_pin_is_checked_disturbs_nothing(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("123456")
    login.presenter.station_refused(JournalInUse())
    assert login.screen.busy is Step.CHECKING_PIN
    login.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    login.presenter.sign_in_refused(JournalInUse())
    assert login.closed == 1
    # Said once.
    assert login.screen.problem is None
    assert login.screen.station is not None


def test_pulled_key_stays_told_until_a_key_is_plugged(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.key_removed("a", TokenRemoved("gone"))
    login.presenter.tokens_seen([], [])
    assert login.screen.problem_code == "TOKEN_REMOVED"
    login.presenter.tokens_seen(plugged(key()), [])
    assert login.screen.problem_code == ""


def test_signing_out_closes_the_key_and_asks_for_the_pin_again(login: Login) -> None:
    login.come_in()
    login.presenter.pin_entered("123456")
    assert len(login.pins) == 1
    login.presenter.signing_out()
    assert login.closed == 0
    login.presenter.signed_out()
    assert login.closed == 1
    assert login.screen.pin_is_asked


def test_key_that_comes_back_is_chosen_again_and_no_pin_goes_astray(login: Login) -> None:
    mine, other = key("a"), key("b", serial="00000002")
    login.presenter.tokens_seen(plugged(other, mine), [])
    login.presenter.choose(1)
    login.presenter.tokens_seen(plugged(other), [])
    assert (login.screen.chosen, login.screen.pins_dropped) == (-1, 2)
    assert (login.screen.hint_code, login.screen.pin_is_asked) == ("KEY_NOT_CHOSEN", False)
    login.presenter.pin_entered("123456")
    assert login.pins == []
    login.presenter.tokens_seen(plugged(other, mine), [])
    assert (login.screen.chosen, login.screen.pins_dropped) == (1, 3)
    assert login.screen.pin_is_asked


def test_key_that_is_left_takes_a_pin_only_once_the_clerk_chooses_it(login: Login) -> None:
    other = key("b", serial="00000002")
    login.presenter.tokens_seen(plugged(key(), other), [])
    login.presenter.tokens_seen(plugged(other), [])
    assert not login.screen.pin_is_asked
    login.presenter.choose(0)
    login.presenter.pin_entered("654321")
    assert login.pins == [("b", "654321")]


def test_chosen_key_stays_chosen_while_it_is_plugged(login: Login) -> None:
    mine, other = key("a"), key("b", serial="00000002")
    login.presenter.tokens_seen(plugged(mine), [])
    login.presenter.tokens_seen([], [])
    # Another clerk's turn, who is typing when the first key comes back.
    login.presenter.tokens_seen(plugged(other), [])
    dropped = login.screen.pins_dropped
    login.presenter.tokens_seen(plugged(mine, other), [])
    assert (login.screen.chosen, login.screen.pins_dropped) == (1, dropped)
    login.presenter.pin_entered("654321")
    assert login.pins == [("b", "654321")]


def test_key_beside_the_pulled_one_waits_for_a_choice(login: Login) -> None:
    login.come_in()
    login.presenter.key_removed("a", TokenRemoved("gone"), locked=True)
    login.presenter.signed_out()
    # A supervisor's, plugged after the sign-in.
    supervisor = key("s", holder="主管王", serial="00000009")
    login.presenter.tokens_seen(plugged(supervisor), [])
    assert (login.screen.chosen, login.screen.pin_is_asked) == (-1, False)
    assert (login.screen.problem_code, login.screen.hint) == ("TOKEN_REMOVED", None)
    login.presenter.tokens_seen(plugged(key(), supervisor), [])
    assert (login.screen.chosen, login.screen.pin_is_asked) == (0, True)


def test_next_clerk_s_key_is_chosen_by_itself_once_the_first_is_gone(login: Login) -> None:
    login.come_in()
    login.presenter.key_removed("a", TokenRemoved("gone"), locked=True)
    login.presenter.signed_out()
    login.presenter.tokens_seen([], [])
    login.presenter.tokens_seen(plugged(key("b", serial="00000002")), [])
    assert (login.screen.chosen, login.screen.pin_is_asked) == (0, True)
    # What was told of the first clerk's is not for this one.
    assert login.screen.problem is None


def test_pulled_key_is_no_longer_told_once_it_is_back(login: Login) -> None:
    other = key("b", serial="00000002")
    login.presenter.tokens_seen(plugged(other, key()), [])
    login.presenter.choose(1)
    login.presenter.pin_entered("123456")
    login.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    login.presenter.signed_in(SESSION)  # type: ignore[arg-type]
    login.presenter.key_removed("a", TokenRemoved("gone"))
    login.presenter.signed_out()
    login.presenter.tokens_seen(plugged(other), [])
    assert login.screen.problem_code == "TOKEN_REMOVED"
    login.presenter.tokens_seen(plugged(other, key()), [])
    assert (login.screen.problem_code, login.screen.chosen) == ("", 1)


# --- before the PIN ---


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (CertificateRevoked(datetime(2026, 1, 2, tzinfo=UTC)), "吊销"),
        (CertificateWrongUse("business"), "业务证书"),
        (CertificateWrongUse("encryption"), "加密"),
        (CertificateWrongUse("authority"), "签发机构"),
        (
            ClockWrong(datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
            "电脑时间",
        ),
    ],
)
def test_clerk_reads_why_a_key_cannot_sign_in_before_any_pin(
    login: Login, reason: Exception, said: str
) -> None:
    login.presenter.tokens_seen([Plugged(key(), reason)], [])
    assert login.screen.hint is not None
    assert said in login.screen.hint.title
    assert not login.screen.cards[0].is_usable
    assert not login.screen.pin_is_asked


@pytest.mark.parametrize(
    ("token", "reason", "code", "wish"),
    [
        (key(until=2025), _unfit(certificate("张丽", 2025)), "CERT_EXPIRED", "续期"),
        (key(pin=PinStanding.LOCKED), None, "PIN_LOCKED", "解锁"),
        (blank_key("TOKEN_NOT_INITIALIZED"), None, "TOKEN_NOT_INITIALIZED", "换新KEY"),
        (blank_key("PIN_NOT_SET"), None, "PIN_NOT_SET", "解锁"),
        (blank_key("CERT_MISSING"), None, "CERT_MISSING", "补办"),
        (blank_key("CERT_UNREADABLE"), None, "CERT_UNREADABLE", "补办"),
        (key(), CertificateWrongUse("encryption"), "CERT_WRONG_USE", "补办"),
        (key(), CertificateWrongUse("business"), "CERT_WRONG_USE", ""),
    ],
)
def test_key_that_cannot_be_opened_says_why_and_shows_the_way_out(
    login: Login, token: Token, reason: Exception | None, code: str, wish: str
) -> None:
    login.presenter.tokens_seen([Plugged(token, reason)], [])
    assert login.screen.hint_code == code
    assert login.screen.wish == wish
    assert not login.screen.pin_is_asked


def test_institution_key_is_told_from_a_clerk_s_own(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key(kind=Kind.INSTITUTION)), [])
    assert login.screen.cards[0].kind == "机构证书"
    assert login.screen.pin_is_asked


def test_clerk_knows_of_the_last_day_before_it_comes(login: Login) -> None:
    ends = ("CERT_EXPIRES_30", {"days": "20", "not_after": "2026-12-11T00:00:00+00:00"})
    unknown = ("REVOCATION_UNKNOWN", {"reason": "missing"})
    login.presenter.tokens_seen([Plugged(key(), None, (ends, unknown))], [])
    assert login.screen.notices == ["CERT_EXPIRES_30", "REVOCATION_UNKNOWN"]
    assert login.screen.pin_is_asked
    assert login.screen.wish == "续期"


def test_clerk_with_two_keys_is_told_to_choose(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key(), key("b", serial="00000002")), [])
    assert login.screen.notices == ["MULTIPLE_TOKENS"]
    login.presenter.tokens_seen(plugged(key()), [])
    assert login.screen.notices == []


# --- no key ---


def test_missing_key_shows_the_manual_s_headings_and_the_cause_under_one(login: Login) -> None:
    login.presenter.tokens_seen([], [])
    login.presenter.key_absent(Finding("DRIVER_BLIND", "error", {"device": "096E:0309"}))
    absence = login.screen.absence
    assert absence is not None
    assert absence.headings == ("①驱动未正确安装", "②USB接口故障", "③KEY已过期", "④其他")
    assert (absence.marked, absence.words.code) == (0, "DRIVER_BLIND")
    assert absence.is_fault
    assert "096E:0309" in absence.words.title
    assert login.screen.hint is None
    login.presenter.tokens_seen(plugged(key()), [])
    assert login.screen.absence is None


def test_cause_told_late_does_not_cover_a_key_that_is_there(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.key_absent(Finding("USB_ABSENT", "error"))
    assert login.screen.absence is None


def test_pulled_key_is_no_fault_of_the_usb_port(login: Login) -> None:
    login.come_in()
    login.presenter.key_removed("a", TokenRemoved("gone"))
    login.presenter.tokens_seen([], [])
    login.presenter.key_absent(Finding("USB_ABSENT", "error"))
    assert (login.screen.absence, login.screen.hint) == (None, None)
    # Plugged in again, and now the driver does not see it.
    login.presenter.key_absent(Finding("DRIVER_BLIND", "error", {"device": "096E:0309"}))
    assert login.screen.absence is not None


def test_kind_of_key_is_chosen_by_hand_where_nothing_tells_it(login: Login) -> None:
    unknown = key(family=("", ""))
    login.presenter.families_known(FAMILIES)
    login.presenter.tokens_seen(plugged(key()), [])
    assert login.screen.families == []
    login.presenter.tokens_seen(plugged(unknown), [])
    assert login.screen.cards[0].family == "未识别种类"
    assert login.screen.families == FAMILIES
    login.presenter.choose_family("legacy")
    assert login.families == ["legacy"]
    # It counts as one of them now; the choice can still be taken back.
    login.presenter.tokens_seen(plugged(key(family=FAMILIES[1])), [])
    assert (login.screen.families, login.screen.family) == (FAMILIES, "legacy")


def test_kind_of_key_can_be_chosen_without_a_key(login: Login) -> None:
    login.presenter.families_known(FAMILIES)
    login.presenter.tokens_seen([], [])
    assert login.screen.families == FAMILIES


# --- after the pull ---


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TokenRemoved("gone"), "TOKEN_REMOVED"),
        (DriverCrashed("/lib/x.so", "SIGSEGV"), "DRIVER_CRASHED"),
        (KeyTimeout("/lib/x.so"), "DRIVER_HANG"),
    ],
)
def test_locked_window_says_why_and_once_it_is_so_that_the_work_is_kept(
    login: Login, error: Exception, code: str
) -> None:
    login.come_in()
    login.presenter.signing_out()
    login.presenter.key_removed("a", error, locked=True)
    assert login.screen.problem is not None
    assert login.screen.problem.code == code
    assert "窗口已锁定" in login.screen.problem.next_step
    assert "保留" not in login.screen.problem.next_step
    login.presenter.draft_kept(True)
    assert login.screen.problem.code == code
    assert "已保留" in login.screen.problem.next_step
    assert "PIN不对" not in login.screen.problem.title


def test_locked_window_says_that_the_work_could_not_be_written(login: Login) -> None:
    login.come_in()
    login.presenter.signing_out()
    login.presenter.key_removed("a", TokenRemoved(), locked=True)
    login.presenter.draft_kept(False)
    assert login.screen.problem is not None
    assert login.screen.problem.code == "TOKEN_REMOVED"
    assert "没有写入" in login.screen.problem.next_step


def test_draft_kept_after_the_clerk_is_back_is_no_news(login: Login) -> None:
    login.come_in()
    login.presenter.signing_out()
    login.presenter.key_removed("a", TokenRemoved(), locked=True)
    login.presenter.signed_out()
    login.presenter.tokens_seen([], [])
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.draft_kept(True)
    assert login.screen.problem is None
    login.presenter.key_removed("a", TokenRemoved())
    login.presenter.draft_kept(True)
    assert login.screen.problem is not None
    assert "窗口" not in login.screen.problem.next_step


def test_driver_that_died_stays_told_although_the_key_is_seen_again(login: Login) -> None:
    login.come_in()
    login.presenter.signing_out()
    login.presenter.key_removed("a", DriverCrashed("/lib/x.so", "SIGSEGV"), locked=True)
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.signed_out()
    login.presenter.tokens_seen(plugged(key(pin=PinStanding.LOW)), [])
    assert login.screen.problem_code == "DRIVER_CRASHED"
    assert login.screen.pin_is_asked
    login.presenter.pin_entered("123456")
    assert login.screen.problem is None
    assert login.pins[-1] == ("a", "123456")


@pytest.mark.parametrize("code", ["USB_ABSENT", "NO_TOKEN"])
def test_station_without_a_key_claims_no_fault(login: Login, code: str) -> None:
    login.presenter.tokens_seen([], [])
    login.presenter.key_absent(Finding(code, "error"))
    absence = login.screen.absence
    assert absence is not None
    assert (absence.words.title, absence.words.code) == ("请插入电子钥匙", code)
    assert (absence.marked, absence.is_fault) == (1, False)


@pytest.mark.parametrize("when", ["at the PIN", "at the hall"])
def test_pull_in_the_middle_of_signing_in_is_one_story(login: Login, when: str) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("123456")
    if when == "at the PIN":
        login.presenter.key_failed(TokenRemoved("gone"))
    else:
        login.presenter.key_opened(OPENED)  # type: ignore[arg-type]
        login.presenter.sign_in_refused(TokenRemoved("gone"))
        assert login.closed == 1
    login.presenter.tokens_seen([], [])
    login.presenter.key_absent(Finding("USB_ABSENT", "error"))
    assert login.screen.problem_code == "TOKEN_REMOVED"
    assert (login.screen.absence, login.screen.hint, login.screen.families) == (None, None, [])
    login.presenter.tokens_seen(plugged(key()), [])
    assert (login.screen.problem, login.screen.pin_is_asked) == (None, True)


# --- a driver that is given up ---

GIVEN_UP = DriverCrashed("/lib/x.so", "SIGSEGV", quarantined=True)


def test_locked_page_keeps_the_next_step_for_a_driver_that_was_given_up(login: Login) -> None:
    login.come_in()
    login.presenter.key_removed("a", GIVEN_UP, locked=True)
    login.presenter.draft_kept(True)
    assert login.screen.problem is not None
    assert "重新安装驱动" in login.screen.problem.next_step
    assert "已保留" in login.screen.problem.next_step
    assert "插好同一把钥匙" not in login.screen.problem.next_step


def test_driver_that_is_given_up_after_the_lock_changes_the_next_step(login: Login) -> None:
    login.come_in()
    login.presenter.key_removed("a", DriverCrashed("/lib/x.so", "SIGSEGV"), locked=True)
    assert login.screen.problem is not None
    assert "插好同一把钥匙" in login.screen.problem.next_step
    login.presenter.draft_kept(True)
    facts = {"path": "/lib/x.so", "detail": "SIGSEGV", "quarantined": "true"}
    login.presenter.tokens_seen([], [("DRIVER_CRASHED", facts)])
    assert "重新安装驱动" in login.screen.problem.next_step
    assert "已保留" in login.screen.problem.next_step
    login.presenter.signed_out()
    login.presenter.key_absent(Finding("DRIVER_CRASHED", "error", facts))
    assert (login.screen.absence, login.screen.hint) == (None, None)
