"""What codes name by the formats that the project ships."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from clerk_client.domain.ticket_formats import formats_of, reference_in
from clerk_client.domain.tickets import Reference
from clerk_client.settings import usual_tickets


def ticket_named(hall: str, today: date) -> Callable[[str], Reference | None]:
    """As clerk_client.parts answers it, at that hall on that day."""
    formats = formats_of(Path("ticket_formats.toml"), usual_tickets())
    return lambda text: reference_in(text, formats, hall, today)
