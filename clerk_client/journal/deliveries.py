"""What the hall answered to each line: rows beside the chain, which it may change."""

from clerk_client.journal.database import Database
from clerk_client.journal.day_sheet import LineStanding, RefusedLine, standing_from
from clerk_client.journal.rows import COLUMNS, line_of
from clerk_client.wire.lines import Line


class Deliveries:
    """A line without a row waits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Every line up to this one has the hall's answer.
        self._answered = 0
        self._advance()

    def waiting(self, limit: int) -> list[Line]:
        """Oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM unanswered WHERE seq > ? ORDER BY seq LIMIT ?",  # noqa: S608
                (self._answered, limit),
            ).fetchall()
        return [line_of(row) for row in rows]

    def settle(self, seq: int, refused_code: str, official: str) -> None:
        """Notes the hall's final answer."""
        state = "refused" if refused_code else "settled"
        with self._database.lock:
            with self._database.writing() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO deliveries (seq, state, code, official) "
                    "VALUES (?, ?, ?, ?)",
                    (seq, state, refused_code, official),
                )
            self._advance()

    def send_again(self, held: int) -> None:
        """Forgets the answers to every line after `held`, but for the numbers that were given."""
        with self._database.lock:
            with self._database.writing() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO given_before (seq, official) "
                    "SELECT seq, official FROM deliveries WHERE seq > ? AND official <> ''",
                    (held,),
                )
                connection.execute("DELETE FROM deliveries WHERE seq > ?", (held,))
            self._answered = min(self._answered, held)

    def given(self, first: int, last: int) -> dict[int, str]:
        """Official numbers that the hall ever gave to lines `first` to `last`, by seq."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT seq, official FROM given_before WHERE seq BETWEEN ?1 AND ?2 "
                "UNION ALL SELECT seq, official FROM deliveries "
                "WHERE seq BETWEEN ?1 AND ?2 AND official <> ''",
                (first, last),
            ).fetchall()
        return dict(rows)

    def counts(self) -> tuple[int, int, int]:
        """How many lines wait, how many of them are acceptances, and how many were refused."""
        with self._database.reading() as connection:
            waiting = connection.execute(
                "SELECT count(*), coalesce(sum(kind = 'accepted'), 0) FROM unanswered "
                "WHERE seq > ?",
                (self._answered,),
            ).fetchone()
            refused = connection.execute(
                "SELECT count(*) FROM deliveries WHERE state = 'refused'"
            ).fetchone()
        return int(waiting[0]), int(waiting[1]), int(refused[0])

    def standing_of(self, seq: int) -> LineStanding:
        """The answer to one line."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT state, code, official FROM deliveries WHERE seq = ?", (seq,)
            ).fetchone()
        return standing_from(*(row or (None, None, None)))

    def refused(self, limit: int) -> tuple[RefusedLine, ...]:
        """Newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS}, code FROM deliveries JOIN lines USING (seq) "  # noqa: S608
                "WHERE state = 'refused' ORDER BY seq DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return tuple(RefusedLine(line_of(row[:3]), row[3]) for row in rows)

    def official_of(self, number: str) -> str:
        """The number that the hall gave to a provisional one; empty when none yet."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT coalesce(nullif(deliveries.official, ''), given_before.official, '') "
                "FROM lines LEFT JOIN deliveries USING (seq) LEFT JOIN given_before USING (seq) "
                "WHERE kind = 'accepted' AND number = ?",
                (number,),
            ).fetchone()
        return str(row[0]) if row else ""

    def _advance(self) -> None:
        """Moves on over lines that have their answer, so that none of them is looked at again."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT coalesce((SELECT min(seq) FROM unanswered WHERE seq > ?) - 1, "
                "(SELECT max(seq) FROM lines), 0)",
                (self._answered,),
            ).fetchone()
        self._answered = row[0]
