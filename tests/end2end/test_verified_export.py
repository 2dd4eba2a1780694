"""What IT takes out of a station is whole: an auditor needs the hall's trust, and no more."""

from contextlib import closing
from pathlib import Path

import pytest

from clerk_client.__main__ import main
from clerk_client.app.record_rooms import record_rooms
from tests.end2end.test_main_job import form
from tests.helpers.station import CLERK, SUPERVISOR, Station, opened_key


def test_export_brings_the_certificates_of_all_who_signed_the_key_beside_too(
    station: Station, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trust, out = tmp_path / "trust.json", tmp_path / "out"
    with station.opened() as parts:
        desk = parts.desk()
        desk.sign_in(opened_key(parts, CLERK.name, "123456"))
        rooms = record_rooms(parts)
        acceptance = desk.accept(form(desk.choose("GA-LG")))
        parts.paperwork().print_receipt(acceptance)
        rooms.voiding.request(acceptance.number, "选错了事项")
        with closing(opened_key(parts, SUPERVISOR.name, "654321")) as key:
            rooms.voiding.approve_beside(acceptance.number, key)
        trust.write_text(parts.client().trust().model_dump_json(), encoding="utf-8")
        lines = parts.journal().last_seq
    assert main(["--station", str(station.settings), "export", str(out)]) == 0
    assert "EXPORT_CERTIFICATES_MISSING" not in capsys.readouterr().out
    assert (out / "certificates.pem").read_text().count("BEGIN CERTIFICATE") == 2
    assert main(["verify", str(out), "--trust", str(trust)]) == 0
    assert str(lines) in capsys.readouterr().out
