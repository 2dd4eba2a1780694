"""Who did what: noted with the act, sealed after it, and no row changed unseen."""

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text, update

from clerk_client.domain.clock import hall_day, rfc3339
from clerk_client.hall import tables
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.audit_trail.audit_pages import audit_page
from clerk_client.hall.audit_trail.sealing import (
    FIRST_PREV,
    AuditFinding,
    Sealer,
    seal,
    verify_audit,
)
from clerk_client.hall.store import open_engine, upgrade_schema, writing
from tests.hall.changes import employ
from tests.hall.conftest import Town
from tests.hall.desk import Desk, clerk_key
from tests.hall.thread_hall import StillClock, noon

NOW = noon()


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    found = open_engine(database)
    upgrade_schema(found)
    yield found
    found.dispose()


@pytest.fixture(scope="module")
def auditor(town: Town) -> Desk:
    desk = town.desk()
    assert desk.sign_in(employ(town, "A01", "auditor")).status_code == 200
    return desk


def noted(engine: Engine, count: int = 1, now: datetime = NOW, actor: str = "C01") -> None:
    with writing(engine) as connection:
        for number in range(count):
            subject = f"row {number}"
            facts = {"第": str(number)}
            note(
                connection,
                now,
                actor=actor,
                station="ST-1",
                action="clerk.locked",
                subject=subject,
                facts=facts,
            )


def three_seals(engine: Engine) -> str:
    """Of two rows each; answers the head."""
    for turn in range(3):
        noted(engine, 2)
        assert seal(engine, NOW + timedelta(seconds=turn)) == 2
    return verify_audit(engine).head


def tamper(engine: Engine, *statements: str) -> None:
    """As somebody with the database's password does, whom no foreign key stops."""
    if engine.dialect.name == "sqlite":
        assert engine.url.database
        with closing(sqlite3.connect(engine.url.database)) as database, database:
            for statement in statements:
                database.execute(statement)
        return
    with writing(engine) as connection:
        for statement in ("SET LOCAL session_replication_role = replica", *statements):
            connection.execute(text(statement))


def found(engine: Engine, kept_head: str = "") -> list[tuple[str, int]]:
    return [(each.code, each.seal) for each in verify_audit(engine, kept_head).findings]


# --- sealing -------------------------------------------------------------------------------------


def test_an_empty_audit_is_whole(engine: Engine) -> None:
    assert seal(engine, NOW) == 0
    standing = verify_audit(engine)
    assert (standing.rows, standing.unsealed, standing.findings) == (0, 0, ())
    assert standing.head == f"0:{FIRST_PREV}"


def test_what_was_noted_is_sealed_and_checks_out(engine: Engine) -> None:
    head = three_seals(engine)
    assert head.startswith("3:")
    noted(engine)
    standing = verify_audit(engine, head)
    assert (standing.rows, standing.unsealed, standing.findings) == (6, 1, ())
    assert seal(engine, NOW) == 1
    assert verify_audit(engine, head).findings == ()
    assert seal(engine, NOW) == 0


def test_many_rows_come_into_several_seals(engine: Engine) -> None:
    noted(engine, 1001)
    assert [seal(engine, NOW) for _ in range(3)] == [1000, 1, 0]
    assert verify_audit(engine).findings == ()


