"""IT keeps clerks, departments, windows and roles; what was used is retired, never deleted."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tests.hall.conftest import Town
from tests.hall.desk import ClerkKey, Desk, clerk_key

_names = count(1)


@pytest.fixture(scope="module")
def it(town: Town) -> Desk:
    """A station where IT works."""
    desk = town.desk()
    assert desk.sign_in(town.keys["T01"]).status_code == 200
    return desk


@pytest.fixture
def newcomer(town: Town, it: Desk) -> tuple[str, ClerkKey]:
    """A clerk whom IT added, and their key."""
    code = f"N{next(_names):03}"
    fields = {"code": code, "name": "新来的", "role": "clerk", "identity": f"ZS-{code}"}
    answer = it.post("clerks", fields)
    assert answer.status_code == 200, answer.text
    return code, clerk_key(town.authority, "新来的", f"ZS-{code}")


def changed(desk: Desk, path: str, **fields: object) -> tuple[int, str]:
    """Status and code of the answer."""
    answer = desk.call("PATCH", path, json=fields)
    return answer.status_code, answer.json().get("code", "") if answer.status_code > 299 else ""


def test_a_clerk_whom_it_adds_signs_in_at_once(town: Town, newcomer: tuple[str, ClerkKey]) -> None:
    answer = town.desk().sign_in(newcomer[1])
    assert answer.status_code == 200
    assert answer.json()["clerk"] == {"code": newcomer[0], "name": "新来的", "role": "clerk"}


def test_of_two_who_add_the_same_at_once_one_adds_and_both_are_told_so(it: Desk) -> None:
    for turn in range(3):
        code = f"TWICE{turn}"
        fields = {"code": code, "name": "新来的", "role": "clerk", "identity": f"ZS-{code}"}
        with ThreadPoolExecutor(4) as pool:
            same = list(pool.map(lambda _, sent=fields: it.post("clerks", sent), range(4)))
            assert [answer.status_code for answer in same] == [200] * 4
            rivals = [{**fields, "code": f"{code}{each}", "identity": code} for each in range(4)]
            answers = list(pool.map(lambda sent: it.post("clerks", sent), rivals))
        told = sorted((answer.status_code, answer.json().get("code", "")) for answer in answers)
        assert [status for status, _ in told] == [200, 409, 409, 409]
        assert {code for status, code in told if status == 409} == {"DIRECTORY_TAKEN"}
        assert len({answer.text for answer in same}) == 1


def test_of_two_changes_to_one_certificate_at_once_one_is_refused(it: Desk) -> None:
    codes = []
    for turn in range(4):
        codes.append(f"CHANGE{turn}")
        fields = {"code": codes[-1], "name": "新来的", "role": "clerk", "identity": codes[-1]}
        assert it.post("clerks", fields).status_code == 200
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda code: changed(it, f"clerks/{code}", identity="ONE"), codes))
    assert sorted(told) == [(200, ""), *[(409, "DIRECTORY_TAKEN")] * 3]


def test_a_text_that_grows_when_it_is_normalised_is_measured_after_that(it: Desk) -> None:
    fields = {"code": "\u0958" * 80, "name": "新来的", "role": "clerk", "identity": "ZS-LONG"}
    answer = it.post("clerks", fields)
    assert (answer.status_code, answer.json()["facts"]) == (422, {"field": "code"})


@pytest.mark.parametrize("change", [{"locked": True}, {"retired": True}])
def test_a_lock_or_a_retirement_ends_the_session_and_bars_the_next(
    town: Town, it: Desk, newcomer: tuple[str, ClerkKey], change: dict[str, bool]
) -> None:
    code, key = newcomer
    desk = town.desk()
    assert desk.sign_in(key).status_code == 200
    assert changed(it, f"clerks/{code}", **change) == (200, "")
    assert desk.get("auth/session").status_code in (401, 403)
    assert desk.sign_in(key).status_code == 403
    assert changed(it, f"clerks/{code}", locked=False, retired=False) == (200, "")
    assert desk.sign_in(key).status_code == 200


def test_a_new_role_gives_its_rights_at_the_next_call(
    town: Town, it: Desk, newcomer: tuple[str, ClerkKey]
) -> None:
    code, key = newcomer
    role = f"lead-{code.lower()}"
    assert it.post("roles", {"code": role, "name": "组长", "rights": "supervisor"}).ok
    desk = town.desk()
    desk.sign_in(key)
    assert desk.get("approvals").status_code == 403
    assert changed(it, f"clerks/{code}", role=role) == (200, "")
    assert desk.get("approvals").status_code == 200
    assert changed(it, f"roles/{role}", retired=True) == (409, "DIRECTORY_IN_USE")
    assert changed(it, f"roles/{role}", rights="clerk") == (200, "")
    assert desk.get("approvals").status_code == 403


def test_the_same_clerk_added_twice_is_one_and_another_with_the_code_is_refused(
    it: Desk, newcomer: tuple[str, ClerkKey]
) -> None:
    code, _ = newcomer
    fields = {"code": code, "name": "新来的", "role": "clerk", "identity": f"ZS-{code}"}
    assert it.post("clerks", fields).status_code == 200
    other = it.post("clerks", {**fields, "name": "别人"})
    assert (other.status_code, other.json()["code"]) == (409, "DIRECTORY_TAKEN")


def test_one_certificate_belongs_to_one_clerk(it: Desk, newcomer: tuple[str, ClerkKey]) -> None:
    fields = {"code": "Z99", "name": "冒名", "role": "clerk", "identity": f"ZS-{newcomer[0]}"}
    answer = it.post("clerks", fields)
    assert (answer.status_code, answer.json()["facts"]) == (409, {"field": "identity"})


def test_nobody_locks_themselves_out(it: Desk) -> None:
    for change in ({"locked": True}, {"retired": True}, {"role": "clerk"}):
        assert changed(it, "clerks/T01", **change) == (409, "OWN_ACCOUNT")
    assert changed(it, "clerks/T01", name="信息员（值班）") == (200, "")


def test_the_four_roles_keep_their_rights(it: Desk) -> None:
    assert changed(it, "roles/clerk", rights="it") == (409, "ROLE_FIXED")
    assert changed(it, "roles/supervisor", retired=True) == (409, "ROLE_FIXED")
    assert changed(it, "roles/clerk", name="综合窗口人员") == (200, "")


def test_a_department_that_changes_its_name_reaches_the_windows(town: Town, it: Desk) -> None:
    before = it.get("matters").json()["version"]
    assert changed(it, "departments/RS", name="人力社保局") == (200, "")
    page = it.get(f"matters?since={before}").json()
    assert [each["name"] for each in page["departments"]] == ["人力社保局"]
    assert page["version"] > before
    assert changed(it, "departments/RS", retired=True) == (409, "DIRECTORY_IN_USE")


def test_a_window_is_retired_only_when_no_station_stands_there(town: Town, it: Desk) -> None:
    assert it.post("windows", {"code": "3A01", "name": "3楼A区1号"}).status_code == 200
    assert changed(it, "windows/3A01", retired=True) == (200, "")
    assert changed(it, "windows/2B12", retired=True) == (409, "DIRECTORY_IN_USE")


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        ("clerks/NOBODY", {"name": "谁"}, (404, "DIRECTORY_UNKNOWN")),
        ("clerks/C02", {"role": "king"}, (404, "DIRECTORY_UNKNOWN")),
        ("clerks/C02", {"department": "NONE"}, (404, "DIRECTORY_UNKNOWN")),
        ("clerks/C02", {"name": "a|b"}, (422, "REQUEST_INVALID")),
        ("clerks/C02", {"name": " "}, (422, "REQUEST_INVALID")),
        ("clerks/C02", {"wage": 1}, (422, "REQUEST_INVALID")),
    ],
)
def test_what_cannot_be_is_told(
    it: Desk, path: str, fields: dict[str, object], expected: tuple[int, str]
) -> None:
    assert changed(it, path, **fields) == expected


def test_lists_come_in_pages(it: Desk) -> None:
    whole = [row["code"] for row in it.get("clerks").json()["rows"]]
    paged, after = [], ""
    while True:
        page = it.get(f"clerks?limit=2&after={after}").json()
        paged += [row["code"] for row in page["rows"]]
        after = page["next"]
        if not after:
            break
    assert paged == whole == sorted(whole)


def test_a_supervisor_looks_and_does_not_touch(town: Town) -> None:
    desk = town.desk()
    assert desk.sign_in(town.keys["S01"]).status_code == 200
    assert desk.get("clerks").status_code == 200
    assert desk.post("windows", {"code": "X", "name": "x"}).status_code == 403
