"""An auditor finds whatever was done to an exported journal, and nothing in an untouched one."""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_client.auditing.audit import Audit, Checked, Finding
from clerk_client.auditing.heads import PrintedHead
from clerk_client.auditing.rows import rows
from clerk_client.auditing.signers import Signers
from clerk_client.domain.numbers import official_number, provisional_number
from clerk_client.wire.export import exported
from clerk_client.wire.lines import Line
from tests.helpers.made_journal import START, MadeJournal, clerks, made_lines, made_trust
from tests.helpers.small_hall import HALL, WINDOW

examples = settings(max_examples=400, deadline=None, derandomize=True)
few = settings(max_examples=100, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def signers(tmp_path_factory: pytest.TempPathFactory) -> Signers:
    return Signers(made_trust(tmp_path_factory.mktemp("trust")))


LINES = made_lines()
TEXTS = [exported(line) for line in LINES]
FOREIGN = [exported(line) for line in made_lines(4)]
END = PrintedHead(LINES[-1].hash)


def as_file(texts: Iterable[bytes]) -> bytes:
    return b"".join(text + b"\n" for text in texts)


def audited(
    signers: Signers, content: bytes, heads: Sequence[PrintedHead] = ()
) -> tuple[list[Finding], Checked]:
    with closing(Audit(signers, heads)) as audit:
        return list(audit.findings(rows(io.BytesIO(content)))), audit.checked


def codes(signers: Signers, lines: Iterable[Line], *heads: PrintedHead) -> list[tuple[int, str]]:
    findings, _ = audited(signers, as_file(map(exported, lines)), heads)
    return [(finding.row, finding.code) for finding in findings]


# --- whatever is done to it ----------------------------------------------------------------------


def test_nothing_is_found_in_an_untouched_journal(signers: Signers) -> None:
    findings, checked = audited(signers, as_file(TEXTS), [END, PrintedHead(LINES[2].hash)])
    assert findings == []
    assert (checked.lines, checked.erased, checked.head) == (9, 0, LINES[-1].hash)
    assert (checked.first_at, checked.last_at) == (LINES[0].head.done_at, LINES[-1].head.done_at)


@few
@given(st.sets(st.integers(0, len(LINES) - 1)))
def test_nothing_is_found_after_any_bodies_were_erased(signers: Signers, erased: set[int]) -> None:
    texts = [exported(line, erased=at in erased) for at, line in enumerate(LINES)]
    findings, checked = audited(signers, as_file(texts), [END])
    assert findings == []
    assert checked.erased == len(erased)


@examples
@given(st.data())
def test_any_changed_byte_is_found(signers: Signers, data: st.DataObject) -> None:
    content = bytearray(as_file(TEXTS))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    assert audited(signers, bytes(content))[0]


@few
@given(st.data())
def test_any_inserted_or_removed_byte_is_found(signers: Signers, data: st.DataObject) -> None:
    content = as_file(TEXTS)
    at = data.draw(st.integers(0, len(content)))
    gone = data.draw(st.integers(0, 3))
    put = data.draw(st.binary(max_size=3))
    changed = content[:at] + put + content[at + gone :]
    assert changed == content or audited(signers, changed, [END])[0]


@few
@given(st.permutations(range(len(LINES))))
def test_any_other_order_is_found(signers: Signers, order: list[int]) -> None:
    findings, _ = audited(signers, as_file(TEXTS[at] for at in order))
    assert bool(findings) == (order != sorted(order))


@few
@given(st.sets(st.integers(0, len(LINES) - 1), min_size=1))
def test_any_missing_rows_are_found(signers: Signers, gone: set[int]) -> None:
    kept = [text for at, text in enumerate(TEXTS) if at not in gone]
    assert audited(signers, as_file(kept), [END])[0]


@few
@given(st.integers(0, len(LINES) - 1))
def test_a_cut_tail_is_found_with_a_printed_head_and_only_then(signers: Signers, left: int) -> None:
    kept = as_file(TEXTS[:left])
    assert "HEAD_MISSING" in [f.code for f in audited(signers, kept, [END])[0]]
    assert bool(audited(signers, kept)[0]) == (left == 0)


@few
@given(st.integers(0, len(LINES)), st.sampled_from([*TEXTS, *FOREIGN, b"", b"\x00\xff", b"{}"]))
def test_any_inserted_row_is_found(signers: Signers, at: int, row: bytes) -> None:
    assert audited(signers, as_file([*TEXTS[:at], row, *TEXTS[at:]]))[0]


@few
@given(st.binary(max_size=2000))
def test_garbage_is_told_and_never_raises(signers: Signers, content: bytes) -> None:
    assert audited(signers, content)[0]


# --- how it is told ------------------------------------------------------------------------------


def test_one_deed_is_told_once_and_not_for_each_line_after_it(signers: Signers) -> None:
    lines = LINES
    assert codes(signers, [*lines[:3], *lines[5:]]) == [(4, "LINES_MISSING")]
    assert codes(signers, [*lines[:5], lines[2], *lines[5:]]) == [(6, "LINE_REPEATED")]
    assert codes(signers, [lines[1], lines[0], *lines[2:]])[0] == (1, "LINES_MISSING")
    changed = replace(lines[4], body={**lines[4].body, "reprint": 7})
    assert codes(signers, [*lines[:4], changed, *lines[5:]]) == [(5, "LINE_BODY_CHANGED")]
    foreign = made_lines(3)
    mixed = codes(signers, [*lines[:4], *foreign, *lines[4:]])
    assert mixed[0] == (5, "LINE_OTHER_JOURNAL")
    assert {code for _, code in mixed} == {"LINE_OTHER_JOURNAL", "LINE_NUMBER_TWICE"}


def test_missing_lines_are_named(signers: Signers) -> None:
    findings, _ = audited(signers, as_file(TEXTS[:3] + TEXTS[5:]))
    assert [(f.seq, dict(f.facts)) for f in findings] == [(6, {"first": 4, "last": 5})]


def test_unreadable_row_is_not_held_against_the_rows_after_it(signers: Signers) -> None:
    for row, code in (
        (b"\xc3\x28", "EXPORT_NOT_UTF8"),
        (b"{", "EXPORT_NOT_JSON"),
        (b"[" * 100_000, "EXPORT_NOT_JSON"),
        (b"1e5", "EXPORT_NOT_JSON"),
        (b"{}", "LINE_FORMAT"),
        (TEXTS[4].replace(b'"head":', b'"head": '), "EXPORT_NOT_CANONICAL"),
        (b"x" * (1024 * 1024 + 1), "EXPORT_LINE_TOO_LONG"),
    ):
        findings, _ = audited(signers, as_file([*TEXTS[:4], row, *TEXTS[5:]]), [END])
        assert [(f.row, f.code) for f in findings] == [(5, code)], row[:20]
    assert [f.row for f in audited(signers, as_file([b"{", *TEXTS[1:]]))[0]] == [1]


def test_what_other_programs_do_to_a_file_has_codes(signers: Signers) -> None:
    content = as_file(TEXTS)
    for changed, found in (
        (b"\xef\xbb\xbf" + content, [(1, "EXPORT_BOM")]),
        (content.replace(b"\n", b"\r\n"), [(1, "EXPORT_CRLF")]),
        (content[:-1], [(9, "EXPORT_CUT")]),
        (content + b"\n", [(10, "EXPORT_BLANK_LINE")]),
        (b"", [(0, "EXPORT_EMPTY")]),
    ):
        findings, _ = audited(signers, changed)
        assert [(f.row, f.code) for f in findings] == found


def test_two_lines_at_one_place_are_both_named(signers: Signers) -> None:
    journal = MadeJournal()
    first = journal.act()
    second = journal.paper()
    journal.seq, journal.prev = first.head.seq, first.hash
    other, after = journal.paper(), journal.paper()
    found = codes(signers, [first, second, other, after])
    assert found[0] == (3, "LINE_SEQ_TWICE")


def test_line_of_a_newer_client_is_told_as_that(signers: Signers) -> None:
    journal = MadeJournal()
    lines = [journal.paper(), journal.paper(kind="hologram"), journal.paper(v=2), journal.paper()]
    assert codes(signers, lines) == [(2, "LINE_KIND_NEWER"), (3, "LINE_VERSION_NEWER")]


def test_clerk_and_station_sign_only_what_is_theirs(signers: Signers) -> None:
    journal = MadeJournal()
    by_station = journal.line(journal.station, {}, kind="noticed", done_at=LINES[0].head.done_at)
    lines = [by_station, journal.act(kind="printed")]
    assert codes(signers, lines) == [(1, "LINE_SIGNER_WRONG"), (2, "LINE_SIGNER_WRONG")]


def test_numbers_of_acceptances_are_right_and_used_once(signers: Signers) -> None:
    journal = MadeJournal()
    number = official_number(HALL, 2026, 1, 77)
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    offline = provisional_number(WINDOW, START.date(), journal.id, 1)
    lines = [
        journal.act(number=number),
        journal.act(number=wrong),
        journal.act(number=number),
        journal.line(journal.clerk, {}, kind="accepted", done_at=LINES[0].head.done_at),
        journal.act(number=offline),
        # Another kind may bear the number again.
        journal.paper(number=number),
    ]
    assert codes(signers, lines) == [
        (2, "LINE_NUMBER_WRONG"),
        (3, "LINE_NUMBER_TWICE"),
        (4, "LINE_WITHOUT_NUMBER"),
    ]


def test_paper_with_another_number_beside_the_head_is_told(signers: Signers) -> None:
    number = LINES[0].head.number or ""
    assert codes(signers, LINES, PrintedHead(LINES[0].hash, number)) == []
    other = PrintedHead(LINES[0].hash, official_number(HALL, 2026, 1, 99))
    assert codes(signers, LINES, other) == [(1, "HEAD_OTHER_NUMBER")]


def test_signature_of_another_line_is_wrong(signers: Signers) -> None:
    swapped = replace(LINES[0], signature=LINES[3].signature)
    assert codes(signers, [swapped]) == [(1, "LINE_SIGNATURE_WRONG")]


def test_line_says_when_and_where_in_the_only_form(signers: Signers) -> None:
    heads: list[dict[str, Any]] = [
        {"done_at": "2026-13-01T00:00:00.000Z"},
        {"done_at": "2026-11-21T01:12:00Z"},
        {"done_at": "2026-11-21T09:12:00.000+08:00"},
        {"done_at": "2026-11-21T01:12:00.000"},
        {"done_at": "2026-W47-6T01:12:00.000Z"},
        {"key": "k"},
        {"seq": 0},
        {"seq": -5},
        {"journal": "J"},
    ]
    for head in heads:
        assert codes(signers, [MadeJournal().paper(**head)]) == [(1, "LINE_FORMAT")]


def test_many_journals_in_one_file_are_told_by_their_runs(signers: Signers) -> None:
    def every() -> Iterator[Line]:
        for _ in range(30):
            yield MadeJournal().paper()

    assert len(codes(signers, every())) == 29


def test_keys_in_the_test_are_of_three_kinds() -> None:
    assert {line.head.alg for line in LINES} == {"RS256", "ES256", "Ed25519"}
    assert len({clerk.cert_sha256 for clerk in clerks()}) == 2