def test_a_row_that_is_committed_late_is_in_a_later_seal(engine: Engine) -> None:
    three_seals(engine)
    row = {"at": rfc3339(NOW), "actor": "", "station": "", "action": "late", "subject": ""}
    with writing(engine) as connection:
        connection.execute(insert(tables.audit).values(id=1000, facts="{}", **row))
    seal(engine, NOW)
    with writing(engine) as connection:
        connection.execute(insert(tables.audit).values(id=900, facts="{}", **row))
    seal(engine, NOW)
    with engine.connect() as connection:
        late = select(tables.audit.c.seal).where(tables.audit.c.id.in_([900, 1000]))
        assert connection.scalars(late.order_by(tables.audit.c.id)).all() == [5, 4]
    assert verify_audit(engine).findings == ()


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (["UPDATE audit SET actor = 'S01' WHERE id = 3"], ("AUDIT_ROWS_CHANGED", 2)),
        (["UPDATE audit SET facts = '{}' WHERE id = 4"], ("AUDIT_ROWS_CHANGED", 2)),
        (["UPDATE audit SET facts = 'no JSON' WHERE id = 4"], ("AUDIT_ROWS_CHANGED", 2)),
        (["UPDATE audit SET at = '2026-01-01T00:00:00.000Z'"], ("AUDIT_ROWS_CHANGED", 1)),
        (["DELETE FROM audit WHERE id = 4"], ("AUDIT_ROWS_CHANGED", 2)),
        (["DELETE FROM audit WHERE seal = 2"], ("AUDIT_ROWS_CHANGED", 2)),
        (
            [
                "INSERT INTO audit (id, at, actor, station, action, subject, facts, seal) "
                "VALUES (99, '2026-01-01T00:00:00.000Z', '', '', 'made.up', '', '{}', 2)"
            ],
            ("AUDIT_ROWS_CHANGED", 2),
        ),
        (["UPDATE audit SET seal = 3 WHERE id = 4"], ("AUDIT_ROWS_CHANGED", 2)),
        (["UPDATE audit SET id = 99 WHERE id = 3"], ("AUDIT_ROWS_CHANGED", 2)),
        (["UPDATE audit_seals SET sealed_at = '2026' WHERE seq = 2"], ("AUDIT_ROWS_CHANGED", 2)),
        ([f"UPDATE audit_seals SET hash = '{'0' * 64}' WHERE seq = 2"], ("AUDIT_PREV_OTHER", 3)),
        ([f"UPDATE audit_seals SET prev = '{'0' * 64}' WHERE seq = 2"], ("AUDIT_PREV_OTHER", 2)),
        (["DELETE FROM audit_seals WHERE seq = 1"], ("AUDIT_SEAL_MISSING", 1)),
        (["DELETE FROM audit_seals WHERE seq = 2"], ("AUDIT_SEAL_MISSING", 2)),
        (["DELETE FROM audit_seals WHERE seq = 3"], ("AUDIT_SEAL_UNKNOWN", 3)),
    ],
)
def test_nobody_changes_a_sealed_row_unseen(
    engine: Engine, statements: list[str], told: tuple[str, int]
) -> None:
    three_seals(engine)
    tamper(engine, *statements)
    assert told in found(engine)


def test_a_tail_that_was_cut_shows_against_a_head_that_was_kept(engine: Engine) -> None:
    head = three_seals(engine)
    tamper(engine, "DELETE FROM audit WHERE seal = 3", "DELETE FROM audit_seals WHERE seq = 3")
    assert found(engine) == []
    assert found(engine, head) == [("AUDIT_TAIL_CUT", 3)]


def test_a_chain_that_was_made_anew_shows_against_a_head_that_was_kept(engine: Engine) -> None:
    head = three_seals(engine)
    tamper(
        engine,
        "UPDATE audit SET seal = NULL, actor = 'S01'",
        "DELETE FROM audit_seals",
    )
    for _ in range(3):
        seal(engine, NOW)
        noted(engine)
    assert found(engine) == []
    assert found(engine, head) == [("AUDIT_HEAD_OTHER", 3)]


@pytest.mark.parametrize("head", ["3", "3:abc", ":" + "0" * 64, "x:" + "0" * 64, "3:" + "g" * 64])
def test_a_head_of_another_form_is_refused(tmp_path: Any, head: str) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'hall.sqlite'}")
    upgrade_schema(engine)
    with pytest.raises(ValueError, match="a head is written"):
        verify_audit(engine, head)
    engine.dispose()


