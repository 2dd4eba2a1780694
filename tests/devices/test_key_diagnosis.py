"""What is wrong with the keys of a station: real SoftHSM keys and faulty libraries."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from clerk_client.demo.authority import BEGINNING, END, Authority, ec_key
from clerk_client.demo.soft_tokens import PIN, SoftTokens
from tests.devices.conftest import Keys
from tests.helpers.faulty_drivers import Fault, build
from ukey.catalog import Catalog, Driver, driver_at
from ukey.diagnosis import Diagnosis, diagnose
from ukey.driver import Deadlines
from ukey.errors import CatalogBroken, PinRefused
from ukey.hub import KeyHub
from ukey.revocation import load_revocations
from ukey.token import Kind
from ukey.trust import Trust

MakeHub = Callable[..., KeyHub]
TODAY = BEGINNING + timedelta(days=100)


@pytest.fixture
def no_usb(tmp_path: Path) -> Path:
    """A machine that does not list USB, like the one that has soft tokens."""
    return tmp_path / "no-usb"


def looked_at(
    hub: KeyHub,
    store: SoftTokens,
    authority: Authority | None,
    moment: datetime = TODAY,
    **more: Any,
) -> Diagnosis:
    trust = Trust([authority.certificate] if authority else [], moment, **more)
    return diagnose(hub, Catalog((store.driver,)), trust, usb_root=store.folder / "none", within=10)


def codes(diagnosis: Diagnosis) -> list[str]:
    return [finding.code for finding in diagnosis.findings]


@contextmanager
def hub_of(*drivers: Driver, deadlines: Deadlines | None = None) -> Iterator[KeyHub]:
    hub = KeyHub(drivers, deadlines)
    yield hub
    hub.stop()


# --- keys ----------------------------------------------------------------------------------------


def test_each_key_is_told_by_holder_and_serial_and_that_there_are_several(
    hub: KeyHub, keys: Keys
) -> None:
    found = looked_at(hub, keys.store, keys.authority)
    *each, several = found.findings
    assert [(f.code, f.severity, f.facts["holder"]) for f in each] == [
        ("KEY_OK", "ok", name) for name in ("张丽", "李强", "王芳")
    ]
    assert (several.code, several.severity) == ("MULTIPLE_TOKENS", "warning")
    assert several.facts == {"count": "3"}
    assert {f.facts["serial"] for f in each} == set(keys.store.serials().values())
    assert len(found.tokens) == 3


@pytest.mark.parametrize(
    ("moment", "code", "severity"),
    [
        (BEGINNING - timedelta(days=1), "CERT_NOT_YET_VALID", "error"),
        (END + timedelta(days=1), "CERT_EXPIRED", "error"),
        (END - timedelta(days=80), "CERT_EXPIRES_90", "warning"),
        (END - timedelta(days=20), "CERT_EXPIRES_30", "warning"),
        (END - timedelta(days=3), "CERT_EXPIRES_7", "warning"),
        (TODAY, "KEY_OK", "ok"),
    ],
)
def test_dates_of_a_certificate_are_told_before_and_after_its_end(
    own_store: SoftTokens,
    make_hub: MakeHub,
    authority: Authority,
    moment: datetime,
    code: str,
    severity: str,
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    (finding,) = looked_at(make_hub(own_store), own_store, authority, moment).findings
    assert (finding.code, finding.severity) == (code, severity)


def test_station_whose_clock_is_wrong_is_not_told_that_the_key_expired(
    own_store: SoftTokens, make_hub: MakeHub, authority: Authority
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub, wrong = make_hub(own_store), END + timedelta(days=400)
    (finding,) = looked_at(hub, own_store, authority, wrong, hall_moment=TODAY).findings
    assert finding.code == "CLOCK_WRONG"


def test_certificate_that_signs_nobody_in_is_told_with_its_use(
    own_store: SoftTokens, make_hub: MakeHub, authority: Authority
) -> None:
    key = ec_key()
    own_store.add("A", key, [authority.issue("张丽", "W01", key, kind=Kind.BUSINESS)])
    own_store.add("B", key, [authority.issue("李强", "W02", key, uses=("key_encipherment",))])
    hub = make_hub(own_store)
    for known in (authority, None):
        found = looked_at(hub, own_store, known).findings
        told = {
            f.facts["holder"]: (f.code, f.facts.get("use")) for f in found if f.severity == "error"
        }
        assert told == {
            "张丽": ("CERT_WRONG_USE", "business"),
            "李强": ("CERT_WRONG_USE", "encryption"),
        }


def test_issuer_is_checked_against_authorities_and_only_when_there_are_some(
    own_store: SoftTokens, make_hub: MakeHub, authority: Authority
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub = make_hub(own_store)
    (foreign,) = looked_at(hub, own_store, Authority("别处")).findings
    assert foreign.code == "CERT_UNTRUSTED"
    assert foreign.facts["reason"]
    assert "issued" not in foreign.facts
    assert codes(looked_at(hub, own_store, None)) == ["KEY_OK"]


def test_certificate_taken_back_is_an_error_and_a_missing_list_a_warning(
    own_store: SoftTokens, make_hub: MakeHub, authority: Authority, tmp_path: Path
) -> None:
    token = own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub, place = make_hub(own_store), tmp_path / "list.crl"
    lists = load_revocations([place], [authority.certificate])
    (unknown,) = looked_at(hub, own_store, authority, revoked=lists).findings
    assert (unknown.code, unknown.severity) == ("REVOCATION_UNKNOWN", "warning")
    place.write_bytes(authority.revocation_list(token.certificates).public_bytes(Encoding.DER))
    assert codes(looked_at(hub, own_store, authority, revoked=lists)) == ["CERT_REVOKED"]


def test_pin_mistyped_before_is_a_warning_with_its_standing(
    own_store: SoftTokens, make_hub: MakeHub, authority: Authority
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub = make_hub(own_store)
    (token,) = hub.scan()
    with pytest.raises(PinRefused):
        hub.open(token.id, "000000")
    (finding,) = looked_at(hub, own_store, authority).findings
    assert (finding.code, finding.severity) == ("PIN_WRONG", "warning")
    assert finding.facts["standing"] == "low"


def test_key_that_cannot_be_used_comes_before_one_that_can(
    own_store: SoftTokens, make_hub: MakeHub, authority: Authority
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    own_store.add("EMPTY", ec_key())
    own_store.add("GARBAGE", ec_key(), [b"garbage"])
    found = looked_at(make_hub(own_store), own_store, authority)
    assert {*codes(found)[:2]} == {"CERT_MISSING", "CERT_UNREADABLE"}
    assert codes(found)[2:] == ["KEY_OK", "MULTIPLE_TOKENS"]


def test_clerk_stays_signed_in_while_the_keys_are_looked_at(
    own_store: SoftTokens, make_hub: MakeHub, authority: Authority
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub = make_hub(own_store)
    key = hub.open(hub.scan()[0].id, PIN)
    assert codes(looked_at(hub, own_store, authority)) == ["KEY_OK"]
    assert key.loss is None
    key.sign(b"accepted")


# --- drivers -------------------------------------------------------------------------------------


def test_driver_that_crashes_beside_a_working_key_is_only_a_warning(
    keys: Keys, tmp_path: Path, make_hub: MakeHub, no_usb: Path
) -> None:
    make_hub(keys.store)  # for its environment
    crashing = driver_at(build(Fault.CRASH_IN_SLOT_LIST, tmp_path))
    ill = driver_at(build(Fault.EMPTY_FILE, tmp_path))
    catalog = Catalog((ill, crashing, keys.store.driver))
    with hub_of(*catalog.drivers) as hub:
        trust = Trust([keys.authority.certificate], TODAY)
        found = diagnose(hub, catalog, trust, usb_root=no_usb, within=10)
    assert codes(found) == ["KEY_OK"] * 3 + ["MULTIPLE_TOKENS", "DRIVER_CRASHED"]
    assert found.findings[-1].severity == "warning"


def test_driver_given_up_gets_another_chance_when_somebody_asks(
    tmp_path: Path, no_usb: Path
) -> None:
    crashing = driver_at(build(Fault.CRASH_IN_SLOT_LIST, tmp_path))
    with hub_of(crashing) as hub:
        for _ in range(4):
            found = diagnose(
                hub, Catalog((crashing,)), Trust([], TODAY), usb_root=no_usb, within=10
            )
            (finding,) = found.findings
            assert finding.code == "DRIVER_CRASHED"
            assert "quarantined" not in finding.facts


def test_driver_that_hangs_is_named_again_and_again_also_while_somebody_scans(
    tmp_path: Path, no_usb: Path
) -> None:
    catalog = Catalog(
        (
            driver_at(build(Fault.MISSING_DEPENDENCY, tmp_path)),
            driver_at(build(Fault.HANG_IN_SLOT_LIST, tmp_path)),
            driver_at(build(Fault.CRASH_IN_SLOT_LIST, tmp_path)),
        )
    )
    told = ("DRIVER_DEPENDENCY", "DRIVER_HANG", "DRIVER_CRASHED")
    with hub_of(*catalog.drivers, deadlines=Deadlines.all(3.0)) as hub:
        for is_scanned in (False, True, False):
            scan = Thread(target=hub.look if is_scanned else str)
            scan.start()
            found = diagnose(hub, catalog, Trust([], TODAY), usb_root=no_usb, within=2)
            assert sorted(codes(found)) == sorted(told)
            assert found.findings[0].code == told[0]
            for finding in found.findings:
                assert "quarantined" not in finding.facts
            scan.join()


def test_driver_that_hangs_alone_is_the_cause_while_somebody_scans(
    tmp_path: Path, no_usb: Path
) -> None:
    hanging = driver_at(build(Fault.HANG_IN_SLOT_LIST, tmp_path))
    with hub_of(hanging, deadlines=Deadlines.all(1.0)) as hub:
        for _ in range(4):
            scan = Thread(target=hub.look)
            scan.start()
            found = diagnose(
                hub, Catalog((hanging,)), Trust([], TODAY), usb_root=no_usb, within=0.4
            )
            assert codes(found) == ["DRIVER_HANG"]
            scan.join()


def test_broken_driver_file_is_a_warning_at_the_end(keys: Keys, hub: KeyHub, no_usb: Path) -> None:
    catalog = Catalog((keys.store.driver,), problems=(CatalogBroken("ours.toml", 3, "bad"),))
    trust = Trust([keys.authority.certificate], TODAY)
    *_, last = diagnose(hub, catalog, trust, usb_root=no_usb, within=10).findings
    assert (last.code, last.severity) == ("DRIVER_FILE_BROKEN", "warning")
    assert last.facts == {"file": "ours.toml", "line": "3", "reason": "bad"}


def test_diagnosis_never_raises(hub: KeyHub, keys: Keys) -> None:
    # A naive moment is the caller's mistake; it cannot be compared with a certificate's dates.
    found = looked_at(hub, keys.store, keys.authority, TODAY.replace(tzinfo=None))
    assert codes(found)[:3] == ["CHECK_FAILED"] * 3
