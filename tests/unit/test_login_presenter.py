"""Signing in as a conversation, without a screen."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from clerk_client.hall_link.errors import HallRefused, HallUnreachable
from clerk_client.journal.errors import JournalInUse
from clerk_client.ui.login.presenter import KeyCard, LoginPresenter, Step
from clerk_client.ui.wording import Words
from ukey.errors import CertificateExpired, PinLocked, PinRefused
from ukey.token import Certificate, PinStanding, Token

OPENED = object()
SESSION = object()


class Screen:
    """What the clerk sees, written down."""

    def __init__(self) -> None:
        self.cards: list[KeyCard] = []
        self.chosen = -1
        self.pin_is_asked = False
        self.pins_dropped = 0
        self.hint: Words | None = None
        self.problem: Words | None = None
        self.busy: Step | None = None
        self.retry_is_offered = False
        self.station: Words | None = None
        self.station_is_tried = False

    def show_keys(self, cards: Sequence[KeyCard], chosen: int) -> None:
        self.cards, self.chosen = list(cards), chosen

    def ask_pin(self, asked: bool) -> None:
        self.pin_is_asked = asked

    def drop_pin(self) -> None:
        self.pins_dropped += 1

    def show_hint(self, words: Words | None) -> None:
        self.hint = words

    def show_problem(self, words: Words | None) -> None:
        self.problem = words

    def show_station(self, words: Words | None, *, trying: bool) -> None:
        self.station, self.station_is_tried = words, trying

    def show_busy(self, step: Step | None) -> None:
        self.busy = step

    def offer_retry(self, offered: bool) -> None:
        self.retry_is_offered = offered

    @property
    def hint_code(self) -> str:
        return self.hint.code if self.hint else ""

    @property
    def problem_code(self) -> str:
        return self.problem.code if self.problem else ""


class Login:
    """A presenter, its screen, and everything it asked of key and hall."""

    def __init__(self) -> None:
        self.screen = Screen()
        self.pins: list[tuple[str, str]] = []
        self.closed = 0
        self.sign_ins: list[object] = []
        self.sign_outs = 0
        self.prepared = 0
        self.windows: list[object] = []
        self.presenter = LoginPresenter(
            self.screen,
            open_key=lambda token_id, pin: self.pins.append((token_id, pin)),
            close_key=self._close,
            sign_in=self.sign_ins.append,
            sign_out=self._sign_out,
            prepare=self._prepare,
            open_window=self.windows.append,
            demo_pins={"00000001": "123456"},
        )

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


def certificate(holder: str, until: int = 2030) -> Certificate:
    begin, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(until, 3, 1, tzinfo=UTC)
    return Certificate(b"", holder, "W01", "1000", "CA", begin, end, "f" * 64, "RS256")


def key(
    name: str = "a",
    pin: PinStanding = PinStanding.FULL,
    holder: str = "张丽",
    until: int = 2030,
    serial: str = "00000001",
) -> Token:
    return Token(name, "d", "gdca", "白色KEY(GDCA)", "L", serial, pin, certificate(holder, until))


def _unfit(found: Certificate) -> Exception | None:
    return CertificateExpired(found.not_after) if found.not_after.year < 2026 else None


def plugged(*tokens: Token) -> list[tuple[Token, Exception | None]]:
    """As the keys' watch tells it: each with why its certificate is unfit."""
    return [(token, _unfit(token.certificate) if token.certificate else None) for token in tokens]


@pytest.fixture
def login() -> Login:
    return Login()


def test_clerk_without_a_key_is_asked_to_plug_it(login: Login) -> None:
    login.presenter.tokens_seen([], [])
    assert login.screen.hint_code == "NO_TOKEN"
    assert not login.screen.pin_is_asked


def test_clerk_without_a_driver_is_told_so_and_not_that_the_key_is_missing(login: Login) -> None:
    login.presenter.tokens_seen([], ["DRIVER_MISSING"])
    assert login.screen.hint_code == "DRIVER_MISSING"


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
    login.presenter.key_removed("a")
    assert login.screen.problem_code == "TOKEN_REMOVED"
    assert login.screen.cards == []
    assert login.screen.busy is None


def test_key_of_the_session_before_told_late_does_not_disturb_the_next_pin(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("123456")
    login.presenter.key_removed("a")
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
    login.presenter.key_removed("a")
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
    login.presenter.key_removed("a")
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
    login.presenter.key_removed("a")
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
    login.presenter.key_removed("a")
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
    assert (login.screen.chosen, login.screen.pins_dropped) == (0, 2)
    login.presenter.tokens_seen(plugged(other, mine), [])
    assert (login.screen.chosen, login.screen.pins_dropped) == (1, 3)


def test_pulled_key_is_no_longer_told_once_it_is_back(login: Login) -> None:
    other = key("b", serial="00000002")
    login.presenter.tokens_seen(plugged(other, key()), [])
    login.presenter.choose(1)
    login.presenter.pin_entered("123456")
    login.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    login.presenter.signed_in(SESSION)  # type: ignore[arg-type]
    login.presenter.key_removed("a")
    login.presenter.signed_out()
    login.presenter.tokens_seen(plugged(other), [])
    assert login.screen.problem_code == "TOKEN_REMOVED"
    login.presenter.tokens_seen(plugged(other, key()), [])
    assert (login.screen.problem_code, login.screen.chosen) == ("", 1)
