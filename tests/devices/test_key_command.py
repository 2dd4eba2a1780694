"""`python -m ukey`: what IT reads, what a program reads, and what the help desk is sent."""

import getpass
import json
import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cryptography import x509

from clerk_client.demo.authority import Authority, ec_key
from clerk_client.demo.soft_tokens import LIBRARY, PIN, SoftTokens
from tests.devices.conftest import Keys
from tests.helpers.faulty_drivers import Fault, build

_NONE = ("--no-station",)


def ukey(
    *arguments: str | Path, store: SoftTokens | None = None, **environment: str
) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, **(store.environment if store else {}), **environment}
    # Not by what this machine's own station.toml says.
    own = () if "CLERK_CLIENT_STATION" in environment or "--station" in arguments else _NONE
    return subprocess.run(
        [sys.executable, "-m", "ukey", *own, *map(str, arguments)],
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
    assert document.keys() == {"station", "findings", "tokens"}
    assert document["station"] is None
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


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.TEXT_FILE, "不是程序库"),
        (Fault.EMPTY_FILE, "驱动文件是空的"),
        (Fault.FOLDER, "指向文件夹"),
        (Fault.TRUNCATED, "驱动文件不完整"),
        (Fault.NO_ENTRY_POINT, "不是PKCS#11驱动"),
        (Fault.OTHER_BITNESS, "适用于 x86（32位）"),
        (Fault.WINDOWS_64, "适用于 Windows（x64）"),
        (Fault.VENDOR_CODE, "电子钥匙驱动报错（DRIVER_ERROR）"),
    ],
)
def test_most_likely_cause_comes_first_in_a_chinese_sentence(
    tmp_path: Path, fault: Fault, words: str
) -> None:
    said = ukey("--driver", build(fault, tmp_path)).stdout.splitlines()
    assert said[0] == "没有读取 station.toml"
    assert said[1].startswith("最可能的原因：")
    assert words in said[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--driver", "gone.so"), "没有这个文件："),
        (("--drivers", "gone"), "没有这个文件夹："),
        (("--drivers", "file"), "没有这个文件夹："),
    ],
)
def test_path_that_is_not_there_is_said_and_looks_at_nothing(
    tmp_path: Path, arguments: tuple[str, str], words: str
) -> None:
    (tmp_path / "file").touch()
    option, name = arguments
    done = ukey(option, tmp_path / name)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{words}{tmp_path / name}" in done.stderr


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
    # No shipped file knows a library for it: downloading one alone leads nowhere.
    assert finding["facts"]["unlisted"] == "true"
    assert "docs/drivers.md" in finding["next_step"]
    said = ukey("--usb", device.parent).stdout
    assert "客户端不知道这种钥匙的驱动装在哪里" in said


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
        ["--station", "gone.toml"],
        ["--station", "{garbage}"],
        ["--station", "a.toml", "--no-station"],
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
    library = build(Fault.EMPTY_FILE, tmp_path)
    done = ukey("--driver", library, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 1
    assert "DRIVER_NOT_PKCS11" in done.stdout
    assert done.stderr == ""


def test_certificate_of_the_authority_in_a_form_that_is_not_accepted_is_told_with_the_reason(
    own_store: SoftTokens, authority: Authority, tmp_path: Path
) -> None:
    number, key = x509.ObjectIdentifier("1.2.156.112570.11.204"), ec_key()
    unknown = x509.Extension(number, True, x509.UnrecognizedExtension(number, b"\x05\x00"))
    own_store.add("W01", key, [authority.issue("张丽", "W01", key, more=[unknown])])
    own_store.write_driver(tmp_path / "drivers")
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    options = ("--drivers", tmp_path / "drivers", "--authorities", tmp_path / "ca.pem")
    (finding,) = json.loads(ukey("--json", *options, store=own_store).stdout)["findings"]
    assert (finding["code"], finding["facts"]["issued"]) == ("CERT_UNTRUSTED", "true")
    reason = finding["facts"]["reason"]
    assert number.dotted_string in reason
    assert "张丽" not in reason
    assert reason in finding["next_step"]


# --- station.toml --------------------------------------------------------------------------------


@pytest.fixture
def station(keys: Keys, tmp_path: Path, authorities: Path) -> Path:
    """One whose drivers are IT's own, as `python -m ukey` has to find them."""
    keys.store.write_driver(tmp_path / "drivers")
    file = tmp_path / "station.toml"
    file.write_text(
        '[station]\nid = "W01"\n'
        f'[hall]\nauthorities = "{authorities.name}"\n'
        '[keys]\ndrivers = "drivers"\nrevocation_lists = ["gone.crl"]\n',
        encoding="utf-8",
    )
    return file


def test_station_is_looked_at_as_its_client_would(keys: Keys, station: Path) -> None:
    home = station.parent / "home"
    default = home / ".config" / "clerk_client" / "station.toml"
    default.parent.mkdir(parents=True)
    default.write_text(f'[keys]\ndrivers = "{station.parent / "drivers"}"\n', encoding="utf-8")
    for options, environment, path in (
        (("--station", station), {}, station),
        ((), {"CLERK_CLIENT_STATION": str(station)}, station),
        ((), {"CLERK_CLIENT_STATION": "", "HOME": str(home), "XDG_CONFIG_HOME": ""}, default),
    ):
        done = ukey("--json", *options, store=keys.store, **environment)
        document = json.loads(done.stdout)
        assert document["station"] == str(path)
        assert len(document["tokens"]) == 3
        found = {finding["code"] for finding in document["findings"]}
        # By its authorities and its lists, where it names some.
        assert ("REVOCATION_UNKNOWN" in found) is (path == station)
    said = ukey("--station", station, store=keys.store).stdout.splitlines()
    assert said[0] == f"已读取 {station}"
    assert "未核对" not in "".join(said)


def test_what_the_command_line_says_comes_before_station_toml(
    keys: Keys, station: Path, tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()
    options = ("--json", "--station", station, "--drivers", tmp_path / "none")
    document = json.loads(ukey(*options, store=keys.store).stdout)
    assert (document["station"], document["tokens"]) == (str(station), [])
    said = ukey("--no-station", CLERK_CLIENT_STATION=str(station)).stdout.splitlines()
    assert said[0] == "没有读取 station.toml（只检查自带的驱动目录）"


def test_station_without_its_authorities_file_is_looked_at_all_the_same(
    keys: Keys, station: Path, authorities: Path
) -> None:
    authorities.unlink()
    done = ukey("--station", station, store=keys.store)
    assert done.returncode == 0
    assert "AUTHORITIES_UNUSABLE" in done.stderr
    assert "未核对证书由谁签发" in done.stdout


@pytest.mark.parametrize(
    "text", ["keys = 1", "[keys]\ndrivers = 1", "[keys]\nrevocation_lists = 1"]
)
def test_station_toml_with_a_mistake_about_keys_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "station.toml"
    file.write_text(text, encoding="utf-8")
    done = ukey("--station", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{file} 有误" in done.stderr
    assert "[keys]" in done.stderr


def test_folder_of_drivers_that_is_gone_is_told_without_a_line(keys: Keys, tmp_path: Path) -> None:
    file = tmp_path / "station.toml"
    file.write_text('[keys]\ndrivers = "gone"\n', encoding="utf-8")
    said = ukey("--station", file).stdout
    assert f"驱动说明文件或文件夹 {tmp_path / 'gone'} 不能使用" in said
    assert "第 " not in said


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


def test_serial_in_the_name_of_a_key_that_no_driver_shows_stays_out_of_the_report(
    tmp_path: Path,
) -> None:
    device = tmp_path / "usb" / "1-1"
    device.mkdir(parents=True)
    for name, text in (
        ("idVendor", "096e"),
        ("idProduct", "0312"),
        ("product", "mToken SN0012345"),
    ):
        (device / name).write_text(f"{text}\n")
    store = SoftTokens(tmp_path / "store")
    drivers, report = tmp_path / "drivers", tmp_path / "report.zip"
    store.write_driver(drivers)
    done = ukey("--drivers", drivers, "--usb", device.parent, "--report", report, store=store)
    with zipfile.ZipFile(report) as bundle:
        files = {name: bundle.read(name).decode("utf-8-sig") for name in bundle.namelist()}
    assert json.loads(files["findings.json"])[0]["code"] == "DRIVER_BLIND"
    for text in (files["findings.json"], files["说明.txt"], files["usb.json"], done.stdout):
        assert "mToken SN…2345" in text
    assert "0012345" not in "".join(files.values()) + done.stdout


def test_serial_of_a_key_whose_certificate_cannot_be_read_stays_off_the_screen(
    own_store: SoftTokens, tmp_path: Path
) -> None:
    own_store.add("GARBAGE", ec_key(), [b"garbage"])
    own_store.write_driver(tmp_path / "drivers")
    (serial,) = own_store.serials().values()
    told = ukey("--drivers", tmp_path / "drivers", store=own_store).stdout
    assert "CERT_UNREADABLE" in told
    assert f"…{serial[-4:]}" in told
    assert serial not in told


def test_home_folders_in_paths_are_shortened(tmp_path: Path) -> None:
    home = tmp_path / "home" / "zhangsan"
    (home / "lib").mkdir(parents=True)
    (home / "lib" / "driver.so").touch()
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
