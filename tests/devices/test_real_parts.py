"""The real parts behind the fault matrix do what they are for, asked by python-pkcs11 alone."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from clerk_client.demo.authority import Authority, rsa_key
from tests.helpers import faulty_drivers
from tests.helpers.crypto_tokens import CryptoToken, crypto_token
from tests.helpers.faulty_drivers import Fault, build
from tests.helpers.namespace import until
from tests.helpers.piv import Contents, Place
from tests.helpers.smart_cards import SmartCards, smart_cards
from tests.helpers.virtual_card import PIN, VirtualCard
from ukey.algorithms import is_signature_of

OPENSC = next(Path("/usr/lib").glob("*/opensc-pkcs11.so"), Path("opensc-pkcs11.so"))
MESSAGE = b"accepted"
# What each program below begins with. A failed log-in leaves the library to be started afresh.
BEGINNING = """\
import resource, sys
import pkcs11
from pkcs11 import Attribute, Mechanism, ObjectClass, TokenFlag

MOST = 2 << 30
resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))

def say(*words):
    print(*words, flush=True)

def plugged(library):
    while True:
        try:
            return len(library.get_slots(True))
        except pkcs11.SlotIDInvalid:
            pass  # pulled between the binding's questions of how many and which

def token(library):
    return library.get_slots(True)[0].get_token()

def pin_flags(library):
    names = [flag.name for flag in TokenFlag if flag in token(library).flags]
    return "+".join(n for n in names if n.startswith("USER_PIN") and "INIT" not in n) or "-"

def log_in(library, pin, then=lambda session: None):
    try:
        with token(library).open(user_pin=pin, rw=True) as session:
            then(session)
    except pkcs11.PKCS11Error as error:
        library.reinitialize()
        return type(error).__name__
    return "in"

def sign(session, mechanism=Mechanism.SHA256_RSA_PKCS, message=b"accepted"):
    (key,) = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
    say(bytes(key.sign(message, mechanism=mechanism)).hex())
