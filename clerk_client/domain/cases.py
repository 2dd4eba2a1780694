"""What is accepted at the window, and under which category it is counted."""

import enum
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from clerk_client.domain.errors import DepartmentSerialInvalid
from clerk_client.domain.people import Applicant


class Category(enum.Enum):
    """事项类型. Counted, nothing else: it changes no flow, paper or right.

    Chosen for each acceptance, never by default (the manual, 2.2.1.1).
    """

    HALL_PENDING = "hall_pending"  # 中山分厅待办
    DEPARTMENT_INTERNAL = "department_internal"  # 部门内部系统


class CaseStatus(enum.Enum):
    """办件状态: the six that an applicant is told, whatever words a department's system has."""

    TO_SUBMIT = "to_submit"  # 待提交
    TO_SUPPLEMENT = "to_supplement"  # 待补正
    IN_REVIEW = "in_review"  # 审批中
    TO_RATE = "to_rate"  # 待评价
    FINISHED = "finished"  # 已办结
    OTHER = "other"  # 其他


_STATUS_WORDS = {
    "待提交": CaseStatus.TO_SUBMIT,
    "待补正": CaseStatus.TO_SUPPLEMENT,
    "审批中": CaseStatus.IN_REVIEW,
    "待评价": CaseStatus.TO_RATE,
    "已办结": CaseStatus.FINISHED,
    "其他": CaseStatus.OTHER,
    **{status.value: status for status in CaseStatus},
}


def case_status(word: str) -> CaseStatus:
    """The status behind a department's word or our own; OTHER for a word that nobody mapped."""
    return _STATUS_WORDS.get(word, CaseStatus.OTHER)


def is_status_word(word: str) -> bool:
    """Whether the word is mapped, so that OTHER is meant where it comes out."""
    return word in _STATUS_WORDS


class LookUp(enum.Enum):
    """Which of the manual's three ways led to the matter."""

    TICKET = "ticket"  # 二维码扫描
    APPOINTMENT = "appointment"  # 按预约编号
    MATTER = "matter"  # 按服务事项查询


def checked_department_serial(typed: str) -> str:
    """部门系统流水号, or nothing. Raises DepartmentSerialInvalid."""
    serial = unicodedata.normalize("NFKC", typed).strip()
    if len(serial) > 60 or not serial.isprintable():
        raise DepartmentSerialInvalid(f"{len(serial)} characters")
    return serial


@dataclass(frozen=True, slots=True)
class Acceptance:
    """受理: durable in this window's journal when a value of this class exists.

    `line_hash` is the journal line's, in hex; `decided_offline`: the hall was out of reach.
    """

    number: str
    key: str
    done_at: datetime
    category: Category
    matter_code: str
    matter_name: str
    department_code: str
    department_name: str
    department_full_name: str
    is_licence: bool
    applicant: Applicant
    window: str
    clerk: str
    clerk_name: str
    line_hash: str
    decided_offline: bool
    ticket_number: str = ""
    appointment_number: str = ""
    department_serial: str = ""
