"""How the states of an acceptance are told: by sign and word, never by colour alone."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from clerk_client.journal.day_sheet import Delivered, Paper, VoidState
from clerk_client.ui.notices import Level
from clerk_client.ui.records.exchange import Shown
from clerk_client.wire.lines import Kind

if TYPE_CHECKING:
    from clerk_client.desk.records import Record

OFFLINE = "离线受理"

_DELIVERED = {
    Delivered.WAITING: ("…", "待上报", Level.INFO),
    Delivered.SETTLED: ("✓", "已上报", Level.SUCCESS),
    Delivered.REFUSED: ("✗", "未被接受", Level.ERROR),
}
_VOIDS = {
    VoidState.REQUESTED: ("!", "作废待批", Level.WARNING),
    VoidState.APPROVED: ("—", "已作废", Level.INFO),
}
_PAPERS = {
    Paper.UNPRINTED: ("!", "未打印", Level.WARNING),
    Paper.AT_PRINTER: ("…", "正在打印", Level.INFO),
    Paper.DOUBTFUL: ("?", "存疑", Level.ERROR),
    Paper.PRINTED: ("✓", "已打印", Level.SUCCESS),
}
KINDS = {
    Kind.ACCEPTED: "受理",
    Kind.DEPOSITED: "收件",
    Kind.NOTICED: "一次性告知",
    Kind.REFUSED: "不予受理",
    Kind.TRANSFERRED: "转办",
    Kind.CONSULTED: "咨询",
    Kind.SUPPLEMENTED: "补交",
    Kind.COLLECTED: "领取结果",
    Kind.WITHDRAWN: "撤回",
    Kind.NO_SHOW: "过号",
    Kind.CATEGORY_CORRECTED: "更正分类",
    Kind.VOID_REQUESTED: "申请作废",
    Kind.VOID_APPROVED: "同意作废",
    Kind.VOID_DECLINED: "不同意作废",
    Kind.SHIFT_CLOSED: "交班",
    Kind.LEASED: "领用号段",
    Kind.PRINTED: "打印回执",
    Kind.REPRINTED: "补打回执",
    Kind.HANDED_OVER: "已交办事人",
    Kind.RECOVERED: "恢复记录",
}


def state_of(record: "Record") -> tuple[str, Level]:
    """A void outweighs the way to the hall."""
    sign, word, level = _VOIDS.get(record.void) or _DELIVERED[record.delivered]
    return f"{sign} {word}", level


def paper_of(record: "Record") -> tuple[str, Level]:
    """The receipt's, with the count of its copies."""
    sign, word, level = _PAPERS[record.paper]
    copies = f"（补打{record.reprints}次）" if record.reprints else ""
    return f"{sign} {word}{copies}", level


def is_shown(record: "Record", shown: Shown, typed: str) -> bool:
    """By state, and by number, name or matter."""
    sought = typed.strip().casefold()
    texts = (record.number, record.official, record.applicant_name, record.matter_name)
    return _IS[shown](record) and any(sought in text.casefold() for text in texts)


def sums_of(records: "Sequence[Record]") -> str:
    """How many of each state, in one line."""
    counts = Counter(state_of(record)[0].split()[-1] for record in records)
    parts = [f"共 {len(records)} 件", *(f"{word} {n}" for word, n in counts.most_common())]
    asides = {
        OFFLINE: sum(record.is_offline for record in records),
        "回执未打印": sum(record.paper is Paper.UNPRINTED for record in records),
        "回执存疑": sum(record.paper is Paper.DOUBTFUL for record in records),
    }
    parts += [f"{word} {n}" for word, n in asides.items() if n]
    return "　".join(parts)


_IS: "dict[Shown, Callable[[Record], bool]]" = {
    Shown.ALL: lambda _: True,
    Shown.WAITING: lambda record: record.delivered is Delivered.WAITING,
    Shown.REFUSED: lambda record: record.delivered is Delivered.REFUSED,
    Shown.VOID_WAITING: lambda record: record.void is VoidState.REQUESTED,
    Shown.VOID: lambda record: record.void is VoidState.APPROVED,
    Shown.OFFLINE: lambda record: record.is_offline,
    Shown.UNPRINTED: lambda record: record.paper is Paper.UNPRINTED,
    Shown.DOUBTFUL: lambda record: record.paper is Paper.DOUBTFUL,
}
