"""What holds for every call: versions, sizes, garbage, problems."""

import json
import socket
from typing import Any

import pytest
import requests

from clerk_client.wire.messages import CONTRACT
from tests.hall.conftest import Town
from tests.hall.desk import Desk, Journal

LIMIT = 2 * 1024 * 1024


def is_problem(answer: requests.Response, status: int, code: str) -> bool:
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["clerk-contract"] == CONTRACT
    assert {"type", "title", "status", "code"} <= set(problem)
    return bool((answer.status_code, problem["status"], problem["code"]) == (status, status, code))


def test_health_and_trust_need_no_session(town: Town) -> None:
    for path in ("health", "trust"):
        answer = requests.get(f"{town.hall.url}/api/v1/{path}", timeout=20)
        assert answer.status_code == 200
        assert answer.headers["clerk-contract"] == CONTRACT
    health = requests.get(f"{town.hall.url}/api/v1/health", timeout=20).json()
    assert (health["status"], health["hall"]) == ("ok", "442000")


@pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/nothing", "/docs", "/openapi.json"])
def test_a_call_that_the_contract_does_not_have_is_not_found(town: Town, path: str) -> None:
    assert is_problem(requests.get(town.hall.url + path, timeout=20), 404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["health/", "/health", "clerks/", "attachments/", "tickets/A/B"])
def test_a_slash_too_many_is_another_path_and_no_redirect(signed_in: Desk, path: str) -> None:
    answer = signed_in.get(path, allow_redirects=False)
    assert is_problem(answer, 404, "NOT_FOUND")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_a_call_under_another_method_is_told_and_which_there_are(town: Town, method: str) -> None:
    for path, allowed in (
        ("health", "GET"),
        ("clerks", "GET, POST"),
        ("clerks/C01", "PATCH"),
        ("stations", "POST"),
    ):
        answer = requests.request(method, f"{town.hall.url}/api/v1/{path}", timeout=20)
        assert is_problem(answer, 405, "METHOD_NOT_ALLOWED")
        assert answer.headers["allow"] == allowed


def test_a_head_is_answered_without_a_body(town: Town) -> None:
    answer = requests.head(f"{town.hall.url}/api/v1/health", timeout=20)
    assert (answer.status_code, answer.content, answer.headers["allow"]) == (405, b"", "GET")


@pytest.mark.parametrize("query", ["limit=1&limit=1", "since=0&limit=1&sin%63e=3", "a=&a="])
def test_a_parameter_that_is_sent_twice_is_refused(signed_in: Desk, query: str) -> None:
    assert is_problem(signed_in.get(f"matters?{query}"), 400, "REQUEST_MALFORMED")


def test_a_parameter_of_the_future_is_ignored(signed_in: Desk) -> None:
    assert signed_in.get("matters?limit=1&colour=red").status_code == 200


@pytest.mark.parametrize(
    "version", ["2.0", "0.9", "9.9", "", "garbage", "1", "1.x", "1.0.0", "-1.0", b"1.\xff", "11.0"]
)
def test_a_client_of_another_major_version_is_told_to_update(
    signed_in: Desk, version: str | bytes
) -> None:
    answer = signed_in.get("matters", headers={"Clerk-Contract": version})
    assert is_problem(answer, 426, "CONTRACT_TOO_OLD")
    assert answer.json()["facts"] == {"supported": CONTRACT}


@pytest.mark.parametrize("version", ["1.0", CONTRACT, "1.7", "1.9999"])
def test_an_older_and_a_newer_minor_version_are_fine(signed_in: Desk, version: str) -> None:
    answer = signed_in.get("matters", headers={"Clerk-Contract": version})
    assert answer.status_code == 200
    assert answer.headers["clerk-contract"] == CONTRACT


