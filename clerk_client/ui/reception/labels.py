"""What only the reception page says of matters and look-ups."""

from clerk_client.domain.cases import Category, LookUp
from clerk_client.domain.matters import Matter, Necessity

LOOK_UPS = {
    LookUp.TICKET: "二维码扫描",
    LookUp.APPOINTMENT: "按预约编号",
    LookUp.MATTER: "按服务事项查询",
}

NECESSITIES = {
    Necessity.REQUIRED: ("●", "必要"),
    Necessity.DEFERRABLE: ("○", "容缺"),
    Necessity.OPTIONAL: ("△", "非必要"),
}


def in_catalogue(matter: Matter) -> str:
    """进驻 yes or no."""
    return "已进驻" if matter.expected_category is Category.HALL_PENDING else "未进驻"
