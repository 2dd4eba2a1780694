"""The workers in their threads: on real keys and real pictures, told by signals, ended in time."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from PyQt5.QtCore import QObject, Qt, QThread, pyqtSignal, pyqtSlot
from pytestqt.qtbot import QtBot

from clerk_client.domain.errors import DomainError, TicketUsed
from clerk_client.hall_link.errors import HallError, HallRefused, HallUnreachable
from clerk_client.journal.delivery import Standing
from clerk_client.workers import sync_worker
from clerk_client.workers.desk_worker import Desk, DeskWorker
from clerk_client.workers.diagnosis_worker import DiagnosisWorker
from clerk_client.workers.draft_worker import DraftWorker
from clerk_client.workers.print_worker import PrintWorker
from clerk_client.workers.sync_worker import SyncWorker
from clerk_client.workers.thread import WorkerThread
from printing.errors import PrinterAbsent, PrintingError

FAILURES = (DomainError, HallError, PrintingError)


# --- threads ---


class Echo(QObject):
    """Says in which thread it was called."""

    said = pyqtSignal(object, object)
    finished = pyqtSignal(object)

    @pyqtSlot(object)
    def say(self, what: object) -> None:
        self.said.emit(what, QThread.currentThread())

    @pyqtSlot()
    def fail(self) -> None:
        raise LookupError("a bug")

    @pyqtSlot(object, object)
    def wait_for(self, event: threading.Event, begun: threading.Event) -> None:
        begun.set()
        event.wait(20)

    @pyqtSlot()
    def finish(self) -> None:
        self.finished.emit(QThread.currentThread())


def test_slot_runs_in_the_workers_thread_and_not_in_the_windows(
    qtbot: QtBot, run: Callable[[QObject], WorkerThread]
) -> None:
    echo = Echo()
    thread = run(echo)
    with qtbot.waitSignal(echo.said) as said:
        thread.queued(echo.say)("hello")
    assert said.args[0] == "hello"
    assert said.args[1] is not QThread.currentThread()
    assert said.args[1] is echo.thread()


def test_calls_run_in_the_order_they_were_made_also_before_the_start(qtbot: QtBot) -> None:
    echo = Echo()
    heard: list[object] = []
    thread = WorkerThread(echo, "echo")
    echo.said.connect(lambda what, _: heard.append(what))
    for number in range(20):
        thread.queued(echo.say)(number)
    thread.start()
    qtbot.waitUntil(lambda: heard == list(range(20)))
    assert thread.stop(5000)


def test_slot_may_be_queued_by_a_signal_that_says_more_than_it_asks(
    qtbot: QtBot, run: Callable[[QObject], WorkerThread]
) -> None:
    echo, other = Echo(), Echo()
    thread = run(echo)
    other.said.connect(thread.queued(echo.say))
    with qtbot.waitSignal(echo.said) as said:
        other.said.emit("one", "two")
    assert said.args[0] == "one"


def test_worker_lets_go_in_its_own_thread_when_that_ends(qtbot: QtBot) -> None:
    echo = Echo()
    thread = WorkerThread(echo, "echo")
    own = echo.thread()
    thread.start()
    with qtbot.waitSignal(echo.finished) as finished:
        assert thread.stop(5000)
    assert finished.args[0] is own


def test_worker_that_hangs_is_told_at_the_deadline_and_kept(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    echo = Echo()
    thread = WorkerThread(echo, "echo")
    thread.start()
    event, begun = threading.Event(), threading.Event()
    thread.queued(echo.wait_for)(event, begun)
    assert begun.wait(5)
    assert not thread.stop(50)
    assert "did not end" in caplog.text
    event.set()
    assert thread.stop(5000)


def test_calls_made_before_the_end_are_answered_behind_the_one_that_runs(qtbot: QtBot) -> None:
    echo = Echo()
    thread = WorkerThread(echo, "echo")
    heard: list[object] = []
    echo.said.connect(lambda what, _: heard.append(what), Qt.ConnectionType.DirectConnection)
    thread.start()
    event, begun = threading.Event(), threading.Event()
    thread.queued(echo.wait_for)(event, begun)
    assert begun.wait(5)
    for what in ("one", "two"):
        thread.queued(echo.say)(what)
    threading.Timer(0.05, event.set).start()
    assert thread.stop(5000)
    assert heard == ["one", "two"]


def test_calls_behind_one_that_hangs_are_dropped_after_the_deadline(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    echo = Echo()
    thread = WorkerThread(echo, "echo")
    heard: list[object] = []
    echo.said.connect(lambda what, _: heard.append(what), Qt.ConnectionType.DirectConnection)
    thread.start()
    event, begun = threading.Event(), threading.Event()
    thread.queued(echo.wait_for)(event, begun)
    assert begun.wait(5)
    thread.queued(echo.say)("late")
    assert not thread.stop(50)
    assert "did not end" in caplog.text
    event.set()
    assert thread.stop(5000)
    assert heard in ([], ["late"])


def test_bug_in_a_worker_reaches_the_crash_hook(
    qtbot: QtBot, run: Callable[[QObject], WorkerThread], caught: list[type[BaseException]]
) -> None:
    echo = Echo()
    thread = run(echo)
    thread.queued(echo.fail)()
    qtbot.waitUntil(lambda: caught == [LookupError])
    # And the worker goes on.
    with qtbot.waitSignal(echo.said):
        thread.queued(echo.say)("still here")


# --- desk, delivery, papers: what their rooms do is tested there ---


@dataclass
class Answers:
    """A desk that gives what it was told to, or raises it, and notes in which thread.

    Stands in for the whole desk, whose every refusal no hall can be brought to in a few lines.
    """

    answer: object = None
    threads: list[QThread] = field(default_factory=list)
    closed: bool = False

    def __getattr__(self, name: str) -> Any:
        others = ("checks", "deliver", "look", "print_receipt", "keep", "take", "forget")
        if name not in Desk.__dict__ and name not in others:
            raise AttributeError(name)

        def call(*_: object) -> object:
            self.threads.append(QThread.currentThread())
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return call

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("slot", "arguments", "signal", "answer", "told"),
    [
        ("sign_in", ("key",), "signed_in", "session", ["session"]),
        ("sign_out", (), "signed_out", None, []),
        ("begin", ("A023",), "found", "found", ["found"]),
        ("by_appointment", ("Y1",), "found", "found", ["found"]),
        ("search", (7, "spjy"), "matters_found", ("m1", "m2"), [7, ["m1", "m2"]]),
        ("choose", ("m1",), "found", "found", ["found"]),
        ("accept", ("form",), "accepted", "acceptance", ["acceptance"]),
        ("tally", (), "tallied", "tally", ["tally"]),
        ("hand_over", ("4420",), "handed_over", None, ["4420"]),
    ],
)
def test_desk_answers_by_signal_from_its_own_thread(
    qtbot: QtBot,
    run: Callable[[QObject], WorkerThread],
    slot: str,
    arguments: tuple[object, ...],
    signal: str,
    answer: object,
    told: list[object],
) -> None:
    answers = Answers(answer)
    desk = DeskWorker(lambda: answers, FAILURES)
    thread = run(desk)
    with qtbot.waitSignal(getattr(desk, signal)) as heard:
        thread.queued(getattr(desk, slot))(*arguments)
    assert heard.args == told
    assert answers.threads == [desk.thread()]


@pytest.mark.parametrize(
    ("slot", "arguments", "signal"),
    [
        ("sign_in", ("key",), "sign_in_refused"),
        ("begin", ("A023",), "refused"),
        ("by_appointment", ("Y1",), "refused"),
        ("choose", ("m1",), "refused"),
        ("accept", ("form",), "refused"),
        ("search", (7, "spjy"), "search_refused"),
        ("hand_over", ("4420",), "hand_over_refused"),
        ("tally", (), "tally_refused"),
    ],
)
@pytest.mark.parametrize("is_bug", [False, True])
def test_refusal_goes_to_the_page_that_asked(
    qtbot: QtBot,
    run: Callable[[QObject], WorkerThread],
    slot: str,
    arguments: tuple[object, ...],
    signal: str,
    caught: list[type[BaseException]],
    is_bug: bool,
) -> None:
    """A bug as well: the page must not wait for ever, and the crash hook has it, too."""
    answers = Answers(ZeroDivisionError() if is_bug else TicketUsed("A023"))
    desk = DeskWorker(lambda: answers, FAILURES)
    thread = run(desk)
    with qtbot.waitSignal(getattr(desk, signal)) as heard:
        thread.queued(getattr(desk, slot))(*arguments)
    assert heard.args[-1].code == ("UNFORESEEN" if is_bug else "TICKET_USED")
    assert heard.args[:-1] == list(arguments[: len(heard.args) - 1])
    qtbot.waitUntil(lambda: caught == ([ZeroDivisionError] if is_bug else []))


@pytest.mark.parametrize("error", [HallUnreachable(), ZeroDivisionError()])
def test_sign_out_is_over_whatever_happens(
    qtbot: QtBot,
    run: Callable[[QObject], WorkerThread],
    caught: list[type[BaseException]],
    error: Exception,
) -> None:
    answers = Answers(error)
    desk = DeskWorker(lambda: answers, FAILURES)
    thread = run(desk)
    with qtbot.waitSignal(desk.signed_out):
        thread.queued(desk.sign_out)()
    is_bug = isinstance(error, ZeroDivisionError)
    qtbot.waitUntil(lambda: caught == ([ZeroDivisionError] if is_bug else []))


def test_desk_is_built_once_in_its_thread_and_closed_there(qtbot: QtBot) -> None:
    built: list[QThread] = []
    answers = Answers("found")

    def build() -> Answers:
        built.append(QThread.currentThread())
        return answers

    desk = DeskWorker(build, FAILURES)
    thread = WorkerThread(desk, "desk")
    own = desk.thread()
    thread.start()
    with qtbot.waitSignal(desk.prepared):
        thread.queued(desk.prepare)()
    with qtbot.waitSignal(desk.found):
        thread.queued(desk.begin)("A023")
    assert thread.stop(5000)
    assert built == [own]
    assert answers.closed


def test_desk_that_cannot_be_built_says_why_and_is_tried_again(
    qtbot: QtBot, run: Callable[[QObject], WorkerThread]
) -> None:
    tries: list[int] = []

    def build() -> Answers:
        tries.append(1)
        if len(tries) == 1:
            raise HallUnreachable
        return Answers("session")

    desk = DeskWorker(build, FAILURES)
    thread = run(desk)
    with qtbot.waitSignal(desk.station_refused):
        thread.queued(desk.prepare)()
    with qtbot.waitSignal(desk.signed_in):
        thread.queued(desk.sign_in)("key")


@pytest.mark.parametrize(
    ("error", "code"), [(TicketUsed("A023"), "TICKET_USED"), (ZeroDivisionError(), "UNFORESEEN")]
)
def test_station_is_looked_at_or_the_reason_told(
    qtbot: QtBot,
    run: Callable[[QObject], WorkerThread],
    caught: list[type[BaseException]],
    error: Exception,
    code: str,
) -> None:
    answers = Answers((["key", "other key"], ["camera"]))
    looks = DiagnosisWorker(lambda: answers, FAILURES)
    thread = run(looks)
    told: list[list[str]] = []
    looks.checked.connect(told.append)
    with qtbot.waitSignal(looks.diagnosed) as diagnosed:
        thread.queued(looks.diagnose)()
    assert told == [["key", "other key"], ["camera"]]
    assert diagnosed.args == [["key", "other key", "camera"]]
    answers.answer = error
    with qtbot.waitSignal(looks.refused) as refused:
        thread.queued(looks.diagnose)()
    assert refused.args[0].code == code
    qtbot.waitUntil(lambda: len(caught) == (code == "UNFORESEEN"))


class Held(Answers):
    """Looks at one thing, and at the next when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def checks(self) -> Iterator[list[str]]:
        yield ["key"]
        assert self.go_on.wait(20)
        yield ["camera"]


