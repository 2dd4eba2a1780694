"""What screens and papers call the domain's things: the manual's words, the same everywhere."""

from clerk_client.domain.cases import Category
from clerk_client.domain.matters import DayUnit, Matter
from clerk_client.domain.people import DocumentType

CATEGORIES = {
    Category.HALL_PENDING: "中山分厅待办",
    Category.DEPARTMENT_INTERNAL: "部门内部系统",
}

DOCUMENT_TYPES = {
    DocumentType.RESIDENT_ID: "居民身份证",
    DocumentType.CREDIT_CODE: "统一社会信用代码",
    DocumentType.PASSPORT: "护照",
    DocumentType.HONG_KONG_MACAO_PERMIT: "港澳居民来往内地通行证",
    DocumentType.TAIWAN_PERMIT: "台湾居民来往大陆通行证",
    DocumentType.MILITARY: "军官证、士兵证",
    DocumentType.HOUSEHOLD_BOOK: "户口簿",
    DocumentType.BIRTH_CERTIFICATE: "出生医学证明",
    DocumentType.OTHER: "其他证件",
}

_DAY_UNITS = {
    DayUnit.WORKING_DAYS: "个工作日",
    DayUnit.CALENDAR_DAYS: "日（自然日）",
    DayUnit.CALENDAR_MONTHS: "个月",
}


def time_limit(matter: Matter) -> str:
    """办理时限 in words."""
    if matter.day_unit is DayUnit.IMMEDIATE:
        return "即办（当场办结）"
    return f"{matter.statutory_days}{_DAY_UNITS[matter.day_unit]}"
