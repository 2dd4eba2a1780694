"""The diagnostics page: keys under the manual's headings, and a report for the help desk."""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PyQt5.QtWidgets import QApplication, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from clerk_client.desk.diagnosis import Check, Diagnosis
from clerk_client.journal.errors import JournalDamaged
from clerk_client.settings import SettingsBroken
from clerk_client.ui.diagnostics.presenter import HEADINGS, DiagnosticsPresenter
from clerk_client.ui.diagnostics.view import DiagnosticsPage
from clerk_client.workers.diagnosis_worker import DiagnosisWorker
from clerk_client.workers.thread import WorkerThread
from scanner.errors import CameraAbsent
from ukey.catalog import Catalog, driver_at
from ukey.errors import CatalogBroken, DriverFailed, UKeyError
from ukey.findings import Finding, finding_of
from ukey.hub import KeyHub
from ukey.report import ReportExists
from ukey.trust import Trust

pytestmark = pytest.mark.usefixtures("themed")

CRASHED = Finding("DRIVER_CRASHED", "error", {"path": "/vendor/a.so", "detail": "SIGSEGV"})
EXPIRED = Finding(
    "CERT_EXPIRED",
    "error",
    {
        "holder": "张丽",
        "family": "白色KEY(GDCA)",
        "serial": "12345678",
        "not_after": "2026-02-28T16:30:00+00:00",
    },
)
MISTYPED = Finding("PIN_WRONG", "warning", {"holder": "李强", "standing": "last"})
WELL = Finding("KEY_OK", "ok", {"holder": "王芳", "serial": "87654321"})


def checks_of(*findings: Finding) -> list[Check]:
    return [Check("key", f.severity, f.code, f.facts, f.heading.value, f.wording) for f in findings]


class Shown:
    """The page with its presenter, and the files that were asked for."""

    def __init__(self) -> None:
        self.page = DiagnosticsPage()
        self.files: list[str] = []
        self.presenter = DiagnosticsPresenter(self.page, lambda: None, self.files.append)
        self.page.follow(self.presenter)

    def texts(self) -> list[str]:
        row = self.page.findChild(QWidget, "checkRow")
        assert row is not None
        return [label.text() for label in row.findChildren(QLabel)]


@pytest.fixture
def at(shown: Callable[[QWidget], None]) -> Shown:
    at = Shown()
    shown(at.page)
    return at


def test_all_findings_stand_under_the_manuals_headings_and_the_failing_are_marked(
    at: Shown,
) -> None:
    at.presenter.diagnosed(checks_of(CRASHED, EXPIRED, MISTYPED))
    texts = at.texts()
    driver, usb, expired, other = HEADINGS
    places = [texts.index(text) for text in (f"✗ {driver}", usb, f"✗ {expired}", f"! {other}")]
    assert places == sorted(places)
    assert texts.index("文件：/vendor/a.so") < places[1]
    assert texts.index("张丽　白色KEY(GDCA)　5678：电子钥匙的证书已于 2026-03-01 过期") > places[2]
    assert "12345678" not in "".join(texts)
    (row,) = at.page.rows
    assert row.startswith(f"电子钥匙 故障 故障 {driver} 电子钥匙驱动意外退出")
    assert usb not in row


def test_pin_mistyped_before_is_told_as_that(at: Shown) -> None:
    at.presenter.diagnosed(checks_of(MISTYPED))
    assert "李强：此前有人输错过PIN，只剩一次，再错将锁定" in at.texts()


def test_what_a_driver_said_stands_beneath_the_sentence_for_whoever_mends_it(at: Shown) -> None:
    failed = DriverFailed("/vendor/a.so", "MemoryError unable to allocate")
    at.presenter.diagnosed(checks_of(finding_of(failed)))
    texts = at.texts()
    cause = texts.index("电子钥匙驱动报错")
    assert texts.index("文件：/vendor/a.so") > cause
    assert texts.index("详情：MemoryError unable to allocate") > cause


