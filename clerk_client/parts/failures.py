"""What a window can tell a clerk about, all in one."""

from clerk_client.domain.errors import DomainError
from clerk_client.hall_link.errors import HallError, KeyringAbsent
from clerk_client.journal.errors import JournalError
from clerk_client.settings import SettingsBroken
from printing.errors import PrintingError
from scanner.errors import ScannerError
from ukey.errors import UKeyError

FAILURES: tuple[type[Exception], ...] = (
    DomainError,
    HallError,
    JournalError,
    KeyringAbsent,
    PrintingError,
    ScannerError,
    SettingsBroken,
    UKeyError,
)
"""What a clerk is told about. Any other exception is a bug and reaches the crash page."""
