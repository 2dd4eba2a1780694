"""Printers: a folder, and the commands through which CUPS is spoken to."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from printing import spool
from printing.errors import FolderUnwritable, PrinterAbsent, PrintFailed
from printing.spool import (
    FOLDER_PRINTER,
    CupsPrinter,
    FolderPrinter,
    machine_printers,
    printer_for,
    safe_file_name,
)

PDF = b"%PDF-1.3 paper\n%%EOF\n"


def test_folder_printer_keeps_each_paper_and_replaces_none(tmp_path: Path) -> None:
    printer = FolderPrinter(tmp_path / "papers" / "today")
    paths = [Path(printer.submit(PDF + bytes([n]), "受理通知书 1")) for n in range(3)]
    assert [path.name for path in paths] == [
        "受理通知书 1.pdf",
        "受理通知书 1-2.pdf",
        "受理通知书 1-3.pdf",
    ]
    assert [path.read_bytes() for path in paths] == [PDF + bytes([n]) for n in range(3)]
    assert sorted((tmp_path / "papers" / "today").iterdir()) == sorted(paths)


def test_papers_printed_at_once_under_one_title_are_all_kept(tmp_path: Path) -> None:
    printer = FolderPrinter(tmp_path)
    papers = [PDF + bytes([n]) for n in range(24)]
    with ThreadPoolExecutor(8) as clerks:
        paths = list(clerks.map(lambda paper: printer.submit(paper, "回执"), papers))
    assert sorted(Path(path).read_bytes() for path in paths) == papers
    assert len(list(tmp_path.iterdir())) == len(papers)


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_paper_in_the_folder_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = FolderPrinter(tmp_path).submit(PDF, "回执")
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="Windows renames without replacing by itself")
def test_folder_that_knows_no_second_names_keeps_each_paper_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for a FAT memory stick, which no test may mount: link answers as it does there."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    printer = FolderPrinter(tmp_path)
    paths = [Path(printer.submit(PDF + bytes([n]), "回执")) for n in range(2)]
    assert [path.name for path in paths] == ["回执.pdf", "回执-2.pdf"]
    assert [path.read_bytes() for path in paths] == [PDF + bytes([n]) for n in range(2)]
    assert len(list(tmp_path.iterdir())) == 2


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file, so no folder")
    folder = blocked / "papers"
    with pytest.raises(FolderUnwritable) as caught:
        FolderPrinter(folder).submit(PDF, "回执")
    assert (caught.value.code, caught.value.path) == ("PRINT_FOLDER_UNWRITABLE", str(folder))


@pytest.mark.skipif(os.name == "nt", reason="Linux refuses new files under /proc even to root")
def test_folder_of_the_system_that_takes_no_file_is_named() -> None:
    with pytest.raises(FolderUnwritable):
        FolderPrinter(Path("/proc")).submit(PDF, "回执")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("受理通知书 442000202610000123X", "受理通知书 442000202610000123X"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a\\b:c*d?e"f<g>h|i\nj\x00k', "a_b_c_d_e_f_g_h_i_j_k"),
        ("  回执.. ", "回执"),
        ("", "_"),
        ("..", "_"),
        ("CON", "_CON"),
        ("lpt1.txt", "_lpt1.txt"),
        ("回执\u202efdp", "回执_fdp"),
    ],
)
def test_title_becomes_a_name_that_stays_in_the_folder(title: str, name: str) -> None:
    assert safe_file_name(title) == name


def test_long_title_still_makes_a_file(tmp_path: Path) -> None:
    path = Path(FolderPrinter(tmp_path).submit(PDF, "受理回执𠮷" * 100))
    assert path.read_bytes() == PDF
    assert len(path.name.encode()) <= 255


def test_printer_that_is_not_there_is_named(tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        with pytest.raises(PrinterAbsent) as caught:
            printer_for("二楼打印机", folder)
        assert (caught.value.code, caught.value.name) == ("PRINTER_ABSENT", "二楼打印机")


def test_folder_is_a_printer_only_where_one_is_set(tmp_path: Path) -> None:
    printer = printer_for(FOLDER_PRINTER, tmp_path)
    assert printer.name == FOLDER_PRINTER == "PDF文件夹"
    assert Path(printer.submit(PDF, "回执")).parent == tmp_path
    assert printer_for("", tmp_path).name == FOLDER_PRINTER
    for name in (FOLDER_PRINTER, ""):
        with pytest.raises(PrinterAbsent):
            printer_for(name, None)


def test_machine_without_cups_has_no_printers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine_printers() == []
    with pytest.raises(PrinterAbsent):
        CupsPrinter("HP").submit(PDF, "回执")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder before all others on PATH, for `lp` and `lpstat` of a test's own.

    They stand in for CUPS in states that a scheduler shows only when it is broken or full.
    """
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def write_program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="CUPS is not on Windows")
def test_paper_reaches_the_queue_whole_and_the_job_is_named(programs: Path) -> None:
    write_program(programs / "lpstat", 'test "$1" = -e && printf "HP_2F\\n前台\\n"')
    write_program(
        programs / "lp",
        f'printf "%s\\n" "$@" > {programs}/arguments; cat > {programs}/paper\n'
        'echo "request id is HP_2F-12 (0 file(s))"',
    )
    assert [printer.name for printer in machine_printers()] == ["HP_2F", "前台"]
    paper = PDF * 20_000
    assert printer_for("HP_2F", None).submit(paper, "受理通知书\n1") == "HP_2F-12"
    assert (programs / "paper").read_bytes() == paper
    arguments = (programs / "arguments").read_text().splitlines()
    assert arguments[:4] == ["-d", "HP_2F", "-t", "受理通知书 1"]
    assert "print-scaling=none" in arguments


@pytest.mark.skipif(os.name == "nt", reason="CUPS is not on Windows")
def test_clerk_learns_what_cups_said_when_it_refuses(programs: Path) -> None:
    write_program(programs / "lp", 'cat > /dev/null; echo "lp: Too many jobs." >&2; exit 1')
    with pytest.raises(PrintFailed) as caught:
        CupsPrinter("HP").submit(PDF, "回执")
    assert (caught.value.code, caught.value.detail) == ("PRINT_FAILED", "lp: Too many jobs.")


@pytest.mark.skipif(os.name == "nt", reason="CUPS is not on Windows")
def test_queue_removed_since_it_was_chosen_counts_as_absent(programs: Path) -> None:
    said = "lp: The printer or class does not exist."
    write_program(programs / "lp", f'cat > /dev/null; echo "{said}" >&2; exit 1')
    with pytest.raises(PrinterAbsent) as caught:
        CupsPrinter("HP").submit(PDF, "回执")
    assert caught.value.name == "HP"


@pytest.mark.skipif(os.name == "nt", reason="CUPS is not on Windows")
def test_scheduler_that_hangs_ends_in_an_error_and_not_in_waiting(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_SUBMIT_SECONDS", 0.2)
    monkeypatch.setattr(spool, "_LIST_SECONDS", 0.2)
    for name in ("lp", "lpstat"):
        write_program(programs / name, "exec tail -f /dev/null")
    assert machine_printers() == []
    with pytest.raises(PrintFailed):
        CupsPrinter("HP").submit(PDF, "回执")


@pytest.mark.skipif(os.name == "nt", reason="CUPS is not on Windows")
def test_machine_whose_scheduler_does_not_run_has_no_printers(programs: Path) -> None:
    write_program(programs / "lpstat", 'echo "lpstat: Connection refused" >&2; exit 1')
    assert machine_printers() == []
