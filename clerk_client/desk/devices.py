"""What is known of the devices of this station just now."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeviceSeen:
    """As the last check of it said, or its last use. `subject` and `severity` as in a diagnosis."""

    subject: str
    severity: str
    code: str


class Devices:
    """Noted by one thread, read by another."""

    def __init__(self) -> None:
        self._seen: dict[str, DeviceSeen] = {}

    def note(self, subject: str, severity: str, code: str) -> None:
        """In place of what was known of it."""
        self._seen = {**self._seen, subject: DeviceSeen(subject, severity, code)}

    def seen(self) -> tuple[DeviceSeen, ...]:
        """By subject."""
        return tuple(self._seen[subject] for subject in sorted(self._seen))
