"""A hall put back to an older state: the windows send again, and nothing is lost or doubled."""

from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select

from clerk_client.domain.numbers import official_number, provisional_number, sequence_of
from clerk_client.hall import origin, tables
from clerk_client.hall.counting.folding import fold
from clerk_client.hall.store import reading
from clerk_client.wire.lines import Line
from tests.hall.conftest import Town
from tests.hall.desk import Desk, Journal, Json
from tests.hall.test_corrections import corrected
from tests.hall.test_voids import SETTLED, decided, refused, requested
from tests.helpers.small_hall import WINDOW

INTERNAL = "department_internal"

Rows = dict[str, list[dict[str, Any]]]


def copied(engine: Engine) -> Rows:
    """Every row of every table, as a backup holds them."""
    with reading(engine) as connection:
        return {
            table.name: [dict(row._mapping) for row in connection.execute(select(table))]
            for table in tables.metadata.sorted_tables
        }


def put_back(engine: Engine, rows: Rows) -> None:
    """The database as it was then. Sessions come with it, which a test must not rely on."""
    with engine.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(delete(table))
        for table in tables.metadata.sorted_tables:
            if rows[table.name] and table.name != "tokens":
                connection.execute(insert(table), rows[table.name])


@pytest.fixture
def clerk_desk(town: Town) -> Desk:
    desk = town.desk()
    assert desk.sign_in(town.keys["C01"]).status_code == 200
    return desk


@pytest.fixture
def supervisor(town: Town) -> Desk:
    desk = town.desk()
    assert desk.sign_in(town.keys["S01"]).status_code == 200
    return desk


def leased(journal: Journal, block: Json) -> Line:
    """As the client tells of a lease."""
    body = {name: block[name] for name in ("hall", "year", "epoch", "first", "last")}
    return journal.line(journal.station, body, kind="leased")


def tally(desk: Desk, day: str) -> list[tuple[str, int, int, int, int]]:
    answer = desk.get(f"tallies?from={day}&to={day}&by=category").json()
    return [
        (row["code"], row["accepted"], row["voided"], row["corrected"], row["count"])
        for row in answer["rows"]
    ]


def epoch_of(town: Town) -> int:
    with town.engine.connect() as connection:
        return connection.scalars(select(tables.hall.c.epoch)).one()


def restore(town: Town, rows: Rows, epoch: int) -> None:
    town.hall.stop()
    put_back(town.engine, rows)
    assert origin.restored(town.engine, epoch, anyway=True) == epoch + 1
    town.hall.start()


def test_all_that_a_restored_hall_lost_comes_back_from_the_windows(
    town: Town, clerk_desk: Desk, supervisor: Desk
) -> None:
    journal = Journal(town.keys["C01"], clerk_desk.key)
    theirs = Journal(town.keys["S01"], supervisor.key, "S01")
    before = [leased(journal, journal.lease(clerk_desk)), journal.accepted()]
    assert clerk_desk.sent(*before) == [SETTLED] * 2
    backup = copied(town.engine)
    today = town.today.isoformat()

    # Work goes on: a further lease, acceptances, a provisional one, voids decided elsewhere.
    block = journal.lease(clerk_desk)
    acceptances = [leased(journal, block), *(journal.accepted() for _ in range(4))]
    own = provisional_number(WINDOW, town.today, journal.id, 1)
    acceptances.append(journal.accepted(number=own))
    assert clerk_desk.sent(*acceptances) == [SETTLED] * 6
    numbers = [line.head.number or "" for line in acceptances]
    asked = [requested(journal, numbers[1]), requested(journal, own)]
    assert clerk_desk.sent(*asked) == [SETTLED] * 2
    decisions = [
        decided(town, theirs, numbers[1], "approved"),
        decided(town, theirs, own, "declined"),
        theirs.line(
            theirs.clerk, {}, kind="category_corrected", number=numbers[2], category=INTERNAL
        ),
    ]
    assert supervisor.sent(*decisions) == [SETTLED] * 3
    asked.append(requested(journal, own))
    assert clerk_desk.sent(asked[-1]) == [SETTLED]
    fold(town.engine)
    counted = tally(supervisor, today)

    epoch = epoch_of(town)
    restore(town, backup, epoch)
    for desk, code in ((clerk_desk, "C01"), (supervisor, "S01")):
        assert desk.get("auth/session").json()["code"] == "TOKEN_EXPIRED"
        assert desk.sign_in(town.keys[code]).status_code == 200

    # The supervisor's station is back first: what it decided on is still to come.
    assert supervisor.sent(*decisions) == [
        refused("LINE_AWAITS_OTHER"),
        *[refused("LINE_CHAIN_BROKEN")] * 2,
    ]
    assert clerk_desk.sent(*acceptances, *asked) == [
        *[SETTLED] * 8,
        refused("LINE_AWAITS_OTHER"),
    ]
    assert supervisor.sent(*decisions) == [SETTLED] * 3
    assert clerk_desk.sent(asked[-1]) == [SETTLED]
    again = clerk_desk.sent(*before, *acceptances, *asked)
    assert again == [("already_settled", "")] * len(again)
    assert tally(supervisor, today) == counted

    # What is new is of the new epoch.
    fresh = journal.lease(clerk_desk)
    assert fresh["epoch"] == epoch + 1
    line = journal.accepted()
    assert clerk_desk.sent(line) == [SETTLED]
    assert sequence_of(line.head.number or "")[2] == epoch + 1
    with town.engine.connect() as connection:
        adopted = connection.scalars(
            select(tables.audit.c.subject).where(tables.audit.c.action == "lease.adopted")
        ).all()
        given = connection.scalars(select(tables.provisional_numbers.c.official)).all()
    assert adopted == [journal.id]
    assert {sequence_of(number)[2] for number in given} == {epoch + 1}
    # And what is done now is refused for good as ever.
    assert clerk_desk.sent(requested(journal, "44200020261000000X"), journal.printed()) == [
        refused("NUMBER_UNKNOWN"),
        SETTLED,
    ]