def test_broken_file_that_was_left_behind_takes_nothing_from_a_key_that_works(at: Shown) -> None:
    broken = finding_of(CatalogBroken("old.toml", 3, "name is missing"), "warning")
    at.presenter.diagnosed(checks_of(WELL, broken))
    (row,) = at.page.rows
    assert row.startswith("电子钥匙 正常")
    assert "驱动说明文件 old.toml 第 3 行有误" in at.texts()
    assert "详情：name is missing" in at.texts()
    at.presenter.diagnosed(checks_of(MISTYPED, broken))
    assert at.page.rows[0].startswith("电子钥匙 注意")


def test_keys_in_order_need_no_headings(at: Shown) -> None:
    at.presenter.diagnosed(checks_of(WELL))
    assert not any(heading in text for heading in HEADINGS for text in at.texts())
    at.presenter.diagnosed(checks_of(EXPIRED, WELL))
    assert "王芳　4321：电子钥匙正常" in at.texts()


def test_copied_result_names_each_code_and_nobody(at: Shown) -> None:
    at.presenter.diagnosed(checks_of(CRASHED, EXPIRED))
    at.page.copy.click()
    copied = QApplication.clipboard().text()
    assert "电子钥匙 故障 DRIVER_CRASHED\n电子钥匙 故障 CERT_EXPIRED" in copied
    assert "张丽" not in copied


def test_what_is_kept_for_when_the_hall_is_away_stands_in_one_row(at: Shown) -> None:
    at.presenter.diagnosed(
        [
            Check("offline", "ok", "KEPT_CATALOGUE", {"hours": "2", "minutes": "5"}),
            Check("offline", "warning", "NUMBERS_NONE_IN_HAND"),
        ]
    )
    (row,) = at.page.rows
    assert row.startswith("离线资料 注意")
    assert "事项目录：2 小时 5 分钟前更新" in at.texts()
    assert "请在连上大厅时登录一次，会自动领取" in at.texts()


def test_keys_are_told_while_the_rest_is_still_asked(at: Shown) -> None:
    at.presenter.checked(checks_of(EXPIRED))
    assert any("已于 2026-03-01 过期" in row for row in at.page.rows)
    assert not at.page.refresh.isEnabled()
    at.presenter.checked([Check("camera", "ok", "CAMERA_OK", {"name": "高拍仪"})])
    assert [row.partition(" ")[0] for row in at.page.rows] == ["电子钥匙", "高拍仪"]
    at.presenter.diagnosed([*checks_of(WELL), Check("camera", "ok", "CAMERA_OK")])
    assert len(at.page.rows) == 2
    assert at.page.refresh.isEnabled()


def test_old_rows_go_when_the_clerk_looks_again_or_leaves(at: Shown) -> None:
    at.presenter.diagnosed(checks_of(EXPIRED))
    at.presenter.refresh()
    assert at.page.rows == []
    at.presenter.diagnosed(checks_of(EXPIRED))
    at.presenter.exported("/home/a.zip")
    at.presenter.forget()
    assert (at.page.rows, at.page.report) == ([], "")
    assert not at.page.copy.isEnabled()


def test_what_is_found_after_the_clerk_left_is_not_shown(at: Shown) -> None:
    """The look under way ends first; the next clerk's comes after it."""
    at.presenter.forget()
    assert at.page.refresh.isEnabled()
    at.presenter.refresh()
    at.presenter.checked(checks_of(EXPIRED))
    at.presenter.diagnosed(checks_of(EXPIRED))
    assert at.page.rows == []
    assert not at.page.refresh.isEnabled()
    at.presenter.checked(checks_of(WELL))
    (row,) = at.page.rows
    assert "王芳" in row
    at.presenter.diagnosis_refused(SettingsBroken(Path("a"), "gone"))
    assert at.page.problem


def test_page_fits_a_small_screen_at_twice_the_size(at: Shown) -> None:
    at.presenter.diagnosed(checks_of(CRASHED, EXPIRED, MISTYPED, WELL))
    at.presenter.exported("/home/somebody/桌面/电子钥匙诊断-20261121-0912.zip")
    assert at.page.minimumSizeHint().width() <= 1366 // 2
    assert at.page.minimumSizeHint().height() <= 768 // 2


