"""Drivers that crash, hang, shout and grow: the window never notices more than an error."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clerk_client.demo.authority import Authority, ec_key
from clerk_client.demo.soft_tokens import LIBRARY, PIN, SoftTokens
from tests.devices.conftest import Keys
from tests.helpers.faulty_drivers import Fault
from ukey.catalog import Driver, driver_at
from ukey.confinement import SPENT_MEMORY
from ukey.driver import DriverProcess
from ukey.errors import DriverCrashed, DriverFailed, KeyTimeout, UKeyError
from ukey.hub import KeyHub
from ukey.look import options_of
from ukey.protocol import LONGEST_FRAME, token_from_plain

MakeDriver = Callable[[Fault], Driver]


def test_driver_that_crashed_three_times_is_left_alone_until_somebody_asks(
    faulty: MakeDriver,
) -> None:
    driver = faulty(Fault.CRASH_IN_SLOT_LIST)
    process = DriverProcess(driver.library, options_of(driver))

    def death() -> DriverCrashed:
        with pytest.raises(DriverCrashed) as crashed:
            process.ask("tokens", {}, 5.0)
        return crashed.value

    assert [death().quarantined for _ in range(3)] == [False, False, True]
    # Not a process more: an urgent question, too, is told of the death.
    assert death().quarantined
    assert process.generation == 3
    process.forgive()
    assert not death().quarantined
    assert process.generation == 4
    process.stop(5.0)


def test_driver_that_just_died_is_not_asked_by_the_watch(faulty: MakeDriver) -> None:
    driver = faulty(Fault.CRASH_IN_SLOT_LIST)
    process = DriverProcess(driver.library, options_of(driver))
    for _ in range(3):
        with pytest.raises(DriverCrashed):
            process.ask("tokens", {}, 5.0, patience=1.0)
    assert process.generation == 1
    process.stop(5.0)


def test_pin_that_meets_a_crash_is_no_wrong_pin(faulty: MakeDriver, own_store: SoftTokens) -> None:
    driver = faulty(Fault.CRASH_IN_LOGIN)
    process = DriverProcess(driver.library, options_of(driver))
    (token,) = (token_from_plain(plain) for plain in process.ask("tokens", {}, 5.0).value)
    arguments = {
        "handle": 1,
        "token": {"slot": token.slot, "serial": token.serial, "mark": ""},
        "key_ids": [b"\x01"],
        "pin": PIN,
    }
    with pytest.raises(DriverCrashed):
        process.ask("open", arguments, 5.0)
    process.stop(5.0)


def test_driver_that_grows_is_replaced_before_it_harms(faulty: MakeDriver) -> None:
    driver = faulty(Fault.MEMORY_GROWTH)
    process = DriverProcess(driver.library, options_of(driver))
    growth = 64 * 1024 * 1024
    for _ in range(2 * SPENT_MEMORY // growth):
        process.ask("tokens", {}, 10.0)
    assert process.generation > 1
    process.stop(5.0)


def test_open_key_is_lost_with_its_driver_and_the_pin_opens_it_again(
    own_store: SoftTokens, authority: Authority, make_hub: Callable[..., KeyHub]
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub = make_hub(own_store)
    (token,) = hub.scan()
    key = hub.open(token.id, PIN)
    assert hub.loss_of(token.id) is None
    os.kill(pid_of(hub), signal.SIGSEGV)
    with pytest.raises(DriverCrashed):
        key.sign(b"x")
    assert isinstance(hub.loss_of(token.id), DriverCrashed)
    again = hub.open(token.id, PIN)
    assert hub.loss_of(token.id) is None
    assert again.sign(b"x")
    # The old one is lost for good, although a process answers now.
    with pytest.raises(UKeyError):
        key.sign(b"x")


def pid_of(hub: KeyHub) -> int:
    (installed,) = hub._installed.values()
    assert installed.process._child is not None
    return installed.process._child.process.pid


@pytest.mark.parametrize("fault", [Fault.HANG_AT_LOAD, Fault.HANG_IN_SLOT_LIST, Fault.NONE])
def test_driver_process_ends_with_a_client_that_is_killed(fault: Fault, faulty: MakeDriver) -> None:
    script = (
        "import os, sys, threading\n"
        "from pathlib import Path\n"
        "from ukey.catalog import driver_at\n"
        "from ukey.driver import DriverProcess\n"
        "from ukey.look import options_of\n"
        "driver = driver_at(Path(sys.argv[1]))\n"
        "process = DriverProcess(driver.library, options_of(driver))\n"
        "threading.Thread(target=process.ask, args=('tokens', {}, 10.0), daemon=True).start()\n"
        "while process._child is None: pass\n"
        "print(process._child.process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(faulty(fault).library), fault.value]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        pid = int(client.stdout.readline())
        watched = os.pidfd_open(pid)
        client.kill()
    try:
        # Readable once the process has ended.
        assert ended(watched)
    finally:
        os.close(watched)


def ended(pidfd: int) -> bool:
    import select

    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(10_000))


def test_a_process_that_sends_nonsense_is_killed_and_named(tmp_path: Path) -> None:
    """A stand-in for a driver that wrote over its process's memory: a program in its place."""
    for name, answer in (("garbled", "b'{}}'"), ("endless", f"b'x' * {LONGEST_FRAME + 1}")):
        program = tmp_path / name
        program.write_text(
            f"#!{sys.executable}\n"
            "import sys\n"
            "from multiprocessing.connection import Connection\n"
            "connection = Connection(int(sys.argv[5]))\n"
            'connection.send_bytes(b\'{"answer": "ready"}\')\n'
            "connection.recv_bytes()\n"
            f"connection.send_bytes({answer})\n"
            "connection.recv_bytes()\n",
            encoding="utf-8",
        )
        program.chmod(0o755)
        driver = driver_at(LIBRARY)
        process = DriverProcess(LIBRARY, options_of(driver), launcher=[str(program)])
        with pytest.raises(DriverCrashed):
            process.ask("tokens", {}, 5.0)
        process.stop(5.0)


