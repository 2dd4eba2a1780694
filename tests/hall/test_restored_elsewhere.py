"""PostgreSQL put back by its own tools: refused until the epoch is raised, then it serves."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from clerk_client.demo.authority import Authority
from clerk_client.demo.hall_process import HallNotReady, HallProcess
from clerk_client.domain.clock import hall_day
from clerk_client.hall import tables
from clerk_client.hall.access.stations import new_enrolment_code
from clerk_client.hall.audit_trail.sealing import verify_audit
from clerk_client.hall.files.loading import load
from clerk_client.hall.store import open_engine
from tests.hall.conftest import STAFF
from tests.hall.desk import Desk, Journal, clerk_key
from tests.hall.small_service import hall_main
from tests.helpers.postgres import postgres_database, postgres_program
from tests.helpers.small_hall import WINDOW, write_small_hall


def copied(source: str, target: str, dump: Path) -> None:
    """As an administrator does it."""
    for command in (
        ["pg_dump", "-Fc", f"--file={dump}", f"--dbname={source}"],
        ["pg_restore", "--exit-on-error", "--no-owner", f"--dbname={target}", str(dump)],
    ):
        program = str(postgres_program(command[0]))
        done = subprocess.run(
            [program, *command[1:]], env=os.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_a_dump_put_into_another_database_serves_with_a_new_epoch(tmp_path: Path) -> None:
    authority = Authority()
    clerk = clerk_key(authority, "陈思敏", "ZS-C01")
    files = write_small_hall(tmp_path / "files", hall_day(datetime.now(UTC)), STAFF)
    with postgres_database() as before, postgres_database("template0") as after:
        engine = open_engine(before)
        load(engine, files)
        code = new_enrolment_code(engine, "ST-1", WINDOW, datetime.now(UTC))
        engine.dispose()
        with HallProcess(tmp_path / "before", authority.pem, before) as hall:
            desk = Desk(hall.url, "ST-1")
            assert desk.enrol(code).status_code == 200
            assert desk.sign_in(clerk).status_code == 200
            assert Journal(clerk, desk.key).lease(desk, 5)["first"] == 1
        copied(before, after, tmp_path / "dump")

        again = HallProcess(tmp_path / "after", authority.pem, after)
        with pytest.raises(HallNotReady) as refused:
            again.start()
        assert "DATABASE_RESTORED" in str(refused.value)
        assert hall_main("restored", "--database", after).stderr.startswith("LAST_EPOCH_NEEDED")
        done = hall_main("restored", "--database", after, "--last-epoch", "1")
        assert (done.returncode, done.stdout) == (0, "epoch: 2\n")
        with again as hall:
            desk = Desk(hall.url, "ST-1", desk.key)
            assert desk.sign_in(clerk).status_code == 200
            block = Journal(clerk, desk.key).lease(desk, 5)
            assert (block["epoch"], block["first"]) == (2, 1)

        engine = open_engine(after)
        with engine.connect() as connection:
            audit = tables.audit.c
            noted = connection.execute(
                select(audit.subject, audit.facts).where(audit.action == "database.restored")
            ).all()
        assert [tuple(row) for row in noted] == [("442000", '{"epoch":2,"epoch_before":1}')]
        assert not verify_audit(engine).findings
        engine.dispose()
