"""The files of hall IT: taken over whole, or refused with every reason."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from clerk_client.demo.hall_process import hall_command
from clerk_client.hall import tables
from clerk_client.hall.files.findings import LoadRefused
from clerk_client.hall.files.loading import load
from clerk_client.hall.store import open_engine, reading, upgrade_schema, writing
from tests.hall.conftest import STAFF
from tests.hall.small_service import hall_main
from tests.helpers.small_hall import write_small_hall

TODAY = date(2026, 11, 21)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_small_hall(tmp_path / "files", TODAY, STAFF)


@pytest.fixture
def engine(database: str) -> Any:
    made = open_engine(database)
    upgrade_schema(made)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """For what is refused: one for all, because nothing is loaded, and of one kind, because what is
    wrong is found before a database is asked for more than codes."""
    made = open_engine(f"sqlite:///{tmp_path_factory.mktemp('empty') / 'hall.sqlite'}")
    upgrade_schema(made)
    yield made
    made.dispose()


def rows_in(engine: Engine, table: Any) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def findings_of(engine: Engine, folder: Path) -> list[str]:
    with pytest.raises(LoadRefused) as refused:
        load(engine, folder)
    return [str(finding) for finding in refused.value.findings]


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def test_a_whole_hall_is_loaded(engine: Engine, folder: Path) -> None:
    counts = load(engine, folder)
    assert counts["matters"] == rows_in(engine, tables.matters) == 7
    assert counts["tickets"] == rows_in(engine, tables.tickets) == 8
    assert rows_in(engine, tables.ticket_matters) == 9


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_saved_by_chinese_excel_is_read(
    engine: Engine, folder: Path, encoding: str
) -> None:
    for path in folder.glob("*.csv"):
        text = path.read_text(encoding="utf-8").replace("旧证", "旧证（𠮷）")
        path.write_bytes(text.replace("\r\n", "\n").replace("\n", "\r\n").encode(encoding))
    load(engine, folder)
    with reading(engine) as connection:
        names = set(connection.scalars(select(tables.materials.c.name)))
        departments = set(connection.scalars(select(tables.departments.c.name)))
    assert "旧证（𠮷）" in names
    assert "公安局" in departments


def test_json_with_the_same_fields_is_read(engine: Engine, folder: Path) -> None:
    (folder / "tickets.csv").unlink()
    ticket = {
        "number": "B001",
        "day": "2026-11-21",
        "status": "waiting",
        "matters": ["GA-SF", "GA-LG"],
        "appointment": None,
        "priority": True,
    }
    (folder / "tickets.json").write_text(json.dumps([ticket]), encoding="utf-8")
    load(engine, folder)
    with reading(engine) as connection:
        row = connection.execute(select(tables.tickets)).one()
    assert (row.number, row.priority, row.appointment) == ("B001", True, "")
    assert rows_in(engine, tables.ticket_matters) == 2


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        ("departments.csv", "code,name", "code,title", "departments.csv:1: 缺少列 name"),
        ("departments.csv", "code,name", "code,title", "departments.csv:1: 不认识的列 title"),
        ("windows.csv", "code,name", "code,code,name", "windows.csv:1: 列 code 出现了两次"),
        ("windows.csv", "2B13,", "2B13,x,", "windows.csv:3: 这一行有 4 列，应为 3 列"),
        ("windows.csv", "2B13", "2B12", "windows.csv:3: 与第 2 行重复：2B12"),
        ("windows.csv", "2B13", "", "windows.csv:3: code 不能为空"),
        ("windows.csv", "2B13", "2B|13", "windows.csv:3: code 含有不允许的字符"),
        ("windows.csv", "2B13", "x" * 81, "windows.csv:3: code 太长，最多 80 个字"),
        ("matters.csv", "GA-SF,居民身份证换领,GA", "GA-SF,身份证,XX", "中的“XX”不存在"),
        ("matters.csv", "SC-QY,no", "XX-QY,no", "matters.csv:7: parent 中的“XX-QY”不存在"),
        ("matters.csv", "SC-QY,no", "GA-SF,no", "matters.csv:7: 上级事项“GA-SF”的 is_parent"),
        ("matters.csv", "person,60", "everybody,60", "matters.csv:3: audience 的值“everybody”"),
        ("matters.csv", "person,60", "person,-1", "matters.csv:3: days 的值“-1”不对"),
        ("matters.csv", "yes,,no,", "maybe,,no,", "matters.csv:2: is_licence 的值“maybe”"),
        ("materials.csv", "GA-LG,消防", "XX,消防", "materials.csv:2: matter 中的“XX”不存在"),
        ("materials.csv", "平面图", "消防意见", "materials.csv:3: 与第 2 行重复"),
        ("clerks.csv", "clerk", "boss", "clerks.csv:2: role 的值“boss”不对"),
        ("clerks.csv", "ZS-C02", "ZS-C01", "clerks.csv:3: 与第 2 行重复：ZS-C01"),
        ("appointments.csv", "2026-11-21", "2026/11/21", "不是日期，应写成 2026-11-21"),
        ("appointments.csv", "2026-11-21", "2026-02-30", "appointments.csv:2: day 的值"),
        ("appointments.csv", "booked", "maybe", "appointments.csv:2: status 的值“maybe”"),
        ("appointments.csv", "YY0001", "YY/1", "appointments.csv:2: 预约号“YY/1”不对"),
        ("appointments.csv", "YY0001", "", "appointments.csv:2: number 不能为空"),
        ("tickets.csv", "A001", "23", "tickets.csv:2: 排队号“23”不对"),
        ("tickets.csv", "A001", "Ａ001", "tickets.csv:2: 排队号“Ａ001”不对"),
        ("tickets.csv", "YY0001", "YY0099", "appointment 中的“YY0099”不存在"),
        ("tickets.csv", "GA-SF;SC-QY-1", "GA-SF;XX", "tickets.csv:6: matters 中的“XX”不存在"),
        ("tickets.csv", "A002", '"A002', "文件格式有误"),
        ("workdays.csv", "holiday", "rest", "workdays.csv:2: kind 的值“rest”不对"),
        ("workdays.csv", "2026-10-02", "2026-10-01", "workdays.csv:3: 与第 2 行重复"),
        ("cases.csv", "BJ-002", "BJ/002", "cases.csv:3: 办件编号“BJ/002”不对"),
        ("cases.csv", "BJ-002", "..", "cases.csv:3: 办件编号“..”不对"),
        ("cases.csv", "BJ-002", "BJ-001", "cases.csv:3: 与第 2 行重复：BJ-001"),
        ("cases.csv", "BJ-002,GA-SF", "BJ-002,XX", "cases.csv:3: matter 中的“XX”不存在"),
        ("cases.csv", "E12345678", "E1", "cases.csv:3: document_number 不是证件号码"),
        ("cases.csv", "受理:done", "受理:over", "cases.csv:2: 第 1 个步骤不对"),
        ("cases.csv", "补正:current:", "补正:current:x", "cases.csv:2: 第 2 个步骤不对"),
        ("cases.csv", "待补正", "待" * 21, "cases.csv:2: status 太长，最多 20 个字"),
        ("base_databases.csv", "zhengzhao", "../x", "base_databases.csv:3: 文件名中的基础库编码"),
        ("base_hukou.csv", "resident_id,", "card,", "base_hukou.csv:2: document_type 的值“card”"),
        (
            "base_hukou.csv",
            "姓名",
            "document_type",
            "base_hukou.csv:1: 列 document_type 出现了两次",
        ),
        ("base_hukou.csv", "姓名", " ", "base_hukou.csv:1: 不认识的列"),
        ("base_hukou.csv", "document_number", "number", "base_hukou.csv:1: 缺少列 document_number"),
        ("hall.json", "442000", "44200", "hall.json:1: 大厅编码“44200”不对"),
        ("hall.json", "}", "", "hall.json:1: 文件格式有误"),
        ("hall.json", '"name"', '"title"', "hall.json:1: 缺少列 name"),
    ],
)
def test_each_mistake_is_told_with_file_line_and_reason_and_nothing_is_loaded(
    empty: Engine, folder: Path, file: str, old: str, new: str, finding: str
) -> None:
    edit(folder / file, lambda text: text.replace(old, new, 1))
    found = findings_of(empty, folder)
    assert any(finding in each and each.startswith(f"{file}:") for each in found), found
    for table in (tables.hall, tables.departments, tables.matters, tables.windows, tables.tickets):
        assert rows_in(empty, table) == 0


def test_all_mistakes_are_told_at_once_and_one_does_not_breed_others(
    empty: Engine, folder: Path
) -> None:
    edit(folder / "departments.csv", lambda text: text.replace("公安局,", ",", 1))
    edit(folder / "clerks.csv", lambda text: text.replace(",clerk,", ",boss,"))
    edit(folder / "matters.csv", lambda text: text.replace("person,60", "all,sixty"))
    assert [each.partition(" ")[0] for each in findings_of(empty, folder)] == [
        "clerks.csv:2:",
        "clerks.csv:3:",
        "departments.csv:2:",
        "matters.csv:3:",
        "matters.csv:3:",
    ]


def test_a_file_that_is_no_text_is_told(empty: Engine, folder: Path) -> None:
    (folder / "windows.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xff")
    assert findings_of(empty, folder)[0].startswith("windows.csv:1: ")


def test_a_table_in_two_files_is_refused(empty: Engine, folder: Path) -> None:
    (folder / "windows.json").write_text("[]", encoding="utf-8")
    assert findings_of(empty, folder) == [
        "windows.json:1: 同一张表既有 CSV 又有 JSON，请只保留一个"
    ]


def test_a_folder_without_files_and_a_database_without_hall_are_told(
    empty: Engine, folder: Path, tmp_path: Path
) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    assert "没有可导入的文件" in findings_of(empty, nothing)[0]
    (folder / "hall.json").unlink()
    assert findings_of(empty, folder) == ["hall.json:1: 数据库中还没有大厅信息，请先提供 hall.json"]


def test_another_hall_is_not_loaded_over_this_one(engine: Engine, folder: Path) -> None:
    load(engine, folder)
    edit(folder / "hall.json", lambda text: text.replace("442000", "440300"))
    assert findings_of(engine, folder) == ["hall.json:1: 数据库中已有大厅 442000，不能改为 440300"]


def test_the_days_tickets_are_loaded_alone(engine: Engine, folder: Path, tmp_path: Path) -> None:
    load(engine, folder)
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "tickets.csv").write_text(
        "number,day,status,matters,appointment,priority\nB001,2026-11-21,waiting,GA-SF,,no\n",
        encoding="utf-8",
    )
    assert load(engine, alone) == {"tickets": 1}
    assert rows_in(engine, tables.tickets) == 9


def test_only_matters_that_differ_get_a_new_version(engine: Engine, folder: Path) -> None:
    def versions() -> dict[str, int]:
        with reading(engine) as connection:
            rows = connection.execute(select(tables.matters.c.code, tables.matters.c.changed_in))
            return {row.code: row.changed_in for row in rows}

    load(engine, folder)
    assert set(versions().values()) == {1}
    load(engine, folder)
    assert set(versions().values()) == {1}
    edit(folder / "materials.csv", lambda text: text.replace("GA-SF,旧证,optional\n", ""))
    edit(folder / "matters.csv", lambda text: text.replace("系统升级，暂停至月底", ""))
    load(engine, folder)
    assert {code for code, version in versions().items() if version == 2} == {"GA-SF", "RS-TZ"}
    with reading(engine) as connection:
        assert connection.scalar(select(tables.hall.c.catalogue_version)) == 2


def test_two_clerks_may_exchange_their_certificates(engine: Engine, folder: Path) -> None:
    load(engine, folder)
    exchanged = [
        ("C01", "陈思敏", "clerk", "ZS-C02"),
        ("C02", "黄嘉怡", "clerk", "ZS-C01"),
    ]
    load(engine, write_small_hall(folder, TODAY, exchanged))
    with reading(engine) as connection:
        clerks = tables.clerks.c
        rows = connection.execute(select(clerks.code, clerks.identity))
        owners = {row.code: row.identity for row in rows}
    assert (owners["C01"], owners["C02"]) == ("ZS-C02", "ZS-C01")


def test_a_certificate_of_a_clerk_outside_the_file_is_not_given_away(
    engine: Engine, folder: Path
) -> None:
    load(engine, folder)
    write_small_hall(folder, TODAY, [("C09", "新人", "clerk", "ZS-C01")])
    assert findings_of(engine, folder) == ["clerks.csv:2: 证书标识“ZS-C01”已属于工作人员 C01"]


def test_what_an_acceptance_used_and_an_administrator_locked_stays_so(
    engine: Engine, folder: Path
) -> None:
    load(engine, folder)
    with writing(engine) as connection:
        for table in (tables.tickets, tables.appointments):
            connection.execute(table.update().values(status="used", used_by="a line"))
        connection.execute(tables.clerks.update().values(locked=True))
    load(engine, folder)
    with reading(engine) as connection:
        for table in (tables.tickets, tables.appointments):
            assert set(connection.scalars(select(table.c.status))) == {"used"}
        assert set(connection.scalars(select(tables.clerks.c.locked))) == {True}


def test_what_the_directory_retired_stays_so_and_is_no_change_of_the_catalogue(
    engine: Engine, folder: Path
) -> None:
    load(engine, folder)
    retired = (tables.departments, tables.clerks, tables.windows)
    with writing(engine) as connection:
        for table in retired:
            connection.execute(table.update().values(retired=True))
    load(engine, folder)
    with reading(engine) as connection:
        for table in retired:
            assert set(connection.scalars(select(table.c.retired))) == {True}
        assert connection.scalar(select(tables.hall.c.catalogue_version)) == 1


def test_file_may_name_the_window_of_an_appointment(engine: Engine, folder: Path) -> None:
    def windows() -> dict[str, str]:
        booked = tables.appointments.c
        with reading(engine) as connection:
            rows = connection.execute(select(booked.number, booked.window))
            return {row.number: row.window for row in rows}

    load(engine, folder)
    assert set(windows().values()) == {""}
    path = folder / "appointments.csv"
    header, first, *others = path.read_text(encoding="utf-8").splitlines()
    named = [f"{header},window", f"{first},2B12", *(f"{row}," for row in others)]
    path.write_text("\n".join(named), encoding="utf-8")
    load(engine, folder)
    assert windows()["YY0001"] == "2B12"
    edit(path, lambda text: text.replace("2B12", "9Z99"))
    assert findings_of(engine, folder) == ["appointments.csv:2: window 中的“9Z99”不存在"]


def test_json_entries_need_not_all_have_the_optional_field(engine: Engine, folder: Path) -> None:
    (folder / "appointments.csv").unlink()
    (folder / "tickets.csv").unlink()
    entry = {
        "day": "2026-11-21",
        "time": "09:00-09:30",
        "matter": "GA-LG",
        "status": "booked",
        "applicant_name": "",
        "outlet": "",
    }
    entries = [{**entry, "number": "Y1"}, {**entry, "number": "Y2", "window": "2B13"}]
    (folder / "appointments.json").write_text(json.dumps(entries), encoding="utf-8")
    load(engine, folder)
    booked = tables.appointments.c
    with reading(engine) as connection:
        rows = connection.execute(select(booked.number, booked.window).order_by(booked.number))
        assert [tuple(row) for row in rows] == [("Y1", ""), ("Y2", "2B13")]


def test_base_without_its_entry_and_with_a_bad_name_are_told(empty: Engine, folder: Path) -> None:
    text = (folder / "base_hukou.csv").read_text(encoding="utf-8")
    (folder / "base_x y.csv").write_text(text, encoding="utf-8")
    (folder / "base_shebao.csv").write_text(text, encoding="utf-8")
    assert findings_of(empty, folder) == [
        "base_shebao.csv:1: 基础库 shebao 没有登记，请先写入 base_databases.csv",
        "base_x y.csv:1: 文件名中的基础库编码“x y”不对，只能用字母、数字、横线和下划线，最多 40 个",
    ]


def test_nobody_is_named_where_a_person_stands_twice_in_a_base(empty: Engine, folder: Path) -> None:
    edit(folder / "base_hukou.csv", lambda text: text + "passport,e12345678,Anna Li,,\n")
    assert findings_of(empty, folder) == ["base_hukou.csv:4: 与第 3 行重复：passport"]


def test_a_workday_that_changes_gets_a_new_version(engine: Engine, folder: Path) -> None:
    def versions() -> list[tuple[str, int]]:
        days = tables.workdays.c
        with reading(engine) as connection:
            rows = connection.execute(select(days.day, days.changed_in).order_by(days.day))
            return [(row.day.isoformat(), row.changed_in) for row in rows]

    load(engine, folder)
    edit(folder / "workdays.csv", lambda text: text.replace("02,holiday", "02,workday"))
    load(engine, folder)
    load(engine, folder)
    assert versions() == [("2026-10-01", 1), ("2026-10-02", 2), ("2026-10-10", 1)]


def test_the_command_tells_every_mistake_and_ends_with_1(folder: Path, database: str) -> None:
    edit(folder / "windows.csv", lambda text: text.replace("2B13", "2B12"))
    edit(folder / "clerks.csv", lambda text: text.replace(",clerk,", ",boss,"))
    refused = hall_command("load", folder, "--database", database)
    assert refused.returncode == 1
    assert [line.partition(" ")[0] for line in refused.stderr.splitlines()] == [
        "clerks.csv:2:",
        "clerks.csv:3:",
        "windows.csv:3:",
    ]
    done = hall_command("load", write_small_hall(folder, TODAY, STAFF), "--database", database)
    assert (done.returncode, done.stderr) == (0, "")
    assert "matters: 7" in done.stdout.splitlines()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["load", "{folder}/nowhere", "--database", "{database}"], "nowhere:1: "),
        (["load", "{folder}", "--database", "no address"], "DATABASE_ADDRESS_WRONG"),
        (["load", "{folder}", "--database", "sqlite://"], "DATABASE_ADDRESS_WRONG"),
        (["enrol", "S1", "--window", "2B12", "--database", "{database}"], "HALL_NOT_LOADED"),
        (["enrol", "", "--window", "2B12", "--database", "{database}"], "REQUEST_INVALID"),
        (["load", "{folder}", "--database", "sqlite:///{folder}/no/h.db"], "DATABASE_UNUSABLE"),
        (["load", "{folder}", "--database", "sqlite:///{folder}/hall.json"], "DATABASE_UNUSABLE"),
        (["serve", "--authorities", "{folder}/hall.json", "--database", "{database}"], "HALL_FILE"),
        (["serve", "--authorities", "{folder}/no.pem", "--database", "{database}"], "HALL_FILE"),
    ],
)
def test_a_command_that_cannot_work_says_why(
    folder: Path, tmp_path: Path, arguments: list[str], code: str
) -> None:
    places = {"folder": folder, "database": f"sqlite:///{tmp_path / 'hall.sqlite'}"}
    done = hall_main(*(each.format(**places) for each in arguments))
    assert done.returncode == 1
    assert done.stderr.startswith(code), done.stderr
    assert "Traceback" not in done.stderr
