"""What clients thought of a window."""

import uuid
from typing import Any

import pytest
from sqlalchemy import Row, select

from clerk_client.hall import tables
from clerk_client.hall.store import reading
from tests.hall.conftest import Town
from tests.hall.desk import Desk
from tests.helpers.small_hall import OTHER_WINDOW, WINDOW


def rated(desk: Desk, **more: Any) -> tuple[int, dict[str, Any]]:
    fields = {"key": str(uuid.uuid4()), "window": WINDOW, "stars": 5, "anonymous": False, **more}
    answer = desk.post("ratings", fields)
    return answer.status_code, answer.json()


def stored(town: Town, key: str) -> Row[Any]:
    with reading(town.engine) as connection:
        ratings = tables.ratings
        return connection.execute(select(ratings).where(ratings.c.key == key)).one()


def test_rating_is_kept_with_its_acceptance_and_clerk(town: Town, signed_in: Desk) -> None:
    key = str(uuid.uuid4())
    status, answer = rated(
        signed_in, key=key, stars=4, number="442000202610000019X", comment="很快\n谢谢"
    )
    assert (status, answer) == (200, {"key": key, "is_new": True})
    row = stored(town, key)
    assert (row.window, row.stars, row.clerk) == (WINDOW, 4, "C01")
    assert (row.number, row.comment) == ("442000202610000019X", "很快\n谢谢")


def test_anonymous_rating_keeps_neither_number_nor_clerk_nor_hour(
    town: Town, signed_in: Desk
) -> None:
    key = str(uuid.uuid4())
    assert rated(signed_in, key=key, number="442000202610000019X", anonymous=True)[0] == 200
    row = stored(town, key)
    assert (row.number, row.clerk) == ("", "")
    # Midnight in the hall.
    assert row.rated_at.endswith("T16:00:00.000Z")


@pytest.mark.parametrize("anonymous", [True, False])
def test_repeated_rating_is_one(signed_in: Desk, anonymous: bool) -> None:
    key = str(uuid.uuid4())
    same = {"key": key, "anonymous": anonymous, "number": "A1"}
    assert [rated(signed_in, **same)[1]["is_new"] for _ in range(3)] == [True, False, False]
    for other in ({"stars": 1}, {"comment": "不同"}, {"window": OTHER_WINDOW}):
        status, problem = rated(signed_in, **{**same, **other})
        assert (status, problem["code"]) == (409, "RATING_KEY_REUSED")


def test_window_that_the_hall_has_not_is_told(signed_in: Desk) -> None:
    status, problem = rated(signed_in, window="9Z99")
    assert (status, problem["code"]) == (404, "WINDOW_UNKNOWN")


@pytest.mark.parametrize(
    "more",
    [
        {"stars": 0},
        {"stars": 6},
        {"stars": "5"},
        {"stars": 4.5},
        {"stars": True},
        {"stars": None},
        {"comment": "x" * 501},
        {"comment": "\x00"},
        {"comment": "\ud83d"},
        {"number": "x" * 41},
        {"number": "\x00"},
        {"window": ""},
        {"window": "\x00"},
        {"key": "no"},
        {"anonymous": "maybe"},
        {"anonymous": None},
        {"clerk": "C02"},
    ],
)
def test_garbage_in_place_of_a_rating_is_refused_with_a_code(
    signed_in: Desk, more: dict[str, Any]
) -> None:
    status, problem = rated(signed_in, **more)
    assert (status, problem["code"]) == (422, "REQUEST_INVALID")


def test_comment_of_any_script_is_kept_as_it_is(town: Town, signed_in: Desk) -> None:
    key, comment = str(uuid.uuid4()), "𠮷👍'); DROP TABLE ratings;--" + "好" * 400
    assert rated(signed_in, key=key, comment=comment)[0] == 200
    assert stored(town, key).comment == comment
