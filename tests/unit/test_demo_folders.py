"""A demonstration removes what a demonstration made, and nothing of anybody else's."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clerk_client.demo.errors import DemoError, DemoRunning, FolderForeign, FolderUnusable
from clerk_client.demo.folders import MARKER, Leavings, alone_in, claim
from clerk_client.demo.hall_process import HallNotReady
from clerk_client.demo.screen import ScreenAbsent
from clerk_client.ui.wording import entries


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder as people have one, with names that a demonstration uses too."""
    folder = tmp_path / "我的 文档"
    (folder / "keys").mkdir(parents=True)
    for name in ("summary.json", "01-login.png", "thesis.pdf", "keys/id_rsa"):
        (folder / name).write_text("mine")
    return folder


def _texts(folder: Path) -> dict[str, str]:
    return {str(file): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_a_folder_with_somebodys_files_is_refused_and_left_as_it_is(documents: Path) -> None:
    before = _texts(documents)
    with pytest.raises(FolderForeign) as caught:
        claim(documents)
    with pytest.raises(FolderForeign):
        Leavings(documents)
    assert caught.value.folder == str(documents)
    assert _texts(documents) == before


@pytest.mark.parametrize("option", ["--folder", "--output"])
def test_the_command_refuses_it_in_words_and_touches_nothing(
    documents: Path, tmp_path: Path, option: str
) -> None:
    before = _texts(documents)
    places = {"--folder": tmp_path / "a", "--output": tmp_path / "b", option: documents}
    options = [str(word) for place in places.items() for word in place]
    command = [sys.executable, "-m", "clerk_client", "demo", *options]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "DEMO_FOLDER_FOREIGN" in done.stdout
    assert str(documents) in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert _texts(documents) == before


def test_an_empty_folder_is_taken_and_known_again(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "new" / "one"):
        claim(folder)
        (folder / "something").write_text("")
        claim(folder)
        assert (folder / MARKER).is_file()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "inside"):
        with pytest.raises(FolderUnusable):
            claim(folder)


def test_a_run_removes_what_the_one_before_listed_and_keeps_the_rest(tmp_path: Path) -> None:
    first = Leavings(tmp_path)
    first.place("01-login.png").write_text("old")
    first.place("never written.pdf")
    (tmp_path / "notes.txt").write_text("mine")
    second = Leavings(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [MARKER, "notes.txt"]
    second.place("01-login.png").write_text("new")
    second.place("01-login.png").write_text("newer")
    with pytest.raises(FolderForeign):
        second.place("notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_listed_name_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("mine")
    claim(tmp_path / "out")
    with (tmp_path / "out" / MARKER).open("a") as marker:
        marker.write(f"../outside\n{tmp_path / 'outside'}\n..\n")
    Leavings(tmp_path / "out")
    assert (tmp_path / "outside").read_text() == "mine"


def test_a_second_demonstration_in_the_folder_is_refused_until_the_first_is_gone(
    tmp_path: Path,
) -> None:
    program = (
        "import sys, pathlib\n"
        "from clerk_client.demo.folders import alone_in\n"
        "with alone_in(pathlib.Path(sys.argv[1])):\n"
        "    print('in', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"in\n"
        with pytest.raises(DemoRunning), alone_in(tmp_path):
            pass
        other.send_signal(signal.SIGKILL)
    with alone_in(tmp_path), pytest.raises(DemoRunning), alone_in(tmp_path):
        pass
    with alone_in(tmp_path):
        pass


def test_every_error_of_the_demonstration_has_words() -> None:
    errors: set[type[DemoError]] = {*DemoError.__subclasses__(), HallNotReady, ScreenAbsent}
    assert sorted({error.code for error in errors} - entries().keys()) == []
