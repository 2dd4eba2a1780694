"""The signed line: canonical bytes, chain, and that no change goes unseen."""

import base64
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_client.hall_link.station_key import StationKey
from clerk_client.wire.lines import (
    FIRST_PREV,
    Head,
    Line,
    LineError,
    body_sha256,
    canonical,
    line_from_json,
    parsed_export,
    salted,
)
from clerk_client.wire.receipt_code import (
    ReceiptCode,
    ReceiptCodeInvalid,
    opened,
    opened_by,
    sealed,
)
from clerk_client.wire.verify import chain_faults, line_fault

STATION = StationKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def a_line(seq: int = 1, prev: str = FIRST_PREV, name: str = "张三") -> Line:
    body = salted({"applicant": {"name": name}})
    head = Head(
        journal="11111111-1111-4111-8111-111111111111",
        seq=seq,
        prev=prev,
        key=f"22222222-2222-4222-8222-{seq:012d}",
        kind="printed",
        done_at="2026-11-21T01:12:00.000Z",
        clock_offset_ms=-12,
        decided_offline=False,
        hall="442000",
        window="B12",
        clerk="ZS-0001",
        cert_sha256=STATION.cert_sha256,
        alg=STATION.alg,
        number=None,
        category=None,
        matter=None,
        body_sha256=body_sha256(body),
    )
    return Line(head, body, STATION.sign(head.canonical()))


def test_canonical_bytes_are_those_of_rfc_8785() -> None:
    assert (
        canonical({"b": 1, "a": "é€", "1": [True, None]})
        == '{"1":[true,null],"a":"é€","b":1}'.encode()
    )


def test_no_float_reaches_a_signed_line() -> None:
    with pytest.raises(LineError):
        canonical({"fee": [1, {"yuan": 1.5}]})


def test_text_is_signed_in_one_normal_form() -> None:
    assert salted({"name": "e\u0301"})["name"] == "é"


def test_two_equal_bodies_have_different_hashes() -> None:
    assert body_sha256(salted({"a": 1})) != body_sha256(salted({"a": 1}))


def test_a_line_survives_export_to_the_byte() -> None:
    line = a_line()
    assert parsed_export(line.canonical()) == line
    with pytest.raises(LineError):
        parsed_export(json.dumps(line.to_json()).encode())


@settings(max_examples=300)
@given(st.data())
def test_any_changed_byte_of_an_exported_chain_is_found(data: st.DataObject) -> None:
    first = a_line()
    lines = [first, a_line(2, first.hash, "李四")]
    exported = bytearray(b"\n".join(line.canonical() for line in lines))
    at = data.draw(st.integers(0, len(exported) - 1))
    exported[at] ^= data.draw(st.integers(1, 255))
    try:
        read = [parsed_export(text) for text in bytes(exported).split(b"\n")]
    except LineError:
        return
    assert list(chain_faults(read, lambda line: STATION.public)) or len(read) != 2


def test_a_chain_without_change_has_no_fault() -> None:
    first = a_line()
    assert not list(chain_faults([first, a_line(2, first.hash)], lambda line: STATION.public))


def test_a_missing_line_breaks_the_chain() -> None:
    first = a_line()
    second = a_line(2, first.hash)
    third = a_line(3, second.hash)
    faults = list(chain_faults([first, third], lambda line: STATION.public))
    assert [(f.seq, f.code, f.facts) for f in faults] == [
        (3, "LINES_MISSING", {"first": 2, "last": 2})
    ]


def test_a_replaced_line_breaks_the_chain_once() -> None:
    first = a_line()
    second = a_line(2, first.hash)
    lines = [first, a_line(2, first.hash, "李四"), a_line(3, second.hash)]
    lines.append(a_line(4, lines[-1].hash))
    faults = list(chain_faults(lines, lambda line: STATION.public))
    assert [(f.seq, f.code) for f in faults] == [(3, "LINE_CHAIN_BROKEN")]


def test_a_line_of_another_journal_is_no_part_of_the_chain() -> None:
    first = a_line()
    other = replace(a_line(2, first.hash), head=replace(a_line().head, journal="other"))
    faults = chain_faults([first, other, a_line(2, first.hash)], lambda line: STATION.public)
    assert [f.code for f in faults] == ["LINE_OTHER_JOURNAL"]


def test_each_fault_of_a_line_has_its_code() -> None:
    line = a_line()
    other = Ed25519PrivateKey.generate().public_key()
    changed = replace(line, body={**line.body, "applicant": {"name": "李四"}})
    codes = [
        line_fault(changed, STATION.public),
        line_fault(line, None),
        line_fault(line, other),
    ]
    assert [fault.code for fault in codes if fault] == [
        "LINE_BODY_CHANGED",
        "LINE_SIGNER_UNKNOWN",
        "LINE_SIGNATURE_WRONG",
    ]


@given(
    st.recursive(
        st.none() | st.text() | st.integers() | st.booleans(),
        lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    )
)
def test_no_json_breaks_the_reading_of_a_line(fields: object) -> None:
    with pytest.raises(LineError):
        line_from_json(fields)


def test_a_receipts_code_is_checked_with_the_stations_public_key() -> None:
    code = ReceiptCode("4420002026100000015", "2026-11-21T01:12:00.000Z", "SJ012", "B12", "ab" * 32)
    text = sealed(code, STATION)
    assert opened(text, STATION.public) == code
    assert len(text) < 300
    for wrong in (text.replace("SJ012", "SJ013"), text[:-2] + "AA", "R1|x", "", text + "="):
        with pytest.raises(ReceiptCodeInvalid):
            opened(wrong, STATION.public)


def test_receipt_code_tells_which_station_signed_it() -> None:
    other = StationKey(Ed25519PrivateKey.generate())
    code = ReceiptCode("4420002026100000015", "2026-11-21T01:12:00.000Z", "SJ012", "B12", "ab" * 32)
    stations = [("S01", other.public), ("S02", STATION.public)]
    assert opened_by(sealed(code, STATION), stations) == ("S02", code)
    with pytest.raises(ReceiptCodeInvalid):
        opened_by(sealed(code, STATION), stations[:1])
    with pytest.raises(ReceiptCodeInvalid):
        opened(sealed(replace(code, line_hash="ab"), STATION), STATION.public)


def test_a_dpop_proof_names_method_address_and_token() -> None:
    import jwt

    from clerk_client.domain.clock import from_rfc3339

    moment = from_rfc3339("2026-11-21T01:12:00.000Z")
    proof = STATION.proof("POST", "http://hall.invalid/api/v1/records", moment, "token")
    head = jwt.get_unverified_header(proof)
    claims = jwt.decode(proof, STATION.public, algorithms=["EdDSA"], options={"verify_iat": False})
    x = base64.urlsafe_b64decode(head["jwk"]["x"] + "=")
    assert (head["typ"], x) == ("dpop+jwt", STATION.public_bytes)
    assert (claims["htm"], claims["iat"]) == ("POST", int(moment.timestamp()))
    assert set(claims) == {"jti", "htm", "htu", "iat", "ath"}