@pytest.mark.parametrize("version", ["0.1", "1.0", "2.0", "garbage", "", b"1.\xff"])
def test_records_are_taken_from_a_client_of_any_version(
    signed_in: Desk, journal: Journal, version: str | bytes
) -> None:
    lines = {"lines": [journal.accepted().to_json()]}
    headers = {"Clerk-Contract": version}
    answer = signed_in.call("POST", "records", json=lines, headers=headers)
    assert answer.json()["answers"][0]["outcome"] == "settled"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b"'; DROP TABLE lines; --",
        b"[" * 100_000,
        b'{"lines":' + b"9" * 5000 + b"}",
        json.dumps({"lines": []}).encode(),
        json.dumps({"lines": [{}] * 101}).encode(),
        json.dumps({"lines": ["x"]}).encode(),
        json.dumps({"lines": [{}], "more": 1}).encode(),
        json.dumps({"lines": [{}], "\ud800": 1}).encode(),
    ],
)
def test_garbage_is_refused_with_a_code(signed_in: Desk, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = signed_in.call("POST", "records", data=body, headers=headers)
    assert is_problem(answer, 422, "REQUEST_INVALID")


def test_a_refused_request_is_not_repeated_in_the_answer(town: Town) -> None:
    fields = {"station": "ST-1", "cert_sha256": "442000199001011234"}
    answer = requests.post(f"{town.hall.url}/api/v1/auth/challenge", json=fields, timeout=20)
    assert is_problem(answer, 422, "REQUEST_INVALID")
    assert answer.json()["facts"] == {"body.cert_sha256": "string_pattern_mismatch"}
    assert "442000199001011234" not in answer.text


@pytest.mark.parametrize("query", ["since=-1", "since=1e99", "since=" + "9" * 30, "limit=0"])
def test_numbers_out_of_range_are_refused(signed_in: Desk, query: str) -> None:
    assert is_problem(signed_in.get(f"matters?{query}"), 422, "REQUEST_INVALID")


def test_a_body_of_the_largest_size_is_read_and_one_byte_more_is_not(signed_in: Desk) -> None:
    def sent(size: int) -> requests.Response:
        body = json.dumps({"lines": [{"pad": ""}]}).encode()
        body = body.replace(b'""', b'"' + b"x" * (size - len(body)) + b'"')
        assert len(body) == size
        headers = {"Content-Type": "application/json"}
        return signed_in.call("POST", "records", data=body, headers=headers)

    assert sent(LIMIT).json()["answers"][0]["code"] == "LINE_FORMAT"
    assert is_problem(sent(LIMIT + 1), 413, "REQUEST_TOO_LARGE")


def test_a_body_without_a_length_is_measured_too(signed_in: Desk) -> None:
    chunks = (b"x" * 65536 for _ in range(LIMIT // 65536 + 1))
    answer = signed_in.call("POST", "records", data=chunks)
    assert is_problem(answer, 413, "REQUEST_TOO_LARGE")


def test_a_caller_that_leaves_in_the_middle_leaves_nothing_behind(town: Town) -> None:
    with socket.create_connection(("127.0.0.1", town.hall.port)) as connection:
        connection.sendall(
            b"POST /api/v1/auth/challenge HTTP/1.1\r\nHost: hall\r\nContent-Length: 100\r\n\r\n{"
        )
    assert requests.get(f"{town.hall.url}/api/v1/health", timeout=20).status_code == 200
    assert "Traceback" not in town.hall.log


def test_nothing_of_a_person_reaches_the_log(town: Town, signed_in: Desk, journal: Journal) -> None:
    body: dict[str, Any] = {"applicant": {"name": "欧阳娜娜", "number": "442000199001011234"}}
    signed_in.sent(journal.accepted(body))
    signed_in.get("appointments/YY0001?name=欧阳娜娜")
    signed_in.get("tickets/A023")
    log = town.hall.log
    assert "/api/v1/appointments/{number}" in log
    for secret in ("欧阳娜娜", "442000199001011234", "YY0001", "A023", "张三", signed_in.token):
        assert secret not in log
