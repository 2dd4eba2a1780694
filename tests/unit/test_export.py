"""A line as an export has it, and a journal taken out of its station."""

import base64
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_client.auditing.errors import ExportNotWritten, ExportThere
from clerk_client.auditing.exporting import write_export
from clerk_client.wire.export import (
    CERTIFICATES,
    LINES,
    ExportNotCanonical,
    LineNewer,
    certificate_mark,
    exported,
    read_exported,
)
from clerk_client.wire.lines import Line, LineError, canonical
from tests.helpers.made_journal import clerks, made_lines

MADE = made_lines(3)


def nothing_kept(_: str) -> None:
    return None


def test_line_reads_back_with_its_hash_and_without_an_erased_body() -> None:
    for line in MADE:
        read = read_exported(exported(line))
        assert (read.head, read.body, read.signature) == (line.head, line.body, line.signature)
        assert (read.hash, read.body_is_right) == (line.hash, True)
        erased = read_exported(exported(line, erased=True))
        assert (erased.body, erased.hash, erased.body_is_right) == (None, line.hash, True)


json_texts = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none() | json_texts | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(json_texts, inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.dictionaries(json_texts, json_values, max_size=5))
def test_every_body_is_read_in_the_bytes_of_rfc_8785_and_no_other(body: dict[str, Any]) -> None:
    line = Line(MADE[0].head, body, b"signature")
    text = exported(line)
    assert read_exported(text).body == body
    loose = json.dumps(line.to_json(), ensure_ascii=False).encode()
    with pytest.raises(LineError):
        read_exported(loose)


def test_keys_beyond_the_basic_plane_stand_in_the_order_of_utf_16() -> None:
    body = {"\ufb33": 1, "\U0001f600": 2}
    text = exported(Line(MADE[0].head, body, b"s"))
    assert text.index("\U0001f600".encode()) < text.index("\ufb33".encode())
    assert read_exported(text).body == body
    by_code_point = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    with pytest.raises(ExportNotCanonical):
        read_exported(text.replace(canonical(body), by_code_point.encode()))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(json_values | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_no_json_breaks_the_reading_of_an_export(value: Any) -> None:
    with pytest.raises(LineError):
        read_exported(json.dumps(value).encode())


def test_version_of_a_newer_client_is_told_as_that() -> None:
    fields = {**MADE[0].to_json(), "head": {"v": 2, "more": 1}}
    with pytest.raises(LineNewer) as told:
        read_exported(canonical(fields))
    assert told.value.version == 2


@pytest.mark.parametrize("text", [rb"\ud800", rb"\u0041", rb"\u00e9", rb"\/"])
def test_texts_have_one_spelling(text: bytes) -> None:
    line = exported(Line(MADE[0].head, {"name": "NAME"}, b"s"))
    with pytest.raises(LineError):
        read_exported(line.replace(b"NAME", text))


# --- a journal into a folder ---------------------------------------------------------------------


def test_export_holds_lines_and_the_certificates_that_the_station_kept(tmp_path: Path) -> None:
    rsa, ec = clerks()
    kept = {certificate_mark(rsa.cert_sha256): base64.b64encode(rsa.der).decode()}
    kept[certificate_mark(ec.cert_sha256)] = base64.b64encode(rsa.der).decode()  # not that one
    written = write_export(tmp_path / "导出", MADE, kept.get)
    assert (written.lines, written.head) == (3, MADE[-1].hash)
    assert (written.certificates, written.missing) == (1, 1)
    content = (tmp_path / "导出" / LINES).read_bytes()
    assert content == b"".join(line.canonical() + b"\n" for line in MADE)
    assert (tmp_path / "导出" / CERTIFICATES).read_bytes().count(b"BEGIN CERTIFICATE") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["导出"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_export_is_readable_by_this_account_alone(tmp_path: Path) -> None:
    write_export(tmp_path / "out", MADE, nothing_kept)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "out" / LINES).stat().st_mode) == 0o600


def test_export_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    for name in ("file", "folder"):
        with pytest.raises(ExportThere):
            write_export(tmp_path / name, MADE, nothing_kept)
    assert (tmp_path / "file").read_text() == "mine"
    for place in (tmp_path / "no" / "where", tmp_path / "file" / "in"):
        with pytest.raises(ExportNotWritten):
            write_export(place, MADE, nothing_kept)


def test_export_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def lines() -> Iterator[Line]:
        yield MADE[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_export(tmp_path / "out", lines(), nothing_kept)
    assert list(tmp_path.iterdir()) == []
