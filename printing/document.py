"""What stands on a paper, as text: nothing here knows how it is drawn or printed."""

import enum
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
    A provisional number is exchanged for an official one when the hall hears of it.
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
    is_provisional: bool = False
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


class KeyFamily(enum.Enum):
    """The two families of keys a hall uses, as the paper names them."""

    GDCA = "白色GDCA"
    LEGACY = "蓝色吉大正元"


class Wish(enum.Enum):
    """What is asked for on a 业务需求表, in the paper's order and words."""

    RENEWAL = "续期"
    REPLACEMENT = "补办"
    UNLOCK = "解锁"
    NEW_KEY = "换新KEY"
    CANCELLATION = "注销"


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """业务需求表(电子钥匙): asks the office that looks after keys to renew or replace one.

    Every field is printed as it is given; an empty one leaves its box to be filled in by hand, so
    `KeyRequest()` is the blank form. `post` is 窗口/岗位, `holder` to `valid_to` come from the
    certificate. `wishes` may be several: a lost key is replaced and the old one cancelled.
    """

    hall_name: str = ""
    department: str = ""
    user_name: str = ""
    post: str = ""
    phone: str = ""
    family: KeyFamily | None = None
    holder: str = ""
    serial: str = ""
    issuer: str = ""
    valid_from: str = ""
    valid_to: str = ""
    wishes: frozenset[Wish] = frozenset()
    reason: str = ""
    receiving_office: str = "网建办"
    day: str = ""
    demonstration: bool = False

    @property
    def title(self) -> str:
        """What a print queue and a file may show, as it names no person."""
        return f"业务需求表 {self.day}".rstrip()


class CertificateKind(enum.Enum):
    """证书类型, in the order of 广东省网上办事大厅信息(电子证照)系统数字证书业务办理指引."""

    BUSINESS = "业务证书"
    INSTITUTION = "机构证书"
    PERSONAL = "个人证书"


class Occasion(enum.Enum):
    """Whether certificates are applied for for the first time."""

    NEW = "新申请"
    RENEWAL = "续期"


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """`count` certificates of one kind for `years`.

    `with_medium`: the fee for the medium (介质费) is charged, where the kind has one. The 指引 does
    not say whether a renewal pays it again.
    """

    kind: CertificateKind
    count: int
    years: int
    with_medium: bool = True


@dataclass(frozen=True, slots=True)
class CertificateApplicant:
    """申请人: who shall hold a personal certificate. For the number see CertificateApplication."""

    name: str = ""
    document_number: str = ""
    department: str = ""
    post: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class CertificateApplication:
    """数字证书申请表 of a unit (申请单位) and its handler (经办人).

    Every field is printed as it is given, an empty one leaves its box to be filled in by hand.
    `unit_code` is the unit's 统一社会信用代码 or the number of its 事业单位法人证书. This paper
    needs identity card numbers in full, and the client prints none: leave them empty, then the
    paper has a box for each digit. Only a caller who was given a number for this very paper may
    pass it on.
    """

    lines: tuple[CertificateLine, ...] = ()
    occasion: Occasion | None = None
    unit_name: str = ""
    unit_code: str = ""
    handler_name: str = ""
    handler_document_number: str = ""
    handler_phone: str = ""
    applicants: tuple[CertificateApplicant, ...] = ()
    system_name: str = "广东省网上办事大厅信息(电子证照)系统"
    demonstration: bool = False

    @property
    def title(self) -> str:
        """What a print queue and a file may show, as it names no person."""
        return "数字证书申请表"
