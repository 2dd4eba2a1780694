"""The papers of a key, from what was typed and what its certificate says. Needs no session.

业务需求表 asks the office that looks after keys for help; 数字证书申请表 applies for certificates.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from clerk_client.domain.clock import hall_day
from clerk_client.domain.people import checked_phone
from printing.document import (
    CertificateApplication,
    CertificateLine,
    KeyFamily,
    KeyRequest,
    Occasion,
    Wish,
)

if TYPE_CHECKING:
    from printing.spool import Printer
    from ukey.token import Certificate

_WISHES = {
    "CERT_EXPIRED": Wish.RENEWAL,
    "CERT_EXPIRES_90": Wish.RENEWAL,
    "CERT_EXPIRES_30": Wish.RENEWAL,
    "CERT_EXPIRES_7": Wish.RENEWAL,
    "PIN_LOCKED": Wish.UNLOCK,
    "PIN_NOT_SET": Wish.UNLOCK,
    "CERT_MISSING": Wish.REPLACEMENT,
    "CERT_UNREADABLE": Wish.REPLACEMENT,
    "CERT_REVOKED": Wish.REPLACEMENT,
    "CERT_WRONG_USE_ENCRYPTION": Wish.REPLACEMENT,
    "CERT_WRONG_USE_AUTHORITY": Wish.REPLACEMENT,
    "TOKEN_NOT_INITIALIZED": Wish.NEW_KEY,
}
_FAMILIES = {"gdca": KeyFamily.GDCA, "legacy": KeyFamily.LEGACY}


@dataclass(frozen=True, slots=True)
class RequestEntries:
    """What stands in the fields of the 业务需求表, as typed. `post` is 窗口/岗位."""

    department: str = ""
    user_name: str = ""
    post: str = ""
    phone: str = ""
    family: KeyFamily | None = None
    wishes: frozenset[Wish] = frozenset()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationEntries:
    """What stands in the fields of the 数字证书申请表, as typed."""

    occasion: Occasion | None = None
    lines: tuple[CertificateLine, ...] = ()
    unit_name: str = ""
    unit_code: str = ""
    handler_name: str = ""
    handler_phone: str = ""


def wish_for(code: str, use: str = "") -> Wish | None:
    """What the office is asked for when this is what is wrong; None when it cannot help.

    `use` is that of a certificate issued for something else.
    """
    return _WISHES.get(f"{code}_{use.upper()}") or _WISHES.get(code)


def paper_family(family: str) -> KeyFamily | None:
    """The family as the paper names it; None for one that IT added, or that nothing tells."""
    return _FAMILIES.get(family)


def key_request(
    entries: RequestEntries,
    certificate: "Certificate | None",
    *,
    hall_name: str,
    office: str,
    day: date,
    demonstration: bool,
) -> KeyRequest:
    """The paper. Without a certificate its boxes stay empty. Raises PhoneInvalid."""
    return KeyRequest(
        hall_name=hall_name,
        department=entries.department.strip(),
        user_name=entries.user_name.strip(),
        post=entries.post.strip(),
        phone=checked_phone(entries.phone),
        family=entries.family,
        holder=certificate.holder if certificate else "",
        serial=certificate.serial if certificate else "",
        issuer=certificate.issuer if certificate else "",
        valid_from=_paper_day(certificate.not_before) if certificate else "",
        valid_to=_paper_day(certificate.not_after) if certificate else "",
        wishes=entries.wishes,
        reason=entries.reason.strip(),
        receiving_office=office,
        day=f"{day.year}年{day.month}月{day.day}日",
        demonstration=demonstration,
    )


def certificate_application(
    entries: ApplicationEntries, *, demonstration: bool
) -> CertificateApplication:
    """The paper; identity card numbers are left to be written by hand. Raises PhoneInvalid."""
    return CertificateApplication(
        lines=entries.lines,
        occasion=entries.occasion,
        unit_name=entries.unit_name.strip(),
        unit_code=entries.unit_code.strip(),
        handler_name=entries.handler_name.strip(),
        handler_phone=checked_phone(entries.handler_phone),
        demonstration=demonstration,
    )


def print_paper(
    paper: KeyRequest | CertificateApplication, printer: "Callable[[], Printer]"
) -> tuple[str, str]:
    """The printer's name, and the file's path where that is a folder. Raises PrintingError."""
    from printing.spool import FolderPrinter

    chosen = printer()
    where = chosen.submit(_pdf(paper), paper.title)
    return chosen.name, where if isinstance(chosen, FolderPrinter) else ""


def save_paper(paper: KeyRequest | CertificateApplication, file: Path) -> str:
    """The file's path: beside one of the same name, never over it. Raises PrintingError."""
    from printing.spool import FolderPrinter

    return FolderPrinter(file.parent).submit(_pdf(paper), file.stem)


def _pdf(paper: KeyRequest | CertificateApplication) -> bytes:
    if isinstance(paper, KeyRequest):
        # Imported late: reportlab is not needed before the first paper.
        from printing.key_request import key_request_pdf

        return key_request_pdf(paper)
    from printing.certificate_application import certificate_application_pdf

    return certificate_application_pdf(paper)


def _paper_day(moment: datetime) -> str:
    day = hall_day(moment)
    return f"{day.year}年{day.month}月{day.day}日"