def test_what_was_found_first_is_told_before_the_rest_has_answered(
    qtbot: QtBot, run: Callable[[QObject], WorkerThread]
) -> None:
    held = Held()
    looks = DiagnosisWorker(lambda: held, FAILURES)
    thread = run(looks)
    with qtbot.waitSignal(looks.checked) as checked:
        thread.queued(looks.diagnose)()
    assert checked.args == [["key"]]
    with qtbot.waitSignal(looks.diagnosed) as diagnosed:
        held.go_on.set()
    assert diagnosed.args == [["key", "camera"]]


def test_drafts_are_kept_and_taken_in_the_order_of_the_calls(
    qtbot: QtBot, run: Callable[[QObject], WorkerThread]
) -> None:
    answers = Answers(("draft",))
    drafts = DraftWorker(lambda: answers, FAILURES)
    thread = run(drafts)
    with qtbot.waitSignals([drafts.kept, drafts.taken], order="strict") as told:
        thread.queued(drafts.keep)("001", ["draft"])
        thread.queued(drafts.take)("001")
    assert told.all_signals_and_args[1].args == ("001", ["draft"])
    assert answers.threads == [drafts.thread()] * 2


@pytest.mark.parametrize(
    ("error", "code"), [(TicketUsed("A023"), "TICKET_USED"), (ZeroDivisionError(), "UNFORESEEN")]
)
def test_drafts_that_cannot_be_kept_come_back_with_the_reason(
    qtbot: QtBot,
    run: Callable[[QObject], WorkerThread],
    caught: list[type[BaseException]],
    error: Exception,
    code: str,
) -> None:
    answers = Answers(error)
    drafts = DraftWorker(lambda: answers, FAILURES)
    thread = run(drafts)
    with qtbot.waitSignal(drafts.not_kept) as not_kept:
        thread.queued(drafts.keep)("001", ["draft"])
    assert not_kept.args[:2] == ["001", ["draft"]]
    with qtbot.waitSignal(drafts.not_taken) as not_taken:
        thread.queued(drafts.take)("001")
    assert not_taken.args[0] == "001"
    assert not_kept.args[2].code == not_taken.args[1].code == code
    thread.queued(drafts.forget)("001")
    answers.answer = ()
    bugs = 3 if code == "UNFORESEEN" else 0
    with qtbot.waitSignal(drafts.kept):
        thread.queued(drafts.keep)("001", [])
    qtbot.waitUntil(lambda: len(caught) <= bugs)


