"""Every cause that a diagnosis or a key's refusal can name, provoked with a real part.

Each time the cause comes first, under the manual's heading and with its next step, and no other is
claimed. The last test looks that no code was forgotten.
"""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from clerk_client.demo.authority import BEGINNING, END, Authority, ec_key
from clerk_client.demo.soft_tokens import LIBRARY, SoftTokens
from resources.words import PLACES, entries, in_a_sentence, words_for
from tests.devices.conftest import OPENSC, Clerk
from tests.helpers import crypto_tokens, faulty_drivers, virtual_card
from tests.helpers.crypto_tokens import CryptoToken
from tests.helpers.faulty_drivers import Fault, build
from tests.helpers.piv import Place
from tests.helpers.smart_cards import SmartCards, smart_cards
from ukey import errors
from ukey.algorithms import is_signature_of
from ukey.catalog import Catalog, Driver, Family, driver_at, this_platform
from ukey.diagnosis import Diagnosis, diagnose
from ukey.errors import CatalogBroken, PinRefused, TokenRemoved, UKeyError
from ukey.findings import HEADINGS, Heading, shown
from ukey.hub import KeyHub
from ukey.report import plain_finding
from ukey.revocation import load_revocations
from ukey.token import Kind, PinStanding
from ukey.trust import Trust

HubOf = Callable[..., KeyHub]
MakeHub = Callable[..., KeyHub]
Found = Sequence[Mapping[str, Any]]

TODAY = BEGINNING + timedelta(days=100)
MESSAGE = "受理一件".encode()
GDCA = Family("gdca", "白色KEY(GDCA)", ())
USB_ID = "096E:0309"

# The manual's headings, written out here: a code that moves to another one has to be seen.
HEADING = {
    "①驱动未正确安装": (
        *("DRIVER_MISSING", "DRIVER_DEPENDENCY", "DRIVER_NOT_PKCS11", "DRIVER_WRONG_ARCH"),
        *("DRIVER_CRASHED", "DRIVER_HANG", "DRIVER_BLIND", "DRIVER_ERROR", "DRIVER_FILE_BROKEN"),
        "SERVICE_DOWN",
    ),
    "②USB接口故障": ("USB_ABSENT", "NO_READER", "NO_TOKEN", "TOKEN_REMOVED"),
    "③KEY已过期": ("CERT_EXPIRED", "CERT_EXPIRES_90", "CERT_EXPIRES_30", "CERT_EXPIRES_7"),
    "④其他": (
        *("MULTIPLE_TOKENS", "TOKEN_NOT_INITIALIZED", "PIN_NOT_SET"),
        *("CERT_MISSING", "CERT_UNREADABLE", "CERT_NOT_YET_VALID", "CERT_REVOKED"),
        *("CERT_UNTRUSTED", "CERT_WRONG_USE", "REVOCATION_UNKNOWN", "CLOCK_WRONG"),
        *("PIN_WRONG", "PIN_LOCKED", "PIN_LENGTH", "PIN_MUST_CHANGE", "KEY_OK", "CHECK_FAILED"),
    ),
}
HEADING_OF = {code: heading for heading, codes in HEADING.items() for code in codes}
PROVOKED: set[str] = set()


