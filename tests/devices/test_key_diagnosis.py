"""What is wrong with the keys of a station: real SoftHSM keys, faulty libraries, the command."""

import getpass
import json
import os
import platform
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clerk_client.demo.authority import BEGINNING, END, Authority, ec_key
from clerk_client.demo.soft_tokens import LIBRARY, PIN, SoftTokens
from tests.devices.conftest import Keys
from tests.helpers.faulty_drivers import Fault, build
from ukey.catalog import Catalog, Driver, driver_at
from ukey.diagnosis import Diagnosis, diagnose
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
def hub_of(*drivers: Driver) -> Iterator[KeyHub]:
    hub = KeyHub(drivers)
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
    assert codes(looked_at(hub, own_store, Authority("别处"))) == ["CERT_UNTRUSTED"]
    assert codes(looked_at(hub, own_store, None)) == ["KEY_OK"]


def test_certificate_taken_back_is_an_error_and_a_missing_list_a_warning(
    own_store: SoftTokens, make_hub: MakeHub, authority: Authority, tmp_path: Path
) -> None:
    token = own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub, place = make_hub(own_store), tmp_path / "list.crl"
    lists = load_revocations([place], [authority.certificate])
    (unknown,) = looked_at(hub, own_store, authority, revoked=lists).findings
    assert (unknown.code, unknown.severity) == ("REVOCATION_UNKNOWN", "warning")
    from cryptography.hazmat.primitives.serialization import Encoding

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


# --- the command ---------------------------------------------------------------------------------


def ukey(
    *arguments: str | Path, store: SoftTokens | None = None, **environment: str
) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, **(store.environment if store else {}), **environment}
    return subprocess.run(
        [sys.executable, "-m", "ukey", *map(str, arguments)],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def drivers(keys: Keys, tmp_path: Path) -> Path:
    """IT's folder of driver files, with the soft tokens' driver."""
    keys.store.write_driver(tmp_path / "drivers")
    return tmp_path / "drivers"


@pytest.fixture
def authorities(keys: Keys, tmp_path: Path) -> Path:
    file = tmp_path / "authorities.pem"
    file.write_bytes(keys.authority.pem)
    return file


def test_json_has_findings_and_tokens_and_nothing_else(
    keys: Keys, drivers: Path, authorities: Path
) -> None:
    done = ukey("--json", "--drivers", drivers, "--authorities", authorities, store=keys.store)
    document = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert document.keys() == {"findings", "tokens"}
    for finding in document["findings"]:
        assert finding.keys() == {"code", "severity", "heading", "facts", "next_step"}
        assert all(isinstance(fact, str) for fact in finding["facts"].values())
    assert [f["code"] for f in document["findings"]] == ["KEY_OK"] * 3 + ["MULTIPLE_TOKENS"]
    assert [t["certificate"]["holder"] for t in document["tokens"]] == ["张丽", "李强", "王芳"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.TEXT_FILE, "DRIVER_NOT_PKCS11"),
        (Fault.EMPTY_FILE, "DRIVER_NOT_PKCS11"),
        (Fault.FOLDER, "DRIVER_NOT_PKCS11"),
        (Fault.OTHER_PROCESSOR, "DRIVER_WRONG_ARCH"),
        (Fault.MISSING_DEPENDENCY, "DRIVER_DEPENDENCY"),
        (Fault.CRASH_AT_LOAD, "DRIVER_CRASHED"),
        (Fault.VENDOR_CODE, "DRIVER_ERROR"),
        (Fault.HANG_IN_INITIALIZE, "DRIVER_HANG"),
    ],
)
def test_one_library_is_diagnosed_alone(tmp_path: Path, fault: Fault, code: str) -> None:
    library = build(fault, tmp_path / "驱动 文件")
    done = ukey("--json", "--driver", library)
    document = json.loads(done.stdout)
    (finding,) = document["findings"]
    assert (finding["code"], done.returncode) == (code, 1)
    assert finding["heading"] == "①驱动未正确安装"
    assert finding["facts"]["path"] == str(library)
    assert finding["next_step"]
    assert document["tokens"] == []


def test_library_in_a_folder_with_chinese_and_blanks_shows_its_key(tmp_path: Path) -> None:
    done = ukey("--json", "--driver", build(Fault.ODD_PATH, tmp_path))
    (token,) = json.loads(done.stdout)["tokens"]
    assert token["label"] == "FAULTY"
    assert [f["code"] for f in json.loads(done.stdout)["findings"]] == [token["unusable"]]


def test_library_that_is_not_there_is_missing_and_no_wrong_usage(tmp_path: Path) -> None:
    done = ukey("--driver", tmp_path / "gone.so")
    assert done.returncode == 1
    assert "DRIVER_MISSING" in done.stdout
    assert str(tmp_path / "gone.so") in done.stdout


def test_station_without_a_key_reads_the_manuals_headings_in_order(tmp_path: Path) -> None:
    done = ukey("--driver", LIBRARY, store=SoftTokens(tmp_path / "store"))
    headings = [line for line in done.stdout.splitlines() if line[:1] in tuple("①②③④")]
    assert [line[:1] for line in headings] == list("①②③④")
    assert [line for line in headings if "【" in line] == ["④其他　【故障】"]