@dataclass
class Paper:
    """All that the worker asks of an acceptance."""

    number: str = "4420"


@pytest.mark.parametrize(
    ("error", "code"),
    [(PrinterAbsent("窗口打印机"), "PRINTER_ABSENT"), (ZeroDivisionError(), "UNFORESEEN")],
)
def test_receipt_is_printed_or_the_reason_told_with_its_number(
    qtbot: QtBot,
    run: Callable[[QObject], WorkerThread],
    caught: list[type[BaseException]],
    error: Exception,
    code: str,
) -> None:
    answers = Answers("receipt")
    papers = PrintWorker(lambda: answers, FAILURES)
    thread = run(papers)
    with qtbot.waitSignal(papers.printed) as printed:
        thread.queued(papers.print_receipt)(Paper(), False)
    assert printed.args == ["receipt"]
    answers.answer = error
    with qtbot.waitSignal(papers.failed) as failed:
        thread.queued(papers.print_receipt)(Paper(), True)
    assert (failed.args[0], failed.args[1].code) == ("4420", code)
    qtbot.waitUntil(lambda: len(caught) == (code == "UNFORESEEN"))


def test_delivery_tries_again_by_itself_until_the_hall_is_back(
    qtbot: QtBot, run: Callable[[QObject], WorkerThread], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_worker, "FIRST_RETRY_MS", 10)
    monkeypatch.setattr(sync_worker, "LONGEST_RETRY_MS", 40)
    answers = Answers(Standing(2, 0, hall_reachable=False))
    sync = SyncWorker(lambda: answers, lambda: answers, FAILURES)
    standings: list[Standing] = []
    sync.standing.connect(standings.append)
    thread = run(sync)
    thread.queued(sync.start)()
    qtbot.waitUntil(lambda: len(standings) >= 5)
    answers.answer = Standing(0, 0, hall_reachable=True)
    qtbot.waitUntil(lambda: standings[-1].hall_reachable)
    # Idle now: the next pass comes only when asked for.
    with qtbot.waitSignal(sync.standing):
        thread.queued(sync.deliver_now)()