def test_hanging_driver_holds_up_no_signature_on_another(
    faulty: MakeDriver, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(*next(iter(keys.store.environment.items())))
    hub = KeyHub([keys.store.driver])
    token = next(token for token in hub.scan() if token.label == "W02")
    key = hub.open(token.id, keys.tokens["W02"].pin)
    hub._drivers = (faulty(Fault.HANG_IN_SLOT_LIST), keys.store.driver)
    with ThreadPoolExecutor(1) as threads:
        look = threads.submit(hub.look, 2.0)
        # As long as the other one hangs, and so as long as the look takes.
        signed = 0
        while not look.done():
            assert key.sign(b"x")
            signed += 1
    assert signed > 10
    assert [problem.code for problem in look.result().problems] == ["DRIVER_HANG"]
    hub.stop(0.1)


def test_key_closed_while_its_driver_is_busy_is_logged_out_all_the_same(
    own_store: SoftTokens, authority: Authority, make_hub: Callable[..., KeyHub]
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub = make_hub(own_store)
    (token,) = hub.scan()
    key = hub.open(token.id, PIN)
    (installed,) = hub._installed.values()
    with installed.process._lock:
        hub.close(token.id)
    with pytest.raises(UKeyError):
        key.sign(b"x")
    # It was logged out before this, or it would say that somebody is logged in already.
    again = hub.open(token.id, PIN)
    assert again.sign(b"x")


def test_crash_between_two_questions_is_told_as_one(
    own_store: SoftTokens, authority: Authority, make_hub: Callable[..., KeyHub]
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub = make_hub(own_store)
    (token,) = hub.scan()
    key = hub.open(token.id, PIN)
    os.kill(pid_of(hub), signal.SIGSEGV)
    (installed,) = hub._installed.values()
    assert installed.process._child is not None
    installed.process._child.process.wait(10)
    assert isinstance(hub.loss_of(token.id), DriverCrashed)
    with pytest.raises(DriverCrashed):
        key.sign(b"x")


def test_look_that_is_short_of_time_leaves_an_open_key_open(
    own_store: SoftTokens, authority: Authority, make_hub: Callable[..., KeyHub]
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub = make_hub(own_store)
    (token,) = hub.scan()
    key = hub.open(token.id, PIN)
    os.kill(pid_of(hub), signal.SIGSTOP)
    assert [problem.code for problem in hub.look(0.2).problems] == ["DRIVER_HANG"]
    os.kill(pid_of(hub), signal.SIGCONT)
    assert key.sign(b"x")


def test_memory_that_the_client_holds_is_not_the_drivers(faulty: MakeDriver) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "held = bytearray(400 * 1024 * 1024)\n"
        "held[::4096] = bytes(len(held[::4096]))\n"
        "from ukey.catalog import driver_at\n"
        "from ukey.driver import DriverProcess\n"
        "from ukey.look import options_of\n"
        "driver = driver_at(Path(sys.argv[1]))\n"
        "process = DriverProcess(driver.library, options_of(driver))\n"
        "for _ in range(3): process.ask('tokens', {}, 10.0)\n"
        "print(process.generation)\n"
    )
    command = [sys.executable, "-c", script, str(faulty(Fault.NONE).library)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


def test_module_lying_where_the_client_was_started_is_never_given_the_pin(
    tmp_path: Path, faulty: MakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('foreign')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    driver = faulty(Fault.NONE)
    process = DriverProcess(driver.library, options_of(driver))
    assert len(process.ask("tokens", {}, 10.0).value) == 1
    process.stop()


def test_helper_that_does_not_start_is_no_fault_of_the_vendors(faulty: MakeDriver) -> None:
    driver = faulty(Fault.NONE)
    for launcher in ("/bin/false", "/nonexistent"):
        process = DriverProcess(driver.library, options_of(driver), launcher=[launcher])
        with pytest.raises(DriverFailed, match="helper not started"):
            process.ask("tokens", {}, 10.0)
        process.stop()


def test_process_that_stops_in_the_middle_of_an_answer_holds_nobody(tmp_path: Path) -> None:
    """A stand-in for a process stopped while it writes: a program in its place."""
    program = tmp_path / "half"
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, sys\n"
        "from multiprocessing.connection import Connection\n"
        "connection = Connection(int(sys.argv[5]))\n"
        'connection.send_bytes(b\'{"answer": "ready"}\')\n'
        "connection.recv_bytes()\n"
        "os.write(connection.fileno(), b'\\0\\0')\n"
        "connection.recv_bytes()\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    process = DriverProcess(LIBRARY, options_of(driver_at(LIBRARY)), launcher=[str(program)])
    with pytest.raises(KeyTimeout):
        process.ask("tokens", {}, 1.0)
    process.stop()


def test_driver_that_stands_in_the_kernel_is_left_behind(
    faulty: MakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for a process that not even SIGKILL ends: a device in the middle of a call."""
    driver = faulty(Fault.HANG_IN_SLOT_LIST)
    process = DriverProcess(driver.library, options_of(driver))
    reaped: list[subprocess.Popen[bytes]] = []

    def wait(popen: "subprocess.Popen[bytes]", timeout: float | None = None) -> int:
        assert timeout is not None
        reaped.append(popen)
        raise subprocess.TimeoutExpired("driver", timeout)

    with monkeypatch.context() as patch:
        patch.setattr(subprocess.Popen, "wait", wait)
        with pytest.raises(KeyTimeout):
            process.ask("tokens", {}, 0.5)
    assert process.generation == 1
    reaped[0].wait(10)
    process.stop()