def test_however_many_seal_at_once_there_is_one_chain(engine: Engine) -> None:
    def write(turn: int) -> None:
        for _ in range(5):
            noted(engine, 3)
            seal(engine, NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    while seal(engine, NOW):
        pass
    standing = verify_audit(engine)
    assert (standing.rows, standing.unsealed, standing.findings) == (60, 0, ())


def test_the_sealer_works_by_itself_and_seals_the_last_rows_when_it_ends(engine: Engine) -> None:
    sealer = Sealer(engine, StillClock(NOW), every=0.01)
    sealer.start()
    noted(engine, 5)
    sealer.stop()
    standing = verify_audit(engine)
    assert (standing.rows, standing.unsealed, standing.findings) == (5, 0, ())


def test_a_sealer_whose_database_is_away_says_so_once(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    noted(engine)
    # Its own thread is not needed: one turn after the other.
    sealer = Sealer(engine, StillClock(NOW))
    tamper(engine, "ALTER TABLE audit_seals RENAME TO elsewhere")
    for _ in range(3):
        sealer.go_round()
    tamper(engine, "ALTER TABLE elsewhere RENAME TO audit_seals")
    sealer.go_round()
    assert len(caplog.records) == 1
    assert verify_audit(engine).unsealed == 0


# --- reading -------------------------------------------------------------------------------------


def test_an_auditor_reads_page_by_page(engine: Engine) -> None:
    noted(engine, 5)
    first = audit_page(engine, 0, 2)
    assert [row.subject for row in first.rows] == ["row 0", "row 1"]
    second = audit_page(engine, int(first.next), 2)
    third = audit_page(engine, int(second.next), 2)
    assert [row.subject for row in third.rows] == ["row 4"]
    assert third.next == ""
    assert json.loads(third.rows[0].facts) == {"第": "4"}


def test_a_row_is_shown_with_its_seal(engine: Engine) -> None:
    noted(engine)
    seal(engine, NOW)
    noted(engine)
    page = audit_page(engine, 0, 10)
    sealed, unsealed = page.rows
    assert (unsealed.seal, unsealed.seal_hash) == (0, "")
    assert f"{sealed.seal}:{sealed.seal_hash}" == page.head == verify_audit(engine).head


def test_an_auditor_asks_for_days_of_the_hall_people_and_acts(engine: Engine) -> None:
    midnight = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    for moment, actor in ((midnight - timedelta(milliseconds=1), "C01"), (midnight, "C02")):
        noted(engine, 1, moment, actor)
    day = date(2026, 11, 21)

    def actors(**asked: Any) -> list[str]:
        return [row.actor for row in audit_page(engine, 0, 10, **asked).rows]

    assert actors(first=day) == ["C02"]
    assert actors(last=day - timedelta(days=1)) == ["C01"]
    assert actors(first=date.min, last=date.max) == ["C01", "C02"]
    assert actors(first=day, last=day - timedelta(days=1)) == []
    assert actors(actor="C01") == ["C01"]
    assert actors(action="clerk.locked") == ["C01", "C02"]
    assert actors(action="clerk") == []


def test_signing_in_and_out_and_enrolling_are_noted(town: Town, auditor: Desk) -> None:
    desk = town.desk()
    clerk = clerk_key(town.authority, "陈思敏", "ZS-C01")
    assert desk.sign_in(clerk, hall="440300").status_code == 401
    assert desk.sign_in(clerk).status_code == 200
    assert desk.call("DELETE", "auth/session").status_code == 204
    assert desk.enrol("AAAA-BBBB-CCCC-DDDD").status_code == 403
    today = hall_day(datetime.now(UTC))
    rows, after = [], "0"
    while after:
        page = auditor.get(f"audit?from={today}&to={today}&after={after}&limit=50").json()
        rows += [row for row in page["rows"] if row["station"] == desk.station]
        after = page["next"]
    told = [(row["actor"], row["action"], json.loads(row["facts"]).get("code")) for row in rows]
    assert told == [
        ("", "station.code_made", None),
        ("", "station.enrolled", None),
        ("", "session.refused", "STATEMENT_WRONG"),
        ("C01", "session.opened", None),
        ("C01", "session.closed", None),
        ("", "station.refused", "ENROLMENT_CODE_WRONG"),
    ]
    assert {row["subject"] for row in rows if row["action"].startswith("session")} == {
        clerk.cert_sha256
    }
    assert "陈思敏" not in json.dumps(rows, ensure_ascii=False)


def test_a_row_changed_behind_the_service_shows_in_the_check(town: Town, auditor: Desk) -> None:
    assert auditor.get("audit").status_code == 200
    while seal(town.engine, datetime.now(UTC)):
        pass
    assert verify_audit(town.engine).findings == ()
    audit = tables.audit
    first = select(audit.c.id).order_by(audit.c.id).limit(1).scalar_subquery()
    with writing(town.engine) as connection:
        connection.execute(update(audit).where(audit.c.id == first).values(action="nothing"))
    assert verify_audit(town.engine).findings == (AuditFinding("AUDIT_ROWS_CHANGED", 1),)