def test_delivery_that_fails_is_told_and_goes_on(
    qtbot: QtBot, run: Callable[[QObject], WorkerThread], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_worker, "FIRST_RETRY_MS", 10)
    answers = Answers(HallUnreachable())
    sync = SyncWorker(lambda: answers, lambda: answers, FAILURES)
    thread = run(sync)
    with qtbot.waitSignal(sync.failed):
        thread.queued(sync.start)()
    with qtbot.waitSignal(sync.standing):
        answers.answer = Standing(0, 0, hall_reachable=True)


def test_stopped_delivery_rests_until_it_is_started(
    qtbot: QtBot, run: Callable[[QObject], WorkerThread]
) -> None:
    answers = Answers(Standing(0, 0, hall_reachable=True))
    sync = SyncWorker(lambda: answers, lambda: answers, FAILURES)
    standings: list[Standing] = []
    sync.standing.connect(standings.append)
    thread = run(sync)
    with qtbot.waitSignal(sync.standing):
        thread.queued(sync.start)()
    thread.queued(sync.stop)()
    thread.queued(sync.deliver_now)()
    with qtbot.waitSignal(sync.standing):
        thread.queued(sync.start)()
    assert len(standings) == 2


def test_window_closed_during_delivery_closes_it_in_its_thread(qtbot: QtBot) -> None:
    answers = Answers(Standing(0, 0, hall_reachable=True))
    sync = SyncWorker(lambda: answers, lambda: answers, FAILURES)
    thread = WorkerThread(sync, "sync")
    thread.start()
    with qtbot.waitSignal(sync.standing):
        thread.queued(sync.start)()
    assert thread.stop(5000)
    assert answers.closed
    assert answers.threads[0] is not QThread.currentThread()


