"""The shipped OpenAPI document says what the service does, and the page about it says the same."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import resources
from clerk_client.hall.access.rights import RIGHTS
from clerk_client.hall.api import contract_app
from clerk_client.hall.openapi import description, operations, text
from clerk_client.hall.refusals import OF_CALL, refusals, status_of
from clerk_client.wire.messages import CONTRACT

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"
CALLS = sorted(RIGHTS)


@pytest.fixture(scope="module")
def document() -> Any:
    return description(contract_app())


def test_the_shipped_document_is_what_the_command_prints() -> None:
    command = [sys.executable, "-m", "clerk_client.hall", "openapi"]
    printed = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    assert printed.decode() == resources.text("openapi.json")


def test_the_shipped_document_is_the_services_own() -> None:
    assert text(contract_app()) == resources.text("openapi.json")


def test_the_document_has_every_call_once_under_a_stable_name(document: Any) -> None:
    found = {(method, path): each for method, path, each in operations(document)}
    assert found.keys() == RIGHTS.keys()
    names = [each["operationId"] for each in found.values()]
    assert len(set(names)) == len(names)
    assert found["GET", "/tickets/{number}"]["operationId"] == "get_ticket"
    assert document["info"]["version"] == CONTRACT


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_each_call_tells_what_it_is_for_who_may_and_how_it_is_refused(
    document: Any, call: tuple[str, str]
) -> None:
    operation = {(method, path): each for method, path, each in operations(document)}[call]
    assert re.fullmatch(r"[A-Z][^\n]*\.", operation["summary"])
    schemes = [set(each) for each in operation["security"]]
    roles = RIGHTS[call]
    if roles is not None:
        assert schemes == [{"session", "proof"}]
        assert all(role.value in operation["description"] for role in roles)
    else:
        assert {"session"} not in schemes
    told = {
        (int(status), code)
        for status, answer in operation["responses"].items()
        for code in resolved(document, answer).get("x-problem-codes", ())
    }
    needed = refusals(*call, needs_session=roles is not None)
    assert told == {(status_of(each), each.code) for each in needed}
    assert [status for status in operation["responses"] if status.startswith("2")]


def test_every_answer_bears_the_contracts_version(document: Any) -> None:
    for _, _, operation in operations(document):
        for answer in operation["responses"].values():
            assert "Clerk-Contract" in resolved(document, answer)["headers"]


def test_records_are_taken_in_any_version(document: Any) -> None:
    found = {(method, path): each for method, path, each in operations(document)}
    assert "426" not in found["POST", "/records"]["responses"]
    assert "parameters" not in found["POST", "/records"]


def test_every_reference_leads_somewhere(document: Any) -> None:
    for reference in references(document):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_no_refusal_is_told_of_a_call_that_there_is_not() -> None:
    assert OF_CALL.keys() <= RIGHTS.keys()


def test_the_page_names_every_problem_code_with_its_status() -> None:
    written = re.findall(r"^\| `([A-Z_]+)` \| (\d{3}) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    beside = [("NOT_FOUND", "404"), ("METHOD_NOT_ALLOWED", "405")]
    given = {
        (each.code, str(status_of(each)))
        for call, roles in RIGHTS.items()
        for each in refusals(*call, needs_session=roles is not None)
    }
    assert len(set(written)) == len(written)
    assert sorted(written) == sorted({*given, *beside})


def test_the_page_speaks_of_the_version_that_is_shipped() -> None:
    assert f"`{CONTRACT}`" in PAGE.read_text("utf-8")


def resolved(document: Any, answer: Any) -> Any:
    name = answer.get("$ref", "").rpartition("/")[2]
    return document["components"]["responses"][name] if name else answer


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for each in part.values():
            yield from references(each)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)