def provokes(*codes: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """What the test below brings about, for the test that counts."""
    PROVOKED.update(codes)
    return lambda test: test


def ensure_told(
    found: Diagnosis | Found,
    code: str,
    /,
    severity: str = "error",
    words: str = "",
    **facts: str,
) -> Mapping[str, Any]:
    """That this comes first and no other error with it. `words` is its entry of wording.toml."""
    if isinstance(found, Diagnosis):
        found = [plain_finding(finding) for finding in found.findings]
    first, *others = found
    assert (first["code"], first["severity"], first["heading"]) == (
        code,
        severity,
        HEADING_OF[code],
    )
    assert {name: first["facts"].get(name) for name in facts} == facts
    entry = entries()[words or code]
    told = {**PLACES, **{k: in_a_sentence(shown(v)) for k, v in first["facts"].items()}}
    # A fact that the sentences ask for and that is not there would be a KeyError here.
    assert entry.cause.format_map(told)
    assert first["next_step"] == entry.next.format_map(told) != ""
    assert [each["code"] for each in others if each["severity"] == "error"] == []
    return first


def ensure_refused(error: UKeyError, code: str, words: str = "") -> None:
    """The same of what an attempt ended with."""
    facts = {**PLACES, **vars(error)}
    entry = entries()[words or code]
    assert (error.code, HEADINGS[error.code].value) == (code, HEADING_OF[code])
    assert words_for(code, facts).next_step == entry.next.format_map(facts) != ""
    assert words_for(code, facts).title == entry.cause.format_map(facts)


def looked_at(
    hub: KeyHub,
    drivers: Sequence[Driver],
    trust: Trust | None = None,
    usb: Path = Path("no-usb"),
    **more: Any,
) -> Diagnosis:
    catalog = Catalog(tuple(drivers), (GDCA,), **more)
    return diagnose(hub, catalog, trust or Trust([], TODAY), usb_root=usb, within=5)


# --- drivers -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Fault], Driver]:
    folder = tmp_path_factory.mktemp("驱动 matrix")
    return lambda fault: driver_at(build(fault, folder))


LIBRARIES: list[tuple[Fault, str, dict[str, str]]] = [
    (Fault.MISSING_DEPENDENCY, "DRIVER_DEPENDENCY", {"missing": faulty_drivers.MISSING}),
    (Fault.TEXT_FILE, "DRIVER_NOT_PKCS11", {"fault": "other_file"}),
    (Fault.EMPTY_FILE, "DRIVER_NOT_PKCS11", {"fault": "empty"}),
    (Fault.FOLDER, "DRIVER_NOT_PKCS11", {"fault": "folder"}),
    (Fault.TRUNCATED, "DRIVER_NOT_PKCS11", {"fault": "cut_off"}),
    (Fault.NO_ENTRY_POINT, "DRIVER_NOT_PKCS11", {"fault": "no_entry"}),
    (Fault.OTHER_PROCESSOR, "DRIVER_WRONG_ARCH", {"found": "ARM64, 64-bit"}),
    (Fault.OTHER_BITNESS, "DRIVER_WRONG_ARCH", {"found": "x86, 32-bit"}),
    (Fault.WINDOWS_64, "DRIVER_WRONG_ARCH", {"found": "Windows, x64"}),
    (Fault.WINDOWS_32, "DRIVER_WRONG_ARCH", {"found": "Windows, x86"}),
    (Fault.CRASH_AT_LOAD, "DRIVER_CRASHED", {"detail": "SIGSEGV"}),
    (Fault.CRASH_IN_INITIALIZE, "DRIVER_CRASHED", {"detail": "SIGSEGV"}),
    (Fault.CRASH_IN_SLOT_LIST, "DRIVER_CRASHED", {"detail": "SIGSEGV"}),
    (Fault.VENDOR_CODE, "DRIVER_ERROR", {"detail": "0x80000123"}),
    (Fault.ENTRY_POINT_REFUSES, "DRIVER_ERROR", {"detail": "FunctionFailed"}),
]


@provokes(*(code for _, code, _ in LIBRARIES))
@pytest.mark.parametrize(("fault", "code", "facts"), LIBRARIES)
def test_library_that_cannot_work_is_named_with_what_ails_it(
    fault: Fault,
    code: str,
    facts: dict[str, str],
    faulty: Callable[[Fault], Driver],
    hub_of: HubOf,
) -> None:
    driver = faulty(fault)
    found = looked_at(hub_of(driver), [driver])
    words = f"{code}_{facts['fault'].upper()}" if "fault" in facts else ""
    ensure_told(found, code, words=words, path=str(driver.library), **facts)
    assert len(found.findings) == 1


@provokes("DRIVER_MISSING")
def test_station_without_any_driver_is_sent_to_the_download(tmp_path: Path, hub_of: HubOf) -> None:
    driver = driver_at(tmp_path / "gone.so")
    ensure_told(looked_at(hub_of(driver), [driver]), "DRIVER_MISSING", path=str(driver.library))


@provokes("DRIVER_HANG")
@pytest.mark.parametrize(
    "fault", [Fault.HANG_AT_LOAD, Fault.HANG_IN_SLOT_LIST, Fault.ENDLESS_OUTPUT]
)
def test_driver_that_hangs_is_named_when_its_time_is_over(
    fault: Fault, faulty: Callable[[Fault], Driver], hub_of: HubOf
) -> None:
    driver = faulty(fault)
    found = diagnose(
        hub_of(driver),
        Catalog((driver,)),
        Trust([], TODAY),
        usb_root=Path("no-usb"),
        within=0.5,
    )
    first = ensure_told(found, "DRIVER_HANG", path=str(driver.library))
    # It was waited for; `busy` would be told of one that somebody else waits for.
    assert first["facts"]["detail"].endswith(" s")


@provokes("DRIVER_FILE_BROKEN")
def test_broken_driver_file_is_told_behind_the_key_that_works(
    good: SoftTokens, make_hub: MakeHub, authority: Authority
) -> None:
    broken = CatalogBroken("ours.toml", 3, "`pin_min` must be a whole number")
    trust = Trust([authority.certificate], TODAY)
    found = looked_at(make_hub(good), [good.driver], trust, problems=(broken,))
    ensure_told(found, "KEY_OK", "ok", holder="张丽")
    ensure_told(
        [plain_finding(found.findings[-1])],
        "DRIVER_FILE_BROKEN",
        "warning",
        "DRIVER_FILE_BROKEN_LINE",
        file="ours.toml",
        line="3",
        reason=broken.reason,
    )


# --- USB and the smart card service --------------------------------------------------------------


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    """A machine's USB with nothing plugged but a mouse."""
    _plug(tmp_path / "usb", "1-1", "046d:c077", "Mouse")
    return tmp_path / "usb"


def _plug(root: Path, port: str, usb_id: str, product: str) -> None:
    device = root / port
    device.mkdir(parents=True)
    vendor, number = usb_id.lower().split(":")
    for name, text in (("idVendor", vendor), ("idProduct", number), ("product", product)):
        (device / name).write_text(f"{text}\n")


ON_USB = [
    ("DRIVER_BLIND", True, "gdca", "DRIVER_BLIND_FAMILY"),
    ("DRIVER_BLIND", True, "", "DRIVER_BLIND"),
    ("DRIVER_MISSING", False, "gdca", "DRIVER_MISSING_FAMILY"),
    ("DRIVER_MISSING", False, "", "DRIVER_MISSING_DEVICE"),
]


@provokes(*(code for code, *_ in ON_USB))
@pytest.mark.parametrize(("code", "is_installed", "family", "words"), ON_USB)
def test_key_that_is_seen_on_usb_and_by_no_driver_is_named(
    code: str,
    is_installed: bool,
    family: str,
    words: str,
    usb: Path,
    own_store: SoftTokens,
    make_hub: MakeHub,
    hub_of: HubOf,
) -> None:
    make_hub(own_store)  # for its environment
    driver = dataclasses.replace(
        own_store.driver,
        usb=(USB_ID,),
        family=family,
        family_name=GDCA.title if family else "",
        libraries=(LIBRARY if is_installed else own_store.folder / "gone.so",),
    )
    _plug(usb, "1-2", USB_ID, "ePass2003")
    facts = {"device": f"{USB_ID} ePass2003"} | ({"family": GDCA.title} if family else {})
    found = looked_at(hub_of(driver), [driver], usb=usb)
    first = ensure_told(found, code, words=words, **facts)
    assert ("path" in first["facts"]) is not is_installed


@provokes("USB_ABSENT")
def test_clerk_who_has_not_plugged_the_key_is_not_told_of_drivers(
    usb: Path, own_store: SoftTokens, make_hub: MakeHub, hub_of: HubOf
) -> None:
    make_hub(own_store)
    driver = dataclasses.replace(own_store.driver, usb=(USB_ID,))
    ensure_told(looked_at(hub_of(driver), [driver], usb=usb), "USB_ABSENT")


@provokes("SERVICE_DOWN", "NO_READER", "NO_TOKEN")
@pytest.mark.parametrize(
    ("code", "has_service", "has_readers", "facts"),
    [
        ("SERVICE_DOWN", False, True, {"detail": "0x8010001D"}),
        ("NO_READER", True, False, {}),
        ("NO_TOKEN", True, True, {}),
    ],
)
def test_service_reader_and_key_that_are_missing_are_told_apart(
    code: str,
    has_service: bool,
    has_readers: bool,
    facts: dict[str, str],
    usb: Path,
    tmp_path: Path,
) -> None:
    if not OPENSC.library.exists():
        pytest.skip("opensc-pkcs11 is not installed")
    drivers = tmp_path / "drivers"
    drivers.mkdir()
    (drivers / "opensc.toml").write_text(
        'name = "opensc"\npin_min = 4\npin_max = 8\nchecked_on_hardware = false\npcsc = true\n'
        f"[libraries]\n{this_platform()} = ['{OPENSC.library}']\n"
    )
    with smart_cards(tmp_path, readers=has_readers, service=has_service) as cards:
        # A process of its own: the service's library keeps the first socket it was told.
        done = subprocess.run(
            [sys.executable, "-m", "ukey", "--json", "--drivers", drivers, "--usb", usb],
            env={**os.environ, **cards.environment},
            capture_output=True,
            check=False,
        )
    ensure_told(json.loads(done.stdout)["findings"], code, **facts)
    assert done.returncode == 1


# --- certificates --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> SoftTokens:
    """One key that nothing is wrong with; the moment and the trust make the difference."""
    store = SoftTokens(tmp_path_factory.mktemp("good"))
    store.add_clerk(authority, "张丽", "W01", ec_key())
    return store


LATE, EARLY = END + timedelta(days=400), BEGINNING - timedelta(days=1)
DATES: list[tuple[str, str, datetime, datetime | None, dict[str, str]]] = [
    ("KEY_OK", "ok", TODAY, None, {"not_after": END.isoformat()}),
    ("CERT_EXPIRED", "error", LATE, None, {"not_after": END.isoformat()}),
    ("CERT_EXPIRED", "error", TODAY, LATE, {"not_after": END.isoformat()}),
    ("CERT_NOT_YET_VALID", "error", EARLY, None, {"not_before": BEGINNING.isoformat()}),
    ("CERT_EXPIRES_90", "warning", END - timedelta(days=80), None, {"days": "80"}),
    ("CERT_EXPIRES_30", "warning", END - timedelta(days=20), None, {"days": "20"}),
    ("CERT_EXPIRES_7", "warning", END - timedelta(days=3), None, {"days": "3"}),
    (
        *("CLOCK_WRONG", "error", LATE, TODAY),
        {"station": LATE.isoformat(), "hall": TODAY.isoformat()},
    ),
    (
        *("CLOCK_WRONG", "error", EARLY, TODAY),
        {"seconds": str(101 * 24 * 3600)},
    ),
]


@provokes(*(code for code, *_ in DATES))
@pytest.mark.parametrize(("code", "severity", "station", "hall", "facts"), DATES)
def test_dates_are_told_by_the_halls_clock_and_the_stations(
    code: str,
    severity: str,
    station: datetime,
    hall: datetime | None,
    facts: dict[str, str],
    good: SoftTokens,
    make_hub: MakeHub,
    authority: Authority,
) -> None:
    trust = Trust([authority.certificate], station, hall)
    found = looked_at(make_hub(good), [good.driver], trust)
    ensure_told(found, code, severity, holder="张丽", family=GDCA.title, **facts)
    assert len(found.findings) == 1


@provokes("CERT_UNTRUSTED")
def test_key_of_another_office_is_told_as_such(good: SoftTokens, make_hub: MakeHub) -> None:
    trust = Trust([Authority("别处").certificate], TODAY)
    ensure_told(looked_at(make_hub(good), [good.driver], trust), "CERT_UNTRUSTED", holder="张丽")


@provokes("CERT_REVOKED", "REVOCATION_UNKNOWN")
@pytest.mark.parametrize("is_revoked", [True, False])
def test_lost_key_that_was_taken_back_is_refused_and_an_old_list_only_mentioned(
    is_revoked: bool,
    own_store: SoftTokens,
    make_hub: MakeHub,
    authority: Authority,
    tmp_path: Path,
) -> None:
    made = own_store.add_clerk(authority, "张丽", "W01", ec_key())
    revoked = authority.revocation_list(
        made.certificates if is_revoked else (),
        revoked_at=TODAY - timedelta(days=2),
        issued_at=TODAY - timedelta(days=1),
        next_at=TODAY + timedelta(days=6),
    )
    place = tmp_path / "list.crl"
    place.write_bytes(revoked.public_bytes(Encoding.DER))
    lists = load_revocations([place], [authority.certificate])
    hub, known = make_hub(own_store), [authority.certificate]

    def after(days: int) -> Diagnosis:
        trust = Trust(known, TODAY + timedelta(days=days), revoked=lists)
        return looked_at(hub, [own_store.driver], trust)

    if is_revoked:
        for found in (after(0), after(30)):
            at = (TODAY - timedelta(days=2)).isoformat()
            ensure_told(found, "CERT_REVOKED", holder="张丽", revoked_at=at)
    else:
        ensure_told(after(0), "KEY_OK", "ok")
        ensure_told(
            after(30),
            "REVOCATION_UNKNOWN",
            "warning",
            words="REVOCATION_UNKNOWN_OUTDATED",
            reason="outdated",
            issued_at=(TODAY - timedelta(days=1)).isoformat(),
        )


CONTENTS: list[tuple[str, str, Callable[[Authority, Any], list[Any]], dict[str, str]]] = [
    ("CERT_MISSING", "", lambda authority, key: [], {}),
    ("CERT_UNREADABLE", "", lambda authority, key: [b"garbage"], {}),
    (
        *("CERT_WRONG_USE", "CERT_WRONG_USE_ENCRYPTION"),
        lambda authority, key: [authority.issue("张丽", "W01", key, uses=("key_encipherment",))],
        {"use": "encryption", "holder": "张丽"},
    ),
    (
        *("CERT_WRONG_USE", "CERT_WRONG_USE_AUTHORITY"),
        lambda authority, key: [authority.issue("分中心", None, key, ca=True)],
        {"use": "authority", "holder": "分中心"},
    ),
    (
        *("CERT_WRONG_USE", "CERT_WRONG_USE_BUSINESS"),
        lambda authority, key: [authority.issue("张丽", "W01", key, kind=Kind.BUSINESS)],
        {"use": "business", "holder": "张丽"},
    ),
]


@provokes(*(code for code, *_ in CONTENTS))
@pytest.mark.parametrize(("code", "words", "certificates", "facts"), CONTENTS)
def test_key_without_the_clerks_own_certificate_is_told_by_what_is_on_it(
    code: str,
    words: str,
    certificates: Callable[[Authority, Any], list[Any]],
    facts: dict[str, str],
    own_store: SoftTokens,
    make_hub: MakeHub,
    authority: Authority,
) -> None:
    key = ec_key()
    own_store.add("W01", key, certificates(authority, key))
    trust = Trust([authority.certificate], TODAY)
    found = looked_at(make_hub(own_store), [own_store.driver], trust)
    (serial,) = own_store.serials().values()
    ensure_told(found, code, words=words, serial=serial, **facts)


@provokes("CHECK_FAILED")
def test_check_of_ours_that_fails_says_so_and_blames_no_key(
    good: SoftTokens, make_hub: MakeHub, authority: Authority
) -> None:
    # A naive moment cannot be compared with a certificate's dates.
    trust = Trust([authority.certificate], TODAY.replace(tzinfo=None))
    found = looked_at(make_hub(good), [good.driver], trust)
    ensure_told(found, "CHECK_FAILED", detail="TypeError")


# --- PIN, on a legacy key ------------------------------------------------------------------------


def _hub_over(legacy: CryptoToken, hub_of: HubOf) -> tuple[KeyHub, list[Driver]]:
    drivers = [dataclasses.replace(driver_at(legacy.library), family_name="蓝色KEY")]
    return hub_of(*drivers, launcher=legacy.launcher), drivers


@provokes("TOKEN_NOT_INITIALIZED", "PIN_NOT_SET", "CERT_MISSING")
def test_key_fresh_from_its_maker_is_told_step_by_step(legacy: CryptoToken, hub_of: HubOf) -> None:
    steps: list[tuple[str, Callable[[], object]]] = [
        ("TOKEN_NOT_INITIALIZED", list),
        ("PIN_NOT_SET", legacy.initialise),
        ("CERT_MISSING", legacy.set_pin),
    ]
    for code, step in steps:
        step()
        hub, drivers = _hub_over(legacy, hub_of)
        ensure_told(looked_at(hub, drivers), code)
        # Neither is it said at log-in that a PIN was wrong.
        with pytest.raises(UKeyError) as refused:
            hub.open(hub.scan()[0].id, crypto_tokens.PIN)
        ensure_refused(refused.value, code)


@provokes("PIN_WRONG", "PIN_LOCKED")
@pytest.mark.parametrize(
    ("misses", "code", "severity", "words", "facts"),
    [
        (1, "PIN_WRONG", "warning", "PIN_STANDING_LOW", {"standing": "low"}),
        (2, "PIN_WRONG", "warning", "PIN_STANDING_LAST", {"standing": "last"}),
        (3, "PIN_LOCKED", "error", "PIN_LOCKED", {}),
    ],
)
def test_clerk_is_told_how_near_the_key_is_to_being_locked(
    misses: int,
    code: str,
    severity: str,
    words: str,
    facts: dict[str, str],
    legacy: CryptoToken,
    clerk: Clerk,
    authority: Authority,
    hub_of: HubOf,
) -> None:
    legacy.make_ready(clerk.key, [clerk.certificate])
    legacy.mistype(misses)
    hub, drivers = _hub_over(legacy, hub_of)
    found = looked_at(hub, drivers, Trust([authority.certificate], TODAY))
    ensure_told(found, code, severity, words, holder="张丽", **facts)
    assert len(found.findings) == 1


@provokes("PIN_WRONG", "PIN_LOCKED", "PIN_LENGTH")
def test_legacy_key_refuses_with_its_standing_and_no_try_is_wasted(
    legacy: CryptoToken, clerk: Clerk, hub_of: HubOf
) -> None:
    legacy.make_ready(clerk.key, [clerk.certificate])
    hub, _ = _hub_over(legacy, hub_of)
    (token,) = hub.scan()

    def refused(pin: str) -> UKeyError:
        with pytest.raises(UKeyError) as caught:
            hub.open(token.id, pin)
        return caught.value

    for impossible in ("", "123", "123456789", "密码密码", "１２３４５６"):
        too_long = refused(impossible)
        ensure_refused(too_long, "PIN_LENGTH")
        assert vars(too_long) == {"shortest": 4, "longest": 8}
    assert [each.pin for each in hub.scan()] == [PinStanding.FULL]
    for code, words in (
        ("PIN_WRONG", "PIN_WRONG_LOW"),
        ("PIN_WRONG", "PIN_WRONG_LAST"),
        ("PIN_LOCKED", ""),
        ("PIN_LOCKED", ""),
    ):
        ensure_refused(refused("000000"), code, words)
    ensure_refused(refused(crypto_tokens.PIN), "PIN_LOCKED")


@provokes("PIN_MUST_CHANGE")
def test_pin_of_an_office_has_to_be_changed_and_then_opens_the_key(
    legacy: CryptoToken, clerk: Clerk, authority: Authority, hub_of: HubOf
) -> None:
    legacy.make_ready(clerk.key, [clerk.certificate])
    legacy.demand_new_pin()
    hub, drivers = _hub_over(legacy, hub_of)
    trust = Trust([authority.certificate], TODAY)
    ensure_told(looked_at(hub, drivers, trust), "PIN_MUST_CHANGE", "warning", holder="张丽")
    (token,) = hub.scan()
    with pytest.raises(UKeyError) as refused:
        hub.open(token.id, crypto_tokens.PIN)
    ensure_refused(refused.value, "PIN_MUST_CHANGE")
    hub.change_pin(token.id, crypto_tokens.PIN, "654321")
    ensure_told(looked_at(hub, drivers, trust), "KEY_OK", "ok")
    signature = hub.open(token.id, "654321").sign(MESSAGE)
    assert is_signature_of(clerk.key.public_key(), "RS256", signature, MESSAGE)


# --- keys that are plugged and pulled ------------------------------------------------------------


@provokes("PIN_WRONG", "PIN_LOCKED")
def test_locked_card_is_never_offered_another_pin(
    cards: SmartCards, clerk: Clerk, authority: Authority, hub_of: HubOf
) -> None:
    card = cards.make_card({Place.AUTHENTICATION: (clerk.key, clerk.certificate)})
    cards.insert(card)
    hub, trust = hub_of(OPENSC), Trust([authority.certificate], TODAY)
    (token,) = hub.scan()
    # OpenSC raises no flag while more than one try is left.
    for left, standing in ((2, PinStanding.FULL), (1, PinStanding.LAST)):
        with pytest.raises(PinRefused) as refused:
            hub.open(token.id, "999999")
        assert (refused.value.standing, card.tries_left) == (standing, left)
    last = looked_at(hub, [OPENSC], trust)
    ensure_told(last, "PIN_WRONG", "warning", "PIN_STANDING_LAST", standing="last")
    for pin in ("999999", virtual_card.PIN, "999999"):
        with pytest.raises(UKeyError) as locked:
            hub.open(token.id, pin)
        ensure_refused(locked.value, "PIN_LOCKED")
        assert card.tries_left == 0
    ensure_told(looked_at(hub, [OPENSC], trust), "PIN_LOCKED", holder="张丽")
    with pytest.raises(UKeyError) as locked:
        hub.change_pin(token.id, virtual_card.PIN, "654321")
    ensure_refused(locked.value, "PIN_LOCKED")


@provokes("MULTIPLE_TOKENS")
def test_of_two_keys_with_one_label_the_clerk_picks_by_holder_and_serial(
    cards: SmartCards, clerk: Clerk, supervisor: Clerk, authority: Authority, hub_of: HubOf
) -> None:
    both = [clerk, supervisor]
    made = [cards.make_card({Place.AUTHENTICATION: (c.key, c.certificate)}) for c in both]
    for reader, card in enumerate(made):
        cards.insert(card, reader)
    hub = hub_of(OPENSC)
    found = looked_at(hub, [OPENSC], Trust([authority.certificate], TODAY))
    first, second, several = [plain_finding(finding) for finding in found.findings]
    for each, card in zip((first, second), made, strict=True):
        # PKCS#11 has room for the second half of a card's number.
        ensure_told([each], "KEY_OK", "ok", holder="张丽", serial=card.serial[16:])
    ensure_told([several], "MULTIPLE_TOKENS", "warning", count="2")
    assert len({token.label for token in found.tokens}) == 1
    for whose, card, each in zip(both, made, (first, second), strict=True):
        signature = hub.open(each["facts"]["token"], virtual_card.PIN).sign(MESSAGE)
        assert is_signature_of(whose.key.public_key(), "RS256", signature, MESSAGE)
        assert card.signatures == 1


@provokes("TOKEN_REMOVED")
@pytest.mark.parametrize("moment", ["signing", "signed in", "logging in", "mistyping", "new pin"])
def test_key_that_is_pulled_is_never_told_as_a_wrong_pin(
    moment: str, cards: SmartCards, clerk: Clerk, hub_of: HubOf
) -> None:
    card = cards.make_card({Place.AUTHENTICATION: (clerk.key, clerk.certificate)})
    cards.insert(card)
    hub = hub_of(OPENSC)
    (token,) = hub.scan()
    attempt: Callable[[], object]
    match moment:
        case "signing" | "signed in":
            attempt = partial(hub.open(token.id, virtual_card.PIN).sign, MESSAGE)
        case "new pin":
            attempt = partial(hub.change_pin, token.id, virtual_card.PIN, "654321")
        case _:
            pin = virtual_card.PIN if moment == "logging in" else "999999"
            attempt = partial(hub.open, token.id, pin)
    if moment == "signing":
        card.pull_in_next_signature()
    else:
        # The service needs a moment to notice; the driver is asked meanwhile.
        cards.pull(card)
    with pytest.raises(TokenRemoved) as removed:
        attempt()
    ensure_refused(removed.value, "TOKEN_REMOVED")
    assert isinstance(hub.loss_of(token.id), TokenRemoved)
    assert hub.scan() == []
    assert card.tries_left == 3


# --- the whole table -----------------------------------------------------------------------------

# Findings of design/ukey.md, in its order.
DESIGNED = {
    *("DRIVER_MISSING", "DRIVER_DEPENDENCY", "DRIVER_NOT_PKCS11", "DRIVER_WRONG_ARCH"),
    *("DRIVER_CRASHED", "DRIVER_HANG", "DRIVER_BLIND", "USB_ABSENT", "SERVICE_DOWN", "NO_READER"),
    *("NO_TOKEN", "MULTIPLE_TOKENS", "TOKEN_NOT_INITIALIZED", "PIN_NOT_SET"),
    *("CERT_MISSING", "CERT_EXPIRED", "CERT_NOT_YET_VALID", "CERT_REVOKED", "CERT_UNTRUSTED"),
    *("CERT_WRONG_USE", "REVOCATION_UNKNOWN", "CLOCK_WRONG"),
    *("PIN_WRONG", "PIN_LOCKED", "PIN_LENGTH", "PIN_MUST_CHANGE", "TOKEN_REMOVED"),
    "DRIVER_ERROR",
}
# Only roots of families, which nothing is told as.
ROOTS = {"KEY_ERROR", "DRIVER_UNUSABLE", "CERT_UNFIT"}


def test_no_code_of_a_key_is_left_without_a_part_that_provokes_it() -> None:
    raised = {kind.code for kind in vars(errors).values() if _is_error(kind)}
    assert raised >= ROOTS
    assert sorted(PROVOKED) == sorted({*DESIGNED, *raised, *HEADINGS} - ROOTS)
    assert sorted(PROVOKED) == sorted(HEADING_OF)
    assert list(HEADING) == [heading.value for heading in Heading]


def _is_error(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, UKeyError)