def test_key_on_usb_without_a_driver_is_told_by_its_family(tmp_path: Path) -> None:
    device = tmp_path / "usb" / "1-1"
    device.mkdir(parents=True)
    (device / "idVendor").write_text("096e\n")
    (device / "idProduct").write_text("0312\n")
    done = ukey("--json", "--usb", device.parent)
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["code"], finding["facts"]["family"]) == ("DRIVER_MISSING", "白色KEY(GDCA)")
    assert "白色KEY(GDCA)" in finding["next_step"]


def test_without_authorities_it_is_said_that_issuers_were_not_checked(
    keys: Keys, drivers: Path, authorities: Path
) -> None:
    said = ukey("--drivers", drivers, store=keys.store).stdout
    assert "未核对证书由谁签发" in said
    assert "未核对" not in ukey("--drivers", drivers, "--authorities", authorities).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--authorities", "gone.pem"],
        ["--authorities", "{garbage}"],
        ["--revocations", "list.crl"],
        ["--report", "{there}"],
        ["--report", "/nowhere/at/all/report.zip"],
        ["--driver", "a.so", "--drivers", "b"],
    ],
)
def test_wrong_usage_is_said_and_looks_at_nothing(tmp_path: Path, arguments: list[str]) -> None:
    garbage, there = tmp_path / "garbage.pem", tmp_path / "there.zip"
    garbage.write_bytes(b"\xff\x00 garbage")
    there.write_bytes(b"precious")
    done = ukey(*[each.format(garbage=garbage, there=there) for each in arguments])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
    assert "Traceback" not in done.stderr
    assert there.read_bytes() == b"precious"


def test_console_without_chinese_gets_question_marks_and_no_crash(tmp_path: Path) -> None:
    done = ukey("--driver", tmp_path / "gone.so", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 1
    assert "DRIVER_MISSING" in done.stdout
    assert done.stderr == ""


# --- the report ----------------------------------------------------------------------------------


@pytest.fixture
def revealing(tmp_path: Path, authority: Authority) -> SoftTokens:
    """Keys with all that no help desk is to see."""
    store = SoftTokens(tmp_path / "store")
    key = ec_key()
    number = "442000199001011234"
    certificate = authority.issue("欧阳建国", number, key)
    store.add("欧阳的钥匙", key, [certificate], pin="739154")
    store.add_clerk(Authority("张三丰"), "张三丰", "440106198001010011", ec_key())
    return store


def test_report_tells_the_help_desk_enough_and_nothing_about_anybody(
    revealing: SoftTokens, tmp_path: Path, authorities: Path
) -> None:
    home = tmp_path / "home" / "zhangsan"
    revealing.write_driver(home / "drivers")
    report = tmp_path / "报告 1.zip"
    done = ukey(
        *("--json", "--drivers", home / "drivers", "--authorities", authorities),
        *("--report", report),
        store=revealing,
        HOME=str(home),
    )
    assert json.loads(done.stdout)["tokens"]
    assert str(report) in done.stderr
    with zipfile.ZipFile(report) as bundle:
        files = {name: bundle.read(name).decode("utf-8-sig") for name in bundle.namelist()}
    assert files.keys() == {
        "说明.txt",
        *(
            f"{name}.json"
            for name in ("findings", "station", "drivers", "usb", "readers", "tokens")
        ),
    }
    whole = "\n".join(files.values())
    serials = revealing.serials().values()
    for hidden in (
        *("欧阳", "张三丰", "442000199001011234", "440106198001010011", "739154", PIN),
        *serials,
        *(str(home), platform.node()),
    ):
        assert hidden not in whole, hidden
    tokens = json.loads(files["tokens.json"])
    assert {t["serial"] for t in tokens} == {f"…{serial[-4:]}" for serial in serials}
    assert {t["certificate"]["alg"] for t in tokens} == {"ES256"}
    assert "CERT_UNTRUSTED" in files["findings.json"]
    assert "CERT_UNTRUSTED" in files["说明.txt"]
    (driver,) = (d for d in json.loads(files["drivers.json"]) if d["installed"])
    assert driver["libraries"][0]["path"] == str(LIBRARY)
    assert len(driver["libraries"][0]["sha256"]) == 64
    station = json.loads(files["station.json"])
    assert station["bits"] in (32, 64)
    assert getpass.getuser() not in station.values()


def test_home_folders_in_paths_are_shortened(tmp_path: Path) -> None:
    home = tmp_path / "home" / "zhangsan"
    home.mkdir(parents=True)
    report = tmp_path / "report.zip"
    ukey("--driver", home / "lib" / "driver.so", "--report", report, HOME=str(home))
    with zipfile.ZipFile(report) as bundle:
        findings = json.loads(bundle.read("findings.json"))
        whole = b"".join(map(bundle.read, bundle.namelist()))
    assert findings[0]["facts"]["path"] == "~/lib/driver.so"
    assert b"zhangsan" not in whole


def test_report_is_written_also_when_a_driver_hangs(tmp_path: Path) -> None:
    library = build(Fault.HANG_IN_SLOT_LIST, tmp_path)
    report = tmp_path / "report.zip"
    done = ukey("--driver", library, "--report", report)
    assert done.returncode == 1
    with zipfile.ZipFile(report) as bundle:
        assert json.loads(bundle.read("findings.json"))[0]["code"] == "DRIVER_HANG"
