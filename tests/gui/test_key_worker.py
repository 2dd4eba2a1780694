"""The keys' watch in its thread: on real SoftHSM keys, told by signals."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from PyQt5.QtCore import QObject, Qt, QThread
from pytestqt.qtbot import QtBot

from clerk_client.demo.authority import Authority, ec_key
from clerk_client.demo.soft_tokens import PIN, SoftTokens
from clerk_client.workers import key_worker
from clerk_client.workers.key_worker import KeyWorker
from clerk_client.workers.thread import WorkerThread
from tests.helpers.pulled_tokens import pull
from ukey.algorithms import is_signature_of
from ukey.errors import CatalogBroken, CertificateExpired, DriverFailed, TokenRemoved
from ukey.findings import Finding
from ukey.hub import KeyHub
from ukey.look import Look
from ukey.opened_key import OpenedKey
from ukey.token import Certificate, Token

FAMILIES = [("gdca", "白色KEY(GDCA)"), ("legacy", "蓝色KEY(吉大正元)")]
ABSENT = Finding("USB_ABSENT", "error")
OTHER_PIN = "246802"


@dataclass
class Answers:
    """What the watch is answered beside the hub. The lists grow with each question."""

    reason: Callable[[Certificate], Exception | None] = lambda _certificate: None
    finding: Finding = ABSENT
    threads: list[QThread] = field(default_factory=list)
    absences: int = 0

    def unfit(self, certificate: Certificate) -> Exception | None:
        self.threads.append(QThread.currentThread())
        return self.reason(certificate)

    def notices(self, _certificate: Certificate) -> list[tuple[str, dict[str, object]]]:
        return [("CERT_EXPIRES_30", {"days": "20"})]

    def absence(self, look: Look) -> Finding:
        assert look.tokens == ()
        self.absences += 1
        return self.finding

    def watch(self, build: Callable[[], Any]) -> KeyWorker:
        return KeyWorker(build, self.unfit, self.notices, self.absence, lambda: FAMILIES)


@dataclass
class Plugged:
    """A store with one key, and a hub over it."""

    store: SoftTokens
    hub: KeyHub

    def pull(self) -> None:
        pull(self.store.folder.iterdir())


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def plugged(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Plugged]:
    store = SoftTokens(tmp_path / "store")
    store.add_clerk(authority, "张丽", "W01", ec_key())
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(key_worker, "POLL_MS", 20)
    hub = KeyHub([store.driver])
    yield Plugged(store, hub)
    hub.stop()


@dataclass
class Watched:
    """The watch in its thread, and the key that it saw first."""

    keys: KeyWorker
    thread: WorkerThread
    token: Token
    qtbot: QtBot

    def ask(self, slot: Callable[..., object], *what: object, answer: Any) -> list[Any]:
        with self.qtbot.waitSignal(answer, timeout=10_000) as told:
            self.thread.queued(slot)(*what)
        return list(told.args or [])

    def open(self) -> OpenedKey:
        (key,) = self.ask(self.keys.open, self.token.id, PIN, answer=self.keys.opened)
        assert isinstance(key, OpenedKey)
        return key


@pytest.fixture
def watched(
    qtbot: QtBot,
    plugged: Plugged,
    answers: Answers,
    run: Callable[[QObject], WorkerThread],
) -> Watched:
    keys = answers.watch(lambda: plugged.hub)
    thread = run(keys)
    with qtbot.waitSignal(keys.tokens_seen, timeout=10_000) as seen:
        thread.queued(keys.watch)()
    ((first,), problems) = seen.args
    assert problems == []
    assert first.reason is None
    assert first.notices == (("CERT_EXPIRES_30", {"days": "20"}),)
    return Watched(keys, thread, first.token, qtbot)


# --- seen ---


def test_unfit_certificate_is_found_in_the_keys_own_thread_and_told_once(
    qtbot: QtBot, plugged: Plugged, run: Callable[[QObject], WorkerThread]
) -> None:
    # A new error each time, as a check gives it.
    answers = Answers(lambda certificate: CertificateExpired(certificate.not_after))
    keys = answers.watch(lambda: plugged.hub)
    told: list[Any] = []
    keys.tokens_seen.connect(lambda seen, _: told.append(seen))
    thread = run(keys)
    thread.queued(keys.watch)()
    qtbot.waitUntil(lambda: len(answers.threads) >= 3, timeout=10_000)
    ((key,),) = told
    assert key.reason.code == "CERT_EXPIRED"
    # Whoever cannot sign in is told that, and not what would come later.
    assert key.notices == ()
    assert set(answers.threads) == {keys.thread()}


def test_kinds_of_keys_are_told_once_the_watch_begins(
    qtbot: QtBot, answers: Answers, run: Callable[[QObject], WorkerThread]
) -> None:
    keys = answers.watch(lambda: KeyHub([]))
    thread = run(keys)
    with qtbot.waitSignal(keys.families_known) as known:
        thread.queued(keys.watch)()
    assert known.args == [FAMILIES]


def test_kind_chosen_by_hand_counts_where_nothing_tells_it(
    qtbot: QtBot,
    plugged: Plugged,
    answers: Answers,
    run: Callable[[QObject], WorkerThread],
) -> None:
    from ukey.catalog import Family

    nameless = replace(plugged.store.driver, family="", family_name="")
    families = [Family(name, title, ()) for name, title in FAMILIES]
    hub = KeyHub([nameless], families=families)
    keys = answers.watch(lambda: hub)
    thread = run(keys)
    try:
        with qtbot.waitSignal(keys.tokens_seen, timeout=10_000) as seen:
            thread.queued(keys.watch)()
        assert seen.args[0][0].token.family == ""
        with qtbot.waitSignal(keys.tokens_seen, timeout=10_000) as seen:
            thread.queued(keys.choose_family)("legacy")
        assert seen.args[0][0].token.family_name == "蓝色KEY(吉大正元)"
    finally:
        hub.stop()


def test_cause_is_asked_for_only_while_no_key_is_there_and_not_all_the_time(
    qtbot: QtBot, watched: Watched, plugged: Plugged, answers: Answers
) -> None:
    assert answers.absences == 0
    looks = len(answers.threads)
    qtbot.waitUntil(lambda: len(answers.threads) > looks + 3)
    assert answers.absences == 0
    with qtbot.waitSignal(watched.keys.absence_found, timeout=10_000) as found:
        plugged.pull()
    assert found.args == [ABSENT]
    scans: list[int] = []
    real = plugged.hub.look
    plugged.hub.look = lambda *a: scans.append(1) or real(*a)  # type: ignore[method-assign]
    qtbot.waitUntil(lambda: len(scans) >= 4, timeout=10_000)
    assert answers.absences == 1


def test_cause_is_told_anew_only_when_it_changes(
    qtbot: QtBot,
    answers: Answers,
    run: Callable[[QObject], WorkerThread],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_worker, "POLL_MS", 5)
    monkeypatch.setattr(key_worker, "ABSENCE_EVERY_S", 0.0)
    keys = answers.watch(lambda: KeyHub([]))
    told: list[Finding] = []
    keys.absence_found.connect(told.append)
    thread = run(keys)
    thread.queued(keys.watch)()
    qtbot.waitUntil(lambda: answers.absences >= 4)
    assert told == [ABSENT]
    answers.finding = Finding("DRIVER_BLIND", "error", {"device": "096E:0309"})
    qtbot.waitUntil(lambda: len(told) == 2)


def test_station_without_the_driver_says_so(
    qtbot: QtBot,
    tmp_path: Path,
    plugged: Plugged,
    answers: Answers,
    run: Callable[[QObject], WorkerThread],
) -> None:
    missing = replace(plugged.store.driver, libraries=(tmp_path / "absent.so",))
    keys = answers.watch(lambda: KeyHub([missing]))
    thread = run(keys)
    with qtbot.waitSignal(keys.tokens_seen, timeout=10_000) as seen:
        thread.queued(keys.watch)()
    assert seen.args[0] == []
    ((code, facts),) = seen.args[1]
    assert (code, facts["path"]) == ("DRIVER_MISSING", str(tmp_path / "absent.so"))


def test_hub_that_cannot_be_built_says_why(
    qtbot: QtBot, answers: Answers, run: Callable[[QObject], WorkerThread]
) -> None:
    def build() -> KeyHub:
        raise CatalogBroken("legacy.toml", 1, "no name")

    keys = answers.watch(build)
    thread = run(keys)
    with qtbot.waitSignal(keys.tokens_seen) as seen:
        thread.queued(keys.watch)()
    facts = {"file": "legacy.toml", "line": "1", "reason": "no name"}
    assert seen.args == [[], [("DRIVER_FILE_BROKEN", facts)]]


@dataclass
class FailingHub:
    """Raises what no driver was made to raise: a bug in the hub itself."""

    calls: int = 0

    def look(self) -> Look:
        self.calls += 1
        raise ZeroDivisionError

    def open(self, _token_id: str, _pin: str) -> object:
        raise ZeroDivisionError

    def change_pin(self, _token_id: str, _old: str, _new: str) -> object:
        raise ZeroDivisionError


def test_bug_in_the_hub_is_told_once_and_not_twice_a_second(
    qtbot: QtBot,
    answers: Answers,
    run: Callable[[QObject], WorkerThread],
    monkeypatch: pytest.MonkeyPatch,
    caught: list[type[BaseException]],
) -> None:
    monkeypatch.setattr(key_worker, "POLL_MS", 5)
    hub = FailingHub()
    keys = answers.watch(lambda: hub)
    told: list[object] = []
    keys.tokens_seen.connect(lambda *seen: told.append(seen))
    thread = run(keys)
    thread.queued(keys.watch)()
    qtbot.waitUntil(lambda: hub.calls >= 5)
    assert told == [([], [("UNFORESEEN", {})])]
    assert caught == [ZeroDivisionError]


@pytest.mark.parametrize(
    ("slot", "what", "answer"),
    [
        ("open", ("a", "739154"), "failed"),
        ("change_pin", ("a", "739154", "739155"), "pin_change_failed"),
        ("approve", ("a", "739154", b"void"), "approval_failed"),
    ],
)
def test_bug_while_a_pin_is_used_gives_an_answer_and_leaves_no_pin(
    qtbot: QtBot,
    answers: Answers,
    run: Callable[[QObject], WorkerThread],
    monkeypatch: pytest.MonkeyPatch,
    slot: str,
    what: tuple[object, ...],
    answer: str,
) -> None:
    left: list[str] = []

    def hook(_kind: object, _error: BaseException, trace: Any) -> None:
        while trace is not None:
            left.append(repr(trace.tb_frame.f_locals))
            trace = trace.tb_next

    monkeypatch.setattr(sys, "excepthook", hook)
    keys = answers.watch(FailingHub)
    thread = run(keys)
    with qtbot.waitSignal(getattr(keys, answer)) as failed:
        thread.queued(getattr(keys, slot))(*what)
    assert failed.args[0].code == "UNFORESEEN"
    qtbot.waitUntil(lambda: bool(left))
    # The frames of this file's own stand-in aside, which a real hub clears.
    ours = [frame for frame in left if "_pin" not in frame and "_old" not in frame]
    assert "73915" not in "".join(ours)


# --- opened ---


def test_plugged_key_is_seen_opened_and_seen_pulled(
    qtbot: QtBot, watched: Watched, plugged: Plugged
) -> None:
    assert watched.token.certificate is not None
    assert watched.token.certificate.holder == "张丽"
    watched.open()
    signals = [watched.keys.removed, watched.keys.tokens_seen]
    with qtbot.waitSignals(signals, timeout=10_000, order="strict") as told:
        plugged.pull()
    token_id, error = told.all_signals_and_args[0].args
    assert (token_id, error.code) == (watched.token.id, "TOKEN_REMOVED")


def test_driver_that_dies_under_an_open_key_is_no_pulled_key(
    qtbot: QtBot, watched: Watched
) -> None:
    key = watched.open()
    child = key._process._child
    assert child is not None
    with qtbot.waitSignal(watched.keys.removed, timeout=10_000) as removed:
        os.kill(child.process.pid, signal.SIGKILL)
    token_id, error = removed.args
    assert (token_id, error.code) == (watched.token.id, "DRIVER_CRASHED")
    # Started again: the same key and PIN go on.
    watched.open()


def test_wrong_pin_is_told_and_the_watch_goes_on(qtbot: QtBot, watched: Watched) -> None:
    # SoftHSM raises the flag for a missed PIN, which the next look shows.
    with qtbot.waitSignals([watched.keys.failed, watched.keys.tokens_seen], timeout=10_000) as told:
        watched.thread.queued(watched.keys.open)(watched.token.id, "000000")
    by_signal = {len(each.args): each.args for each in told.all_signals_and_args}
    error = by_signal[1][0]
    assert error.code == "PIN_WRONG"
    assert error.__traceback__ is None
    assert by_signal[2][0][0].token.pin.value == "low"


def test_closed_key_is_seen_anew(watched: Watched) -> None:
    watched.open()
    watched.ask(watched.keys.close, answer=watched.keys.tokens_seen)


def test_driver_that_fails_at_the_log_out_does_not_end_the_watch(
    watched: Watched, plugged: Plugged, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.open()
    close = plugged.hub.close

    def fail(token_id: str) -> None:
        close(token_id)
        raise DriverFailed("at the log-out")

    monkeypatch.setattr(plugged.hub, "close", fail)
    watched.ask(watched.keys.close, answer=watched.keys.tokens_seen)
    monkeypatch.undo()


def test_window_is_locked_whatever_happens_at_the_log_out_of_a_lost_key(
    watched: Watched,
    plugged: Plugged,
    monkeypatch: pytest.MonkeyPatch,
    caught: list[type[BaseException]],
) -> None:
    watched.open()
    close = plugged.hub.close

    def fail(token_id: str) -> None:
        close(token_id)
        raise ZeroDivisionError

    monkeypatch.setattr(plugged.hub, "close", fail)
    monkeypatch.setattr(plugged.hub, "loss_of", lambda _token_id: TokenRemoved("gone"))
    signals = [watched.keys.removed, watched.keys.tokens_seen]
    with watched.qtbot.waitSignals(signals, timeout=10_000, order="strict") as told:
        pass
    assert told.all_signals_and_args[0].args[1].code == "TOKEN_REMOVED"
    watched.qtbot.waitUntil(lambda: caught == [ZeroDivisionError])
    monkeypatch.undo()


def test_open_key_that_cannot_be_looked_at_locks_the_window_and_is_told_once(
    watched: Watched,
    plugged: Plugged,
    monkeypatch: pytest.MonkeyPatch,
    caught: list[type[BaseException]],
) -> None:
    def fail(_token_id: str) -> None:
        raise ZeroDivisionError

    watched.open()
    monkeypatch.setattr(plugged.hub, "loss_of", fail)
    signals = [watched.keys.removed, watched.keys.tokens_seen]
    with watched.qtbot.waitSignals(signals, timeout=10_000, order="strict") as told:
        pass
    token_id, error = told.all_signals_and_args[0].args
    assert (token_id, error.code) == (watched.token.id, "UNFORESEEN")
    assert caught == [ZeroDivisionError]


def test_nobody_holds_the_pin_while_the_answer_is_told(qtbot: QtBot, watched: Watched) -> None:
    held: list[str] = []

    def look(*_: object) -> None:
        frame = sys._getframe()
        while frame is not None:
            held.append(repr(frame.f_locals))
            frame = frame.f_back  # type: ignore[assignment]

    keys = watched.keys
    for answer in (keys.opened, keys.failed, keys.pin_changed, keys.pin_change_failed):
        answer.connect(look, Qt.ConnectionType.DirectConnection)
    watched.ask(keys.open, watched.token.id, "739154", answer=keys.failed)
    watched.ask(
        keys.change_pin, watched.token.id, "739154", "739155", answer=keys.pin_change_failed
    )
    watched.ask(keys.change_pin, watched.token.id, PIN, "739155", answer=keys.pin_changed)
    watched.ask(keys.open, watched.token.id, "739155", answer=keys.opened)
    assert len(held) >= 4
    assert "73915" not in "".join(held)
    assert PIN not in "".join(held)


# --- a new PIN ---


def test_key_takes_its_new_pin_and_not_the_old_one(qtbot: QtBot, watched: Watched) -> None:
    keys, token_id = watched.keys, watched.token.id
    assert watched.ask(keys.change_pin, token_id, PIN, OTHER_PIN, answer=keys.pin_changed) == [
        token_id
    ]
    (error,) = watched.ask(keys.open, token_id, PIN, answer=keys.failed)
    assert error.code == "PIN_WRONG"
    watched.ask(keys.open, token_id, OTHER_PIN, answer=keys.opened)


def test_new_pin_is_told_although_the_look_after_it_fails(
    watched: Watched,
    plugged: Plugged,
    monkeypatch: pytest.MonkeyPatch,
    caught: list[type[BaseException]],
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    keys, token_id = watched.keys, watched.token.id
    change, look = plugged.hub.change_pin, plugged.hub.look

    def change_and_break(*asked: str) -> None:
        change(*asked)
        monkeypatch.setattr(plugged.hub, "look", fail)

    monkeypatch.setattr(plugged.hub, "change_pin", change_and_break)
    told = watched.ask(keys.change_pin, token_id, PIN, OTHER_PIN, answer=keys.pin_changed)
    assert told == [token_id]
    watched.qtbot.waitUntil(lambda: caught == [ZeroDivisionError])
    # Not the hook: the watch may be in the middle of a look that fails.
    monkeypatch.setattr(plugged.hub, "look", look)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("000000", OTHER_PIN, "PIN_WRONG"),
        (PIN, "12", "PIN_LENGTH"),
        (PIN, "密码密码", "PIN_LENGTH"),
    ],
)
def test_pin_that_is_not_changed_says_why(watched: Watched, old: str, new: str, code: str) -> None:
    keys, token_id = watched.keys, watched.token.id
    (error,) = watched.ask(keys.change_pin, token_id, old, new, answer=keys.pin_change_failed)
    assert error.code == code
    watched.open()


# --- a supervisor's key beside the clerk's ---


@pytest.fixture
def beside(plugged: Plugged, authority: Authority) -> Plugged:
    """A supervisor's key is plugged, too, and a second one of the clerk's own."""
    plugged.store.add_clerk(authority, "主管王", "S01", ec_key(), pin=OTHER_PIN)
    second = ec_key()
    plugged.store.add("second", second, [authority.issue("张丽", "W01", second)], pin=OTHER_PIN)
    return plugged


@pytest.fixture
def with_supervisor(
    qtbot: QtBot,
    beside: Plugged,
    answers: Answers,
    run: Callable[[QObject], WorkerThread],
) -> tuple[Watched, OpenedKey]:
    keys = answers.watch(lambda: beside.hub)
    thread = run(keys)
    with qtbot.waitSignal(keys.tokens_seen, timeout=10_000) as seen:
        thread.queued(keys.watch)()
    tokens = [each.token for each in seen.args[0]]
    own = next(token for token in tokens if token.label == "W01")
    watched = Watched(keys, thread, own, qtbot)
    return watched, watched.open()


def test_only_other_people_s_keys_are_offered_for_an_approval(
    with_supervisor: tuple[Watched, OpenedKey],
) -> None:
    watched, _ = with_supervisor
    (tokens,) = watched.ask(watched.keys.scan_beside, answer=watched.keys.keys_beside)
    assert [token.certificate.holder for token in tokens] == ["主管王"]


def test_supervisor_s_key_signs_beside_the_clerk_s_and_is_closed(
    with_supervisor: tuple[Watched, OpenedKey], beside: Plugged
) -> None:
    watched, own = with_supervisor
    keys = watched.keys
    ((supervisor,),) = watched.ask(keys.scan_beside, answer=keys.keys_beside)
    removed: list[object] = []
    keys.removed.connect(lambda *told: removed.append(told))
    message = "批准作废".encode()
    certificate, signature, alg = watched.ask(
        keys.approve, supervisor.id, OTHER_PIN, message, answer=keys.approved
    )
    assert (certificate.holder, alg) == ("主管王", "ES256")
    public = x509.load_der_x509_certificate(certificate.der).public_key()
    assert is_signature_of(public, alg, signature, message)
    # The clerk goes on signing; the supervisor's key is shut.
    assert own.sign(b"next")
    assert beside.hub.loss_of(supervisor.id) is not None
    assert beside.hub.loss_of(watched.token.id) is None
    assert removed == []


def test_wrong_pin_of_the_supervisor_leaves_the_clerk_signed_in(
    with_supervisor: tuple[Watched, OpenedKey],
) -> None:
    watched, own = with_supervisor
    keys = watched.keys
    ((supervisor,),) = watched.ask(keys.scan_beside, answer=keys.keys_beside)
    (error,) = watched.ask(
        keys.approve, supervisor.id, "000000", b"void", answer=keys.approval_failed
    )
    assert error.code == "PIN_WRONG"
    assert own.sign(b"next")


def test_nobody_approves_with_their_own_key_or_a_second_one_of_theirs(
    with_supervisor: tuple[Watched, OpenedKey], beside: Plugged
) -> None:
    watched, own = with_supervisor
    keys = watched.keys
    ids = [token.id for token in beside.hub.scan() if token.label in ("W01", "second")]
    assert len(ids) == 2
    for token_id in ids:
        (error,) = watched.ask(
            keys.approve, token_id, OTHER_PIN, b"void", answer=keys.approval_failed
        )
        assert error.code == "APPROVAL_OWN_KEY"
    assert own.sign(b"next")


@pytest.mark.parametrize(("reason", "code"), [(None, "NO_TOKEN"), ("expired", "CERT_EXPIRED")])
def test_key_that_cannot_approve_is_not_asked_for_its_pin(
    with_supervisor: tuple[Watched, OpenedKey],
    beside: Plugged,
    answers: Answers,
    reason: str | None,
    code: str,
) -> None:
    watched, _ = with_supervisor
    keys = watched.keys
    ((supervisor,),) = watched.ask(keys.scan_beside, answer=keys.keys_beside)
    if reason is not None:
        answers.reason = lambda certificate: CertificateExpired(certificate.not_after)
    token_id = supervisor.id if reason is not None else "gdca:00:absent"
    (error,) = watched.ask(keys.approve, token_id, "000000", b"void", answer=keys.approval_failed)
    assert error.code == code
    # No try was used.
    states: Sequence[Token] = beside.hub.scan()
    assert {t.pin.value for t in states if t.id == supervisor.id} == {"full"}
