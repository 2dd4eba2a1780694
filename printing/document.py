"""What stands on a paper, as text: nothing here knows how it is drawn or printed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MaterialRow:
    """收到材料: one row. `copies` as printed (2), `form` 原件, 复印件 or 电子."""

    name: str
    copies: str
    form: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """受理回执, for a licence 受理通知书.

    Every field is printed as it is given; an empty one leaves its line out, 0 and False their mark.
    `accepted_at` is hall time (2026-03-05 09:31). `masked_document` is the only form of the
    document's number that may come here. `category_name` stands on the stub alone. `qr` is the text
    of the code, `chain_head` the journal's last hash in hex, `reprint` which reprint this is.
    `department_name` is the short name inside the document's number: 中(人社局)受〔2026〕第1号.
    """

    hall_name: str
    department_full_name: str
    is_licence: bool
    number: str
    applicant_name: str
    document_type_name: str
    masked_document: str
    phone: str
    matter_name: str
    accepted_at: str
    materials: tuple[MaterialRow, ...]
    promised: str
    legal_days: str
    window: str
    clerk_name: str
    window_phone: str
    supervision_phone: str
    qr: str
    chain_head: str
    category_name: str
    reprint: int = 0
    demonstration: bool = False
    offline: bool = False
    pickup: str = ""
    query_address: str = ""
    department_name: str = ""

    @property
    def paper_name(self) -> str:
        """The paper's name: only a licence is accepted by a 通知书 under article 32."""
        return "受理通知书" if self.is_licence else "办件受理回执"

    @property
    def title(self) -> str:
        """Name and number: what a print queue and a file may show, as it names no person."""
        return f"{self.paper_name} {self.number}"
