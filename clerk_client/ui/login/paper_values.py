"""What a paper's panel is shown: where it begins, and what it will cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from clerk_client.desk.key_papers import RequestEntries
from clerk_client.ui.wording import Words
from printing.document import CertificateKind


@dataclass(frozen=True, slots=True)
class RequestPrefill:
    """What a 业务需求表 begins with. `facts` are the certificate's: label and value."""

    entries: RequestEntries
    facts: tuple[tuple[str, str], ...]
    office: str


@dataclass(frozen=True, slots=True)
class Fees:
    """How each kind's fee is worked out, and what all cost together, as the paper says it."""

    lines: Mapping[CertificateKind, str] = field(default_factory=dict)
    total: str = ""
    problem: Words | None = None