def test_clerk_exports_a_report_to_a_file_of_their_choice(
    qtbot: QtBot, at: Shown, tmp_path: Path
) -> None:
    at.page.export.click()
    dialog = at.page.findChild(QFileDialog)
    assert dialog is not None
    qtbot.waitUntil(dialog.isVisible)
    (proposed,) = dialog.selectedFiles()
    assert Path(proposed).name.startswith("电子钥匙诊断-")
    assert proposed.endswith(".zip")
    chosen = str(tmp_path / "报告.zip")
    with qtbot.waitSignal(at.page.export_asked) as asked:
        dialog.fileSelected.emit(chosen)
    dialog.close()
    assert asked.args == [chosen] == at.files
    assert not at.page.export.isEnabled()
    at.presenter.exported(chosen)
    assert at.page.export.isEnabled()
    assert chosen in at.page.report


def test_report_that_was_not_written_says_why(at: Shown) -> None:
    at.presenter.diagnosed(checks_of(WELL))
    at.presenter.export("/a.zip")
    at.presenter.export_refused(ReportExists(Path("/a.zip")))
    assert "/a.zip 已存在" in at.page.report
    assert at.page.export.isEnabled()
    at.presenter.refresh()
    assert at.page.report == ""


# --- behind the page -----------------------------------------------------------------------------


class Now:
    def now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC)


def _no_camera() -> object:
    raise CameraAbsent("camera:0")


def _damaged() -> list[Check]:
    raise JournalDamaged("a line is missing", 7)


def _untrusting() -> Trust:
    raise SettingsBroken(Path("authorities.pem"), "gone")


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[DiagnosisWorker]:
    """Over a real hub whose only driver is not there; its camera and printer are not asked for."""
    driver = driver_at(tmp_path / "gone.so")
    hub = KeyHub([driver])
    diagnosis = Diagnosis(
        hub=lambda: hub,
        catalog=lambda: Catalog((driver,)),
        trust=_untrusting,
        cameras=_no_camera,  # type: ignore[arg-type]
        camera_is_busy=lambda: False,
        printer=_no_camera,  # type: ignore[arg-type]
        client=_no_camera,  # type: ignore[arg-type]
        clock=Now(),
        offline=_damaged,
    )
    yield DiagnosisWorker(lambda: diagnosis, (UKeyError,))
    hub.stop()


@pytest.fixture
def thread(worker: DiagnosisWorker) -> Iterator[WorkerThread]:
    thread = WorkerThread(worker, "diagnosis")
    thread.start()
    yield thread
    assert thread.stop(5000)


def test_keys_are_looked_at_although_the_authorities_cannot_be_read(
    qtbot: QtBot, worker: DiagnosisWorker, thread: WorkerThread
) -> None:
    with qtbot.waitSignal(worker.diagnosed) as diagnosed:
        thread.queued(worker.diagnose)()
    checks: Sequence[Check] = diagnosed.args[0]
    keys = [(check.code, check.heading) for check in checks if check.subject == "key"]
    assert keys == [("SETTINGS_BROKEN", "④其他"), ("DRIVER_MISSING", "①驱动未正确安装")]
    assert [check.subject for check in checks[2:]] == [
        "camera",
        "printer",
        "hall",
        "clock",
        "offline",
    ]
    assert checks[-1].code == "JOURNAL_DAMAGED"


def test_report_is_written_once_and_never_over_another(
    qtbot: QtBot, worker: DiagnosisWorker, thread: WorkerThread, tmp_path: Path
) -> None:
    file = tmp_path / "报告.zip"
    with qtbot.waitSignal(worker.exported) as exported:
        thread.queued(worker.export)(str(file))
    assert exported.args == [str(file)]
    with zipfile.ZipFile(file) as bundle:
        assert "DRIVER_MISSING" in bundle.read("说明.txt").decode("utf-8-sig")
    before = file.read_bytes()
    with qtbot.waitSignal(worker.export_refused) as refused:
        thread.queued(worker.export)(str(file))
    assert refused.args[0].code == "REPORT_EXISTS"
    assert file.read_bytes() == before
