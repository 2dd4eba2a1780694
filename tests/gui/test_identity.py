"""统一身份认证 as the clerk sees it: a line above the page, never in the way."""

import threading
from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from clerk_client.domain.clock import SystemClock
from clerk_client.hall_link.errors import IdentityNotConfirmed, IdentityUnreachable
from clerk_client.hall_link.unified_identity import Confirmation, Provider
from clerk_client.ui.identity_notice import IdentityNotice
from clerk_client.workers.identity_worker import IdentityWorker
from clerk_client.workers.thread import WorkerThread
from tests.helpers.identity_provider import CLIENT, IdentityProvider, identity_provider

CLERK = "ZS-0001"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityProvider]:
    with identity_provider(tmp_path_factory.mktemp("identity"), (CLERK,)) as running:
        yield running


@pytest.fixture
def shown(qtbot: QtBot) -> IdentityNotice:
    notice = IdentityNotice()
    qtbot.addWidget(notice)
    return notice


@pytest.fixture
def at_work(shown: IdentityNotice) -> Iterator[Callable[..., IdentityWorker]]:
    """Makes the worker in its thread, wired to the notice as the window does it."""
    threads: list[tuple[WorkerThread, IdentityWorker]] = []

    def make(issuer: str, browse: Callable[[str], bool]) -> IdentityWorker:
        build = lambda: Confirmation(Provider(issuer, CLIENT), SystemClock())  # noqa: E731
        worker = IdentityWorker(build, browse, (IdentityNotConfirmed,))
        thread = WorkerThread(worker, "identity")
        worker.confirmed.connect(shown.show_confirmed)
        worker.failed.connect(shown.show_failed)
        shown.skipped.connect(lambda: worker.skip())
        threads.append((thread, worker))
        thread.start()
        shown.show_awaited()
        thread.queued(worker.confirm)(CLERK)
        return worker

    yield make
    for thread, worker in threads:
        worker.end()
        assert thread.stop(5000)


def test_the_line_goes_when_the_clerk_is_confirmed(
    qtbot: QtBot,
    provider: IdentityProvider,
    shown: IdentityNotice,
    at_work: Callable[..., IdentityWorker],
) -> None:
    visits: list[threading.Thread] = []

    def browse(address: str) -> bool:
        visits.append(threading.Thread(target=provider.browse, args=[address, CLERK]))
        visits[0].start()
        return True

    at_work(provider.issuer, browse)
    qtbot.waitUntil(shown.isHidden, timeout=20_000)
    visits[0].join(20)


def test_a_provider_that_is_down_is_a_warning_with_another_try(
    qtbot: QtBot, shown: IdentityNotice, at_work: Callable[..., IdentityWorker]
) -> None:
    at_work("http://127.0.0.1:9/o", lambda _: True)
    qtbot.waitUntil(lambda: "连不上" in shown.text, timeout=20_000)
    assert "窗口照常办理" in shown.text
    assert shown.action.text() == "再认证一次"
    with qtbot.waitSignal(shown.asked_again):
        shown.action.click()


def test_a_clerk_who_goes_on_without_is_left_in_peace(
    qtbot: QtBot,
    provider: IdentityProvider,
    shown: IdentityNotice,
    at_work: Callable[..., IdentityWorker],
) -> None:
    opened = threading.Event()

    def browse(_: str) -> bool:
        opened.set()
        return True

    worker = at_work(provider.issuer, browse)
    qtbot.waitUntil(opened.is_set, timeout=20_000)
    with qtbot.waitSignal(worker.failed, timeout=20_000):
        shown.action.click()
    assert shown.isHidden()


def test_what_comes_after_the_clerk_left_is_not_shown(shown: IdentityNotice) -> None:
    shown.show_awaited()
    shown.forget()
    shown.show_failed(IdentityUnreachable("late"))
    assert shown.isHidden()
