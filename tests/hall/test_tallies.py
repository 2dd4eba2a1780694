"""Counts by every word, while lines come in and deltas are folded."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from clerk_client.hall import tables
from clerk_client.hall.counting.folding import Folder, fold
from tests.hall.conftest import Town
from tests.hall.desk import Desk, Journal, Json
from tests.hall.test_corrections import corrected
from tests.hall.test_voids import SETTLED, decided, requested
from tests.helpers.small_hall import OTHER_WINDOW, WINDOW

BY = ("department", "matter", "clerk", "window", "hour", "category", "day")


def rows(desk: Desk, by: str, first: str, last: str = "", **query: str) -> list[Json]:
    query = {"from": first, "to": last or first, "by": by, **query}
    answer = desk.get("tallies", params=query)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["rows"]
    return found


def brief(found: list[Json]) -> list[tuple[str, str, str, int]]:
    return [(each["code"], each["name"], each["category"], each["count"]) for each in found]


def test_each_word_has_its_rows_with_names(town: Town, signed_in: Desk, journal: Journal) -> None:
    # 9:30 and 16:59 in the hall, and midnight of the next day.
    moments = ("2033-03-01T01:30:00.000Z", "2033-03-01T08:59:59.999Z", "2033-03-01T16:00:00.000Z")
    internal = {"category": "department_internal"}
    lines = [
        journal.accepted(done_at=moments[0]),
        journal.accepted(done_at=moments[1], matter="GA-SF", **internal),
        journal.accepted(done_at=moments[2], matter="SC-QY-1", window=OTHER_WINDOW),
    ]
    assert signed_in.sent(*lines) == [SETTLED] * 3
    pending, inside = "hall_pending", "department_internal"
    expected = {
        "department": [
            ("GA", "公安局", inside, 1),
            ("GA", "公安局", pending, 1),
            ("SC", "市场监管局", pending, 1),
        ],
        "matter": [
            ("GA-LG", "旅馆业特种行业许可", pending, 1),
            ("GA-SF", "居民身份证换领", inside, 1),
            ("SC-QY-1", "公司设立登记", pending, 1),
        ],
        "clerk": [("C01", "陈思敏", inside, 1), ("C01", "陈思敏", pending, 2)],
        "window": [
            (WINDOW, "2楼B区12号", inside, 1),
            (WINDOW, "2楼B区12号", pending, 1),
            (OTHER_WINDOW, "2楼B区13号", pending, 1),
        ],
        "hour": [("00", "00", pending, 1), ("09", "09", pending, 1), ("16", "16", inside, 1)],
        "category": [(inside, inside, inside, 1), (pending, pending, pending, 2)],
        "day": [
            ("2033-03-01", "2033-03-01", inside, 1),
            ("2033-03-01", "2033-03-01", pending, 1),
            ("2033-03-02", "2033-03-02", pending, 1),
        ],
    }
    for _ in range(2):
        for by, want in expected.items():
            assert brief(rows(signed_in, by, "2033-03-01", "2033-03-02")) == want, by
        # Once from deltas, once from totals.
        fold(town.engine)
    matter = rows(signed_in, "matter", "2033-03-01")[0]
    assert (matter["department"], matter["department_name"]) == ("GA", "公安局")
    assert brief(rows(signed_in, "hour", "2033-03-02"))[0][0] == "00"


def test_the_answer_comes_in_pages(signed_in: Desk, journal: Journal) -> None:
    moment = "2033-03-05T01:30:00.000Z"
    matters = ("GA-LG", "GA-SF", "SC-QY-1", "SC-QY-2", "RS-LW")
    assert signed_in.sent(*(journal.accepted(matter=m, done_at=moment) for m in matters))
    query = {"from": "2033-03-05", "to": "2033-03-05", "by": "matter", "limit": "2"}
    found, after = [], ""
    for _ in range(3):
        page = signed_in.get("tallies", params={**query, "after": after}).json()
        found += [each["code"] for each in page["rows"]]
        after = page["next"]
    assert found == sorted(matters)
    assert after == ""


@pytest.mark.parametrize("by", BY)
def test_voids_and_corrections_are_told_apart_by_every_word(
    town: Town, signed_in: Desk, journal: Journal, by: str
) -> None:
    day = f"2033-04-{BY.index(by) + 1:02d}"
    supervisor = town.desk()
    supervisor.sign_in(town.keys["S01"])
    lines = [journal.accepted(done_at=f"{day}T02:00:00.000Z") for _ in range(4)]
    void, moved = (line.head.number or "" for line in lines[:2])
    signed_in.sent(
        *lines,
        requested(journal, void),
        decided(town, journal, void, "approved"),
        corrected(journal, moved, "department_internal"),
    )
    for _ in range(2):
        found = {
            each["category"]: (
                each["accepted"],
                each["voided"],
                each["corrected"],
                each["count"],
            )
            for each in rows(signed_in, by, day)
        }
        assert found == {"hall_pending": (4, 1, -1, 2), "department_internal": (0, 0, 1, 1)}
        fold(town.engine)


def test_the_sum_is_never_wrong_while_folders_and_windows_are_at_work(
    town: Town, signed_in: Desk
) -> None:
    day, batches, size = "2033-05-01", 6, 10
    is_over = threading.Event()
    seen: list[int] = []

    def look() -> None:
        while not is_over.is_set():
            seen.append(sum(row["count"] for row in rows(signed_in, "clerk", day)))

    def write(_: int) -> None:
        journal = Journal(town.keys["C01"], signed_in.key)
        journal.lease(signed_in)
        for _ in range(batches):
            lines = [journal.accepted(done_at=f"{day}T02:00:00.000Z") for _ in range(size // 5)]
            assert signed_in.sent(*lines) == [SETTLED] * len(lines)

    folders = [Folder(town.engine, 0.01) for _ in range(2)]
    for folder in folders:
        folder.start()
    looking = threading.Thread(target=look)
    looking.start()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(3)))
    is_over.set()
    looking.join()
    for folder in folders:
        folder.stop()
    assert seen == sorted(seen)
    total = 3 * batches * (size // 5)
    for by in BY:
        assert sum(row["count"] for row in rows(signed_in, by, day)) == total


def test_what_is_folded_is_gone_from_the_deltas_and_folded_once(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    fold(town.engine)
    assert signed_in.sent(journal.accepted(), journal.accepted()) == [SETTLED] * 2
    assert fold(town.engine) == 2
    assert fold(town.engine) == 0
    with town.engine.connect() as connection:
        left = connection.scalar(select(func.count()).select_from(tables.tally_deltas))
    assert left == 0


def test_months_and_the_days_around_them_are_counted_once(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    days = ("2034-01-30", "2034-01-31", "2034-02-01", "2034-02-28", "2034-03-01", "2034-03-02")
    lines = [journal.accepted(done_at=f"{day}T02:00:00.000Z") for day in days]
    assert signed_in.sent(*lines) == [SETTLED] * 6
    fold(town.engine)
    for first in range(6):
        for last in range(first, 6):
            for by in ("matter", "day"):
                found = rows(signed_in, by, days[first], days[last])
                assert sum(each["count"] for each in found) == last - first + 1
    for first, last in (("0001-01-01", "9999-12-31"), ("9999-12-05", "9999-12-31")):
        assert rows(signed_in, "clerk", first, last) is not None
    assert sum(each["count"] for each in rows(signed_in, "window", "2034-02-01", "2034-12-31")) == 4
