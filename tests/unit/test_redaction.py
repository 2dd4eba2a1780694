"""What others get to see of keys: no serial as a whole, however a key or reader writes it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ukey.redaction import Cleaner, last_four, shortened
from ukey.token import Certificate, PinStanding, Token


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mToken 0123456789", "mToken …6789"),
        ("SN0012345678", "SN…5678"),
        ("UKey_SN0012345678GX", "UKey_SN…5678GX"),
        ("序列号0012345678", "序列号…5678"),
        ("Nitrokey Nitrokey Pro (000034D9) 00 00", "Nitrokey Nitrokey Pro (…34D9) 00 00"),
        ("GX00A1B2C3D4", "GX…C3D4"),
        ("key 7K2M9P4Q1X8", "key …Q1X8"),
        ("key 0012-3456-7890", "key …7890"),
        ("abcdef1", "…def1"),
        ("1234567 and 7654321", "…4567 and …4321"),
    ],
)
def test_serial_in_a_name_is_cut_to_its_last_four(name: str, told: str) -> None:
    assert shortened(name) == told


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ePass2003",
        "ePass3003Auto",
        "mToken GM3000",
        "Watchdata WatchKey",
        "ACS ACR1281 1S Dual Reader 00 00",
        "HID Global OMNIKEY 3x21 Smart Card Reader [OMNIKEY 3x21] 01 00",
        "Identiv uTrust 3512 SAM slot Token",
        "Virtual PCD 00 00",
        "龙脉 GM3000",
    ],
)
def test_name_of_a_model_stays(name: str) -> None:
    assert shortened(name) == name


def test_short_serial_stays() -> None:
    assert (last_four("A1B2"), last_four("00A1B2")) == ("A1B2", "…A1B2")


# --- paths ---------------------------------------------------------------------------------------


def token_of(holder: str) -> Token:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = Certificate(b"", holder, "W01", "1", "CA", moment, moment, "f" * 64, "RS256")
    return Token(
        id="t",
        driver="d",
        family="",
        family_name="",
        label="",
        serial="",
        pin=PinStanding.FULL,
        pin_min=4,
        pin_max=16,
        certificate=certificate,
    )


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    def clean(text: str, *, holder: str = "", user: str = "") -> str:
        for name in ("USER", "USERNAME", "SUDO_USER"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("LOGNAME", user or "nobody-here")
        tokens = (token_of(holder),) if holder else ()
        return str(Cleaner(tokens).cleaned(text))

    return clean


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/home/lisi/lib/a.so", "~/lib/a.so"),
        ("/home/Zhang Li/lib/a.so", "~/lib/a.so"),
        ("/Users/Zhang Li/a.dylib", "~/a.dylib"),
        ("C:\\Users\\Zhang Li\\驱动\\a.dll", "~\\驱动\\a.dll"),
        ("c:\\users\\lisi\\a.dll", "~\\a.dll"),
        ("D:/Users/lisi/a.dll", "~/a.dll"),
        ("\\\\?\\C:\\Users\\lisi\\a.dll", "\\\\?\\~\\a.dll"),
        ("C:\\Documents and Settings\\张丽\\a.dll", "~\\a.dll"),
        ("c:\\documents and settings\\Zhang Li", "~"),
        ("\\\\FILESRV\\zhangli\\keys\\a.dll", "\\\\…\\a.dll"),
        ("\\\\filesrv\\Zhang Li\\a.dll", "\\\\…\\a.dll"),
        ("\\\\?\\UNC\\FILESRV\\zhangli\\a.dll", "\\\\…\\a.dll"),
        ("'\\\\\\\\FILESRV\\\\zhangli\\\\a.dll'", "'\\\\…\\a.dll'"),
        ("cannot open '/home/Zhang Li/a.so': denied", "cannot open '~/a.so': denied"),
        ("C:\\Windows\\System32\\a.dll", "C:\\Windows\\System32\\a.dll"),
        ("/usr/lib64/libgm3000_pkcs11.so", "/usr/lib64/libgm3000_pkcs11.so"),
    ],
)
def test_path_tells_nobodys_name(clean: Callable[..., str], path: str, told: str) -> None:
    assert clean(path) == told
    assert clean(f"/a\n{path}") == f"/a\n{told}"


@pytest.mark.parametrize(
    ("holder", "path", "told"),
    [
        ("张丽", "/opt/张丽的驱动/a.so", "/opt/…的驱动/a.so"),
        ("Zhang Li", "/opt/zhang_li/a.so", "/opt/…/a.so"),
        ("Zhang Li", "D:\\ZhangLi2024\\a.dll", "D:\\…2024\\a.dll"),
    ],
)
def test_holder_of_a_key_is_hidden_in_every_path(
    clean: Callable[..., str], holder: str, path: str, told: str
) -> None:
    assert clean(path, holder=holder) == told


@pytest.mark.parametrize(
    ("user", "path", "told"),
    [
        ("lisi", "/data/lisi_2/a.so", "/data/…_2/a.so"),
        ("lisi", "/data/LISI/a.so", "/data/…/a.so"),
        ("zhangli", "D:\\oldzhangli1\\a.dll", "D:\\old…1\\a.dll"),
        ("li", "/usr/lib/a.so", "/usr/lib/a.so"),
    ],
)
def test_name_of_the_user_is_hidden_in_every_path_and_not_in_other_words(
    clean: Callable[..., str], user: str, path: str, told: str
) -> None:
    assert clean(path, user=user) == told