"""


class Asked:
    """A program that uses a driver, and the lines that it says."""

    def __init__(
        self,
        program: str,
        library: Path,
        *arguments: str,
        launcher: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        whole = f"{BEGINNING}\n{textwrap.dedent(program)}"
        self.process = subprocess.Popen(
            [*launcher, sys.executable, "-c", whole, str(library), *arguments],
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def next_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def lines(self) -> list[str]:
        """All that are left, once it has ended well."""
        said, complaint = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, complaint
        return said.splitlines()


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return rsa_key()


@pytest.fixture(scope="module")
def certificate(authority: Authority, key: RSAPrivateKey) -> x509.Certificate:
    return authority.issue("张丽", "W01", key)


@pytest.fixture(scope="module")
def contents(key: RSAPrivateKey, certificate: x509.Certificate) -> Contents:
    return {Place.AUTHENTICATION: (key, certificate)}


@pytest.fixture
def legacy(tmp_path: Path) -> Iterator[CryptoToken]:
    with crypto_token(tmp_path) as token:
        yield token


@pytest.fixture
def cards(tmp_path: Path) -> Iterator[SmartCards]:
    with smart_cards(tmp_path) as cards:
        yield cards


@pytest.fixture
def card(cards: SmartCards, contents: Contents) -> VirtualCard:
    """Plugged."""
    card = cards.make_card(contents)
    cards.insert(card)
    return card


# --- the legacy key ------------------------------------------------------------------------------


def test_legacy_key_warns_twice_and_then_locks_for_good(
    legacy: CryptoToken, key: RSAPrivateKey, certificate: x509.Certificate
) -> None:
    legacy.make_ready(key, [certificate])
    program = """
        library = pkcs11.lib(sys.argv[1])
        for pin in ["123456", "000000", "000000", "000000", "123456"]:
            say(log_in(library, pin), pin_flags(library))
    """
    assert Asked(program, legacy.library, launcher=legacy.launcher).lines() == [
        "in -",
        "PinIncorrect USER_PIN_COUNT_LOW",
        "PinIncorrect USER_PIN_FINAL_TRY",
        "PinIncorrect USER_PIN_LOCKED",
        "PinLocked USER_PIN_LOCKED",
    ]
    legacy.set_pin()
    legacy.mistype(2)
    program = "say(pin_flags(pkcs11.lib(sys.argv[1])))"
    assert Asked(program, legacy.library, launcher=legacy.launcher).lines() == [
        "USER_PIN_FINAL_TRY"
    ]


def test_legacy_key_goes_through_every_state_of_its_life(
    legacy: CryptoToken, key: RSAPrivateKey, certificate: x509.Certificate
) -> None:
    program = """
        library = pkcs11.lib(sys.argv[1])
        flags = token(library).flags
        say(TokenFlag.TOKEN_INITIALIZED in flags, TokenFlag.USER_PIN_INITIALIZED in flags)
        say(log_in(library, "123456", lambda session: say(len(list(session.get_objects())))))
    """

    def state() -> list[str]:
        return Asked(program, legacy.library, launcher=legacy.launcher).lines()

    assert state() == ["False False", "UserPinNotInitialized"]
    legacy.initialise()
    assert state() == ["True False", "UserPinNotInitialized"]
    legacy.set_pin()
    assert state() == ["True True", "0", "in"]
    legacy.write(key, [certificate])
    assert state() == ["True True", "2", "in"]
    legacy.demand_new_pin()
    assert state() == ["True True", "PinExpired"]


def test_legacy_key_signs_what_was_hashed_elsewhere_and_nothing_else(
    legacy: CryptoToken, key: RSAPrivateKey, certificate: x509.Certificate
) -> None:
    legacy.make_ready(key, [certificate])
    program = """
        import hashlib
        digest_info = bytes.fromhex("3031300d060960864801650304020105000420")
        hashed = digest_info + hashlib.sha256(b"accepted").digest()
        library = pkcs11.lib(sys.argv[1])
        say(Mechanism.SHA256_RSA_PKCS in library.get_slots(True)[0].get_mechanisms())
        log_in(library, "123456", lambda session: sign(session, Mechanism.RSA_PKCS, hashed))
    """
    hashes, signature = Asked(program, legacy.library, launcher=legacy.launcher).lines()
    assert hashes == "False"
    assert is_signature_of(key.public_key(), "RS256", bytes.fromhex(signature), MESSAGE)


# --- the key that is plugged and pulled ----------------------------------------------------------


def test_card_counts_wrong_pins_and_forgets_none_while_it_is_pulled(
    cards: SmartCards, card: VirtualCard
) -> None:
    program = """
        library = pkcs11.lib(sys.argv[1])
        for pin in sys.argv[2:]:
            say(log_in(library, pin), pin_flags(library))
    """

    def tried(*pins: str) -> list[str]:
        return Asked(program, OPENSC, *pins, environment=cards.environment).lines()

    # OpenSC raises no flag while more than one try is left.
    assert tried(PIN, "999999") == ["in -", "PinIncorrect -"]
    cards.pull(card)
    assert card.tries_left == 2
    cards.insert(card)
    assert tried("999999") == ["PinIncorrect USER_PIN_FINAL_TRY"]
    assert tried("999999", PIN) == [
        "PinIncorrect USER_PIN_LOCKED",
        "PinLocked USER_PIN_LOCKED",
    ]
    assert card.tries_left == 0


def test_card_takes_a_new_pin_and_signs_with_it(
    cards: SmartCards, card: VirtualCard, key: RSAPrivateKey
) -> None:
    program = """
        library = pkcs11.lib(sys.argv[1])
        log_in(library, "123456", lambda session: session.set_pin("123456", "654321"))
        say(log_in(library, "123456"))
        log_in(library, "654321", sign)
    """
    refused, signature = Asked(program, OPENSC, environment=cards.environment).lines()
    assert refused == "PinIncorrect"
    assert is_signature_of(key.public_key(), "RS256", bytes.fromhex(signature), MESSAGE)
    assert (card.tries_left, card.signatures) == (3, 1)


def test_insertion_and_removal_are_seen(cards: SmartCards, contents: Contents) -> None:
    program = """
        import time
        library, before = pkcs11.lib(sys.argv[1]), None
        while (now := plugged(library)) != before or not time.sleep(0.01):
            if now != before:
                say(now)
            before = now
    """
    card = cards.make_card(contents)
    asked = Asked(program, OPENSC, environment=cards.environment)
    seen = [asked.next_line()]
    for move in (cards.insert, cards.pull, cards.insert):
        move(card)
        seen.append(asked.next_line())
    asked.process.kill()
    asked.process.communicate()
    assert seen == ["0", "1", "0", "1"]


@pytest.mark.parametrize("by", ["clerk", "card"])
def test_card_pulled_in_the_middle_of_a_signature_is_gone_from_its_slot(
    cards: SmartCards, card: VirtualCard, by: str
) -> None:
    program = """
        library = pkcs11.lib(sys.argv[1])
        session = token(library).open(user_pin="123456")
        try:
            sign(session)
        except pkcs11.PKCS11Error as error:
            say(type(error).__name__)
        while plugged(library):
            pass
        say("gone")
    """
    if by == "card":
        card.pull_in_next_signature()
        asked = Asked(program, OPENSC, environment=cards.environment)
    else:
        card.take_for_signature(60)
        asked = Asked(program, OPENSC, environment=cards.environment)
        card.wait_until_signing()
        cards.pull(card)
    assert asked.lines() == ["GeneralError", "gone"]
    assert card.signatures == 1


def test_two_cards_of_one_holder_have_one_label_and_two_serials(
    cards: SmartCards, card: VirtualCard, contents: Contents
) -> None:
    other = cards.make_card(contents)
    cards.insert(other, reader=1)
    program = """
        for slot in pkcs11.lib(sys.argv[1]).get_slots(True):
            say(slot.get_token().label, slot.get_token().serial.decode())
    """
    seen = dict.fromkeys(Asked(program, OPENSC, environment=cards.environment).lines())
    # PKCS#11 has room for the second half of the number.
    assert list(seen) == [f"张丽 {each.serial[16:]}" for each in (card, other)]


def test_missing_reader_and_missing_service_are_told_apart(tmp_path: Path) -> None:
    program = """
        import ctypes
        say(len(pkcs11.lib(sys.argv[1]).get_slots()))
        service, context = ctypes.CDLL("libpcsclite.so.1"), ctypes.c_long()
        found = service.SCardEstablishContext(2, None, None, ctypes.byref(context))
        say(hex(found & 0xFFFFFFFF))
        size = ctypes.c_ulong()
        found = service.SCardListReaders(context, None, None, ctypes.byref(size))
        say(hex(found & 0xFFFFFFFF))
    """
    with smart_cards(tmp_path, readers=False) as cards:
        answers = [Asked(program, OPENSC, environment=cards.environment).lines()]
        cards.stop_service()
        answers.append(Asked(program, OPENSC, environment=cards.environment).lines())
    assert answers == [["0", "0x0", "0x8010002e"], ["0", "0x8010001d", "0x80100003"]]


# --- libraries with a fault ----------------------------------------------------------------------

LOOK_AND_LOG_IN = """
    try:
        library = pkcs11.lib(sys.argv[1])
        for slot in library.get_slots(True):
            each = slot.get_token()
            say(each.label, TokenFlag.TOKEN_INITIALIZED in each.flags)
            with each.open(user_pin="123456") as session:
                for found in session.get_objects():
                    say(len(found[Attribute.VALUE]))
    except (pkcs11.PKCS11Error, MemoryError) as error:
        say(type(error).__name__, error)
