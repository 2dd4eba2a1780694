"""更正分类: a line of its own, no void. The latest category is the one that counts."""

from sqlalchemy import Connection, insert

from clerk_client.domain.cases import Category
from clerk_client.hall import tables
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.counting.tallying import Cause, count
from clerk_client.hall.lines.acceptances import locked
from clerk_client.hall.lines.standing import Case


def correct_category(connection: Connection, case: Case) -> str:
    """Counts the acceptance under the head's category; the code when it cannot be."""
    head = case.arrival.head
    if head.category is None or head.category not in {each.value for each in Category}:
        return "CATEGORY_UNKNOWN"
    found = locked(connection, head.number)
    if found is None:
        return "NUMBER_UNKNOWN"
    if found.is_void:
        return "NUMBER_VOID"
    if found.category == head.category:
        return "CATEGORY_SAME"
    connection.execute(
        insert(tables.corrections).values(
            number=found.number,
            position=found.corrections + 1,
            line_key=head.key,
            category=head.category,
        )
    )
    moved = {found.category: -1, head.category: 1}
    count(connection, Cause.CORRECTED, found.head, found.day, found.hour, moved, head.key)
    note(
        connection,
        case.now,
        actor=head.clerk,
        station=case.session.station,
        action="category.corrected",
        subject=found.number,
        facts={"line": head.key, "before": found.category, "after": head.category},
    )
    return ""
