"""station.toml: what is missing or misspelt is named, with the file."""

from pathlib import Path

import pytest

import resources
from clerk_client.__main__ import main
from clerk_client.domain.ticket_formats import formats_of
from clerk_client.settings import (
    ENVIRONMENT,
    SettingsBroken,
    find_settings,
    load_settings,
    usual_tickets,
)
from scanner.errors import SourceUnknown
from scanner.sources import source_for
from ukey.station import find_station

LEAST = """
[station]
id = "B12"
[hall]
url = "http://127.0.0.1:8000/"
code = "442000"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "station.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_few_settings_suffice(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, LEAST))
    assert (settings.hall_url, settings.camera) == ("http://127.0.0.1:8000", "camera:0")
    assert settings.demo is None
    assert settings.tickets == usual_tickets()


def test_the_example_is_valid(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, resources.text("station.example.toml")))
    assert settings.hall == "442000"


def test_ticket_format_of_the_example_is_valid(tmp_path: Path) -> None:
    lines = resources.text("station.example.toml").splitlines()
    start = next(row for row, line in enumerate(lines) if line.startswith("# [[ticket]]"))
    rows = (line.removeprefix("# ") for line in lines[start : lines.index("", start)])
    settings = load_settings(written(tmp_path, LEAST + "\n".join(rows)))
    (own,) = formats_of(settings.path, settings.tickets)
    assert own.facts('{"day":"20261122","no":"A023"}') == {"number": "A023", "day": "2026-11-22"}


def test_paths_are_meant_from_the_file(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, LEAST + '[journal]\npath = "j/日志.db"\n'))
    assert settings.journal == tmp_path / "j" / "日志.db"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[station]\nid = ''\n", "[station] id"),
        (LEAST.replace('code = "442000"', ""), "[hall] code is missing"),
        (LEAST + "[camara]\nsource = 'camera:0'\n", "[camara]"),
        (LEAST + "[camera]\nsorce = 'camera:0'\n", "sorce"),
        (LEAST + "[camera]\nsource = 0\n", "[camera] source must be a text"),
        (LEAST + "[camera]\nsource = ''\n", "[camera] source must be one of camera:, "),
        (LEAST + "[camera]\nsource = 'foldr:/tmp/x'\n", "folder:PATH, http://HOST/PATH"),
        (LEAST + "[camera]\nsource = ['camera:0', 'camera:1']\n", "chosen on the reception page"),
        (LEAST + "[[camera]]\nsource = 'camera:0'\n", "chosen on the reception page"),
        (LEAST + "[camera2]\nsource = 'camera:1'\n", "[camera2]; [camera]: it names one camera"),
        (LEAST.replace("[hall]", "[hall]\nlease_size = -1"), "lease_size"),
        (LEAST.replace("[hall]", "[hall]\nlease_size = true"), "lease_size"),
        (LEAST.replace("[hall]", "[hall]\nlease_size = 1000"), "1 to 500"),
        (LEAST.replace("[hall]", "[hall]\nenrolment_code = 'abc'"), "enrolment_code"),
        (LEAST.replace("442000", "4420"), "[hall] code"),
        (LEAST.replace('"B12"', '"B|12"'), "[station] id"),
        (LEAST + "[demo]\npins = 5\n", "pins"),
        (LEAST + "[keys]\noffice = ''\n", "[keys] office"),
        (LEAST + "[keys]\noffice = ' '\n", "[keys] office"),
        ("camera = 1\n" + LEAST, "camera"),
        ("ticket = 1\n" + LEAST, "[[ticket]]"),
        ("ticket = ['A023']\n" + LEAST, "[[ticket]]"),
        (LEAST + "[ticket]\nname = 'x'\n", "[[ticket]]"),
        ("[station\n", "line 1"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsBroken) as caught:
        load_settings(written(tmp_path, text))
    assert told in caught.value.reason
    assert caught.value.path == str(tmp_path / "station.toml")


_SOURCES = [
    "camera:",
    "camera:0",
    " camera:高拍仪: 2 ",
    "file:票.jpg",
    "folder: /some folder",
    "http://[::1]:8080/v?x=1",
    "http://hall",
    "camera",
    "Camera:0",
    "file:",
    "folder: ",
    "https://hall/video",
    "ftp://hall/",
    "http://",
    "http:",
    "http:///video",
    "http://clerk:secret@hall/",
    "http://hall/ a",
    "高拍仪",
]


@pytest.mark.parametrize("source", _SOURCES)
def test_source_of_pictures_is_refused_at_loading_as_it_would_be_at_opening(
    tmp_path: Path, source: str
) -> None:
    file = written(tmp_path, LEAST + f'[camera]\nsource = "{source}"\n')
    try:
        source_for(source)
    except SourceUnknown:
        with pytest.raises(SettingsBroken):
            load_settings(file)
    else:
        assert load_settings(file).camera == source


def test_broken_format_is_told_before_a_window_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    own = "[[ticket]]\nname = '绿码'\npattern = 'G(?P<number>.*)'\nexamples = [{ text = 'A023' }]\n"
    assert main(["--station", str(written(tmp_path, LEAST + own))]) == 2
    told = capsys.readouterr().err
    assert "[[ticket]] 1 (绿码): example 1 does not fit the format; see docs/formats.md" in told
    assert "请信息科改正设置文件后重新打开" in told
    assert "SETTINGS_BROKEN" in told


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsBroken):
        load_settings(tmp_path / "nowhere.toml")


def test_the_named_file_comes_before_the_environments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLERK_CLIENT_STATION", str(tmp_path / "b.toml"))
    assert find_settings(tmp_path / "a.toml") == tmp_path / "a.toml"
    assert find_settings() == tmp_path / "b.toml"


def test_command_line_for_keys_looks_where_the_client_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    own = tmp_path / "clerk_client" / "station.toml"
    own.parent.mkdir()
    own.touch()
    assert find_station() == find_settings() == own
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "named.toml"))
    assert find_station() == find_settings() == tmp_path / "named.toml"