@dataclass
class Watching:
    """Says of the session what it is told to."""

    ended: HallRefused | None = None
    looks: int = 0

    def look(self) -> HallRefused | None:
        self.looks += 1
        return self.ended

    def close(self) -> None:
        self.looks = -1


def test_session_that_the_hall_ended_is_told_once_and_nothing_is_sent_after_it(
    qtbot: QtBot, run: Callable[[QObject], WorkerThread], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_worker, "WATCH_MS", 10)
    answers, watch = Answers(Standing(0, 0, hall_reachable=True)), Watching()
    sync = SyncWorker(lambda: answers, lambda: watch, FAILURES)
    ends: list[HallRefused] = []
    sync.session_ended.connect(ends.append)
    thread = run(sync)
    thread.queued(sync.start)()
    qtbot.waitUntil(lambda: watch.looks >= 3)
    assert ends == []
    watch.ended = HallRefused(403, "CLERK_LOCKED")
    qtbot.waitUntil(lambda: [end.code for end in ends] == ["CLERK_LOCKED"])
    looks, passes = watch.looks, len(answers.threads)
    thread.queued(sync.deliver_now)()
    watch.ended = None
    with qtbot.waitSignal(sync.standing):
        thread.queued(sync.start)()
    assert len(answers.threads) == passes + 1
    qtbot.waitUntil(lambda: watch.looks > looks)
    assert len(ends) == 1


def test_hall_that_asks_to_be_left_alone_is(
    qtbot: QtBot, run: Callable[[QObject], WorkerThread]
) -> None:
    answers = Answers(Standing(1, 0, hall_reachable=True, pause=40))
    sync = SyncWorker(lambda: answers, lambda: answers, FAILURES)
    standings: list[Standing] = []
    sync.standing.connect(standings.append)
    thread = run(sync)
    with qtbot.waitSignal(sync.standing):
        thread.queued(sync.start)()
    thread.queued(sync.deliver_now)()
    with qtbot.waitSignal(sync.standing):
        thread.queued(sync.start)()
    assert len(standings) == 2