"""
GOOD = "FAULTY True"
SEEN = {
    Fault.NONE: (0, GOOD),
    Fault.ODD_PATH: (0, GOOD),
    Fault.CRASH_AT_LOAD: (-signal.SIGSEGV, ""),
    Fault.CRASH_IN_INITIALIZE: (-signal.SIGSEGV, ""),
    Fault.CRASH_IN_SLOT_LIST: (-signal.SIGSEGV, ""),
    Fault.CRASH_IN_LOGIN: (-signal.SIGSEGV, GOOD),
    Fault.TRUNCATED: (-signal.SIGBUS, ""),
    Fault.CHATTER: (0, GOOD),
    Fault.NO_ENTRY_POINT: (0, "undefined symbol: C_GetFunctionList"),
    Fault.ENTRY_POINT_REFUSES: (0, "FunctionFailed"),
    Fault.MISSING_DEPENDENCY: (0, f"{faulty_drivers.MISSING}: cannot open shared object file"),
    Fault.VENDOR_CODE: (0, f"{faulty_drivers.VENDOR_CODE:#x}"),
    Fault.GB18030_LABEL: (0, "\N{REPLACEMENT CHARACTER}"),
    Fault.TOKEN_NOT_INITIALIZED: (0, "FAULTY False"),
    Fault.UNRECOGNIZED_TOKEN: (0, "TokenNotRecognised"),
    Fault.ABSURD_SLOT_COUNT: (0, "MemoryError"),
    Fault.HUGE_ATTRIBUTE: (0, "MemoryError"),
    Fault.ENDLESS_OBJECTS: (0, "MemoryError"),
    Fault.OTHER_PROCESSOR: (0, "cannot open shared object file"),
    Fault.OTHER_BITNESS: (0, "wrong ELF class: ELFCLASS32"),
    Fault.WINDOWS_64: (0, "invalid ELF header"),
    Fault.WINDOWS_32: (0, "invalid ELF header"),
    Fault.TEXT_FILE: (0, "invalid ELF header"),
    Fault.EMPTY_FILE: (0, "file too short"),
    Fault.FOLDER: (0, "Is a directory"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faulty")


def test_faulty_libraries_fail_where_their_names_say(built: Path) -> None:
    # All at once: most of the time is Python's own start.
    asked = {fault: Asked(LOOK_AND_LOG_IN, build(fault, built)) for fault in SEEN}
    for fault, (code, words) in SEEN.items():
        said, complaint = asked[fault].process.communicate(timeout=30)
        assert (fault, asked[fault].process.returncode) == (fault, code), complaint
        assert words in said, fault


def test_libraries_without_an_end_have_none(built: Path) -> None:
    hanging = [Fault.HANG_AT_LOAD, Fault.HANG_IN_INITIALIZE, Fault.HANG_IN_SLOT_LIST]
    program = """
        say("loading")
        pkcs11.lib(sys.argv[1]).get_slots(True)
        say("through")
    """
    asked = [Asked(program, build(fault, built)) for fault in hanging]
    for each in asked:
        assert each.next_line() == "loading"
        until(partial(pauses, each.process.pid), "hanging")
        each.process.kill()
        each.process.communicate()
    endless = Asked(program, build(Fault.ENDLESS_OUTPUT, built))
    assert endless.process.stdout is not None
    assert endless.process.stderr is not None
    for _ in range(20):
        assert len(endless.process.stdout.read(50_000)) == 50_000
        assert len(endless.process.stderr.read(50_000)) == 50_000
    endless.process.kill()
    endless.process.communicate()
    program = """
        library = pkcs11.lib(sys.argv[1])
        for _ in range(3):
            library.get_slots(True)
        say(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    """
    (grown,) = Asked(program, build(Fault.MEMORY_GROWTH, built)).lines()
    # Each look asks twice: how many, and which.
    assert int(grown) > 3 * 2 * 64


# --- what is left --------------------------------------------------------------------------------


def test_nothing_is_left_of_a_test_that_is_killed(tmp_path: Path) -> None:
    program = """
        import sys, time
        from pathlib import Path
        from tests.helpers.smart_cards import smart_cards
        with smart_cards(Path(sys.argv[2])) as cards:
            cards.make_card({})
            print("ready", flush=True)
            time.sleep(60)
    """
    test = Asked(program, OPENSC, str(tmp_path))
    assert test.next_line() == "ready"
    family = descendants(test.process.pid)
    assert len(family) >= 4
    test.process.kill()
    test.process.communicate()
    until(lambda: not any(is_alive(pid) for pid in family), "all gone")


def pauses(pid: int) -> bool:
    """It is in pause(2)."""
    return "pause" in Path(f"/proc/{pid}/wchan").read_text()


def descendants(pid: int) -> set[int]:
    """Its processes and theirs."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := stat_of(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
    found: set[int] = set()
    while more := {child for child, of in parents.items() if of in {pid, *found}} - found:
        found |= more
    return found


def stat_of(pid: int) -> list[str]:
    """From the state on, as in proc(5). Empty when there is no such process any more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def is_alive(pid: int) -> bool:
    return stat_of(pid)[:1] not in ([], ["Z"])