def sent_with(desk: Desk, given: dict[str, str], *lines: Line) -> list[tuple[str, str]]:
    """Outcome and official number of each line; `given` by key."""
    told = [{"key": key, "official": official} for key, official in given.items()]
    fields = {"lines": [line.to_json() for line in lines], "given": told}
    answer = desk.post("records", fields)
    assert answer.status_code == 200, answer.text
    return [(each["outcome"], each["official"]) for each in answer.json()["answers"]]


def test_a_number_that_the_hall_gave_is_given_again_when_the_window_tells_it(
    town: Town, clerk_desk: Desk
) -> None:
    def provisional(journal: Journal, place: int) -> Line:
        return journal.accepted(number=provisional_number(WINDOW, town.today, journal.id, place))

    epoch = epoch_of(town)
    journal, other, late = (Journal(town.keys["C01"], clerk_desk.key) for _ in range(3))
    known = [provisional(journal, 1), provisional(journal, 2)]
    ((_, first),) = sent_with(clerk_desk, {}, known[0])
    backup = copied(town.engine)
    # One from the block that the backup knows, the others from a block that it does not.
    lost = [known[1], *(provisional(other, place) for place in (1, 2))]
    official = {
        line.head.key: number for line in lost for _, number in sent_with(clerk_desk, {}, line)
    }
    restore(town, backup, epoch)
    clerk_desk.sign_in(town.keys["C01"])
    assert sent_with(clerk_desk, official, *lost) == [
        ("settled", official[line.head.key]) for line in lost
    ]
    assert sent_with(clerk_desk, {}, *lost) == [
        ("already_settled", official[line.head.key]) for line in lost
    ]
    hall, year, *_ = sequence_of(first)
    lies = [
        first,
        official[lost[1].head.key],
        official_number(hall, year, epoch + 1, 9_000_000),
        official_number(hall, year - 1, epoch, 9_000_000),
        official_number("440300", year, epoch, 9_000_000),
        official_number(hall, year, epoch, 0),
        first[:18] + ("X" if first[18] != "X" else "0"),
    ]
    wrong = [provisional(late, place) for place in range(1, len(lies) + 1)]
    told = {line.head.key: lie for line, lie in zip(wrong, lies, strict=True)}
    answers = sent_with(clerk_desk, told, *wrong)
    # Nobody is refused for a number that cannot be: it is another one, of this epoch.
    assert [outcome for outcome, _ in answers] == ["settled"] * len(lies)
    assert {sequence_of(number)[2] for _, number in answers} == {epoch + 1}
    assert len({number for _, number in answers}) == len(lies)


def test_a_lease_that_the_hall_never_gave_is_not_adopted(town: Town, clerk_desk: Desk) -> None:
    journal = Journal(town.keys["C01"], clerk_desk.key)
    other = Journal(town.keys["C01"], clerk_desk.key)
    known = journal.lease(clerk_desk)
    epoch = known["epoch"]
    backup = copied(town.engine)
    restore(town, backup, epoch)
    clerk_desk.sign_in(town.keys["C01"])
    far = {**known, "first": 5001, "last": 5020}
    assert clerk_desk.sent(
        leased(journal, known),
        leased(journal, {**known, "epoch": epoch + 1}),
        leased(journal, {**known, "epoch": epoch + 2}),
        leased(journal, {**known, "last": known["last"] - 1}),
        leased(journal, {**known, "hall": "440300"}),
        leased(journal, {**known, "first": "1"}),
        leased(journal, {**known, "first": True}),
        leased(journal, {**far, "last": 9999}),
        leased(journal, {**far, "epoch": -(2**53) + 1}),
        leased(journal, far),
        leased(journal, far),
    ) == [
        SETTLED,
        *[refused("LEASE_UNKNOWN")] * 3,
        *[refused("LEASE_FORM")] * 5,
        SETTLED,
        SETTLED,
    ]
    assert clerk_desk.sent(
        leased(other, far),
        leased(other, {**far, "first": 5020, "last": 5030}),
        leased(other, {**far, "first": 4990, "last": 5001}),
        leased(other, {**far, "first": 5021, "last": 5030}),
        other.printed(),
    ) == [*[refused("LEASE_OVERLAP")] * 3, SETTLED, SETTLED]


def test_a_clerk_whose_certificate_was_lost_is_waited_for(town: Town, clerk_desk: Desk) -> None:
    epoch = epoch_of(town)
    with town.engine.begin() as connection:
        connection.execute(delete(tables.certificates).where(tables.certificates.c.clerk == "C02"))
    backup = copied(town.engine)
    clerk_desk.sign_in(town.keys["C02"])
    journal = Journal(town.keys["C02"], clerk_desk.key, "C02")
    lines = [leased(journal, journal.lease(clerk_desk)), journal.accepted()]
    assert clerk_desk.sent(*lines) == [SETTLED] * 2
    restore(town, backup, epoch)
    clerk_desk.sign_in(town.keys["C01"])
    assert clerk_desk.sent(*lines) == [SETTLED, refused("LINE_SIGNER_UNKNOWN")]
    clerk_desk.sign_in(town.keys["C02"])
    assert clerk_desk.sent(*lines) == [("already_settled", ""), SETTLED]
    assert clerk_desk.sent(corrected(journal, lines[1].head.number, INTERNAL)) == [SETTLED]
