"""How the states of an acceptance are told: by sign and word, never by colour alone.

States are known by their values: the journal's modules load SQLCipher, which the login page does
without.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from clerk_client.ui.notices import Level
from clerk_client.ui.records.exchange import Shown

if TYPE_CHECKING:
    from clerk_client.desk.records import Record

OFFLINE = "离线受理"

_DELIVERED = {
    "waiting": ("…", "待上报", Level.INFO),
    "settled": ("✓", "已上报", Level.SUCCESS),
    "refused": ("✗", "未被接受", Level.ERROR),
}
_VOIDS = {
    "requested": ("!", "作废待批", Level.WARNING),
    "approved": ("—", "已作废", Level.INFO),
}
_PAPERS = {
    "unprinted": ("!", "未打印", Level.WARNING),
    "at_printer": ("…", "正在打印", Level.INFO),
    "doubtful": ("?", "存疑", Level.ERROR),
    "printed": ("✓", "已打印", Level.SUCCESS),
}
_WEIGHTS = (Level.INFO, Level.SUCCESS, Level.WARNING, Level.ERROR)
KINDS = {
    "accepted": "受理",
    "deposited": "收件",
    "noticed": "一次性告知",
    "refused": "不予受理",
    "transferred": "转办",
    "consulted": "咨询",
    "supplemented": "补交",
    "collected": "领取结果",
    "withdrawn": "撤回",
    "no_show": "过号",
    "category_corrected": "更正分类",
    "void_requested": "申请作废",
    "void_approved": "同意作废",
    "void_declined": "不同意作废",
    "shift_closed": "交班",
    "leased": "领用号段",
    "printed": "打印回执",
    "reprinted": "补打回执",
    "handed_over": "已交办事人",
    "recovered": "恢复记录",
}


def state_of(record: "Record") -> tuple[str, Level]:
    """A void outweighs the way to the hall."""
    sign, word, level = _VOIDS.get(record.void.value) or _DELIVERED[record.delivered.value]
    return f"{sign} {word}", level


def paper_of(record: "Record") -> tuple[str, Level]:
    """The receipt's, with how often it was printed again."""
    sign, word, level = _PAPERS[record.paper.value]
    copies = f" 补打{record.reprints}" if record.reprints else ""
    return f"{sign} {word}{copies}", level


def gravest(*levels: Level) -> Level:
    """Of what stands in one cell."""
    return max(levels, key=_WEIGHTS.index)


def is_shown(record: "Record", shown: Shown, typed: str) -> bool:
    """By state, and by number, name or matter."""
    sought = typed.strip().casefold()
    texts = (record.number, record.official, record.applicant_name, record.matter_name)
    return _IS[shown](record) and any(sought in text.casefold() for text in texts)


def sums_of(records: "Sequence[Record]") -> str:
    """How many of each state, in one line."""
    counts = Counter(state_of(record)[0].split()[-1] for record in records)
    # A count does not leave its word at the end of a line.
    parts = [f"共\u00a0{len(records)}\u00a0件"]
    parts += [f"{word}\u00a0{n}" for word, n in counts.most_common()]
    asides = {
        OFFLINE: sum(record.is_offline for record in records),
        "未打印": sum(record.paper.value == "unprinted" for record in records),
        "存疑": sum(record.paper.value == "doubtful" for record in records),
    }
    parts += [f"{word}\u00a0{n}" for word, n in asides.items() if n]
    return "　".join(parts)


_IS: "dict[Shown, Callable[[Record], bool]]" = {
    Shown.ALL: lambda _: True,
    Shown.WAITING: lambda record: record.delivered.value == "waiting",
    Shown.REFUSED: lambda record: record.delivered.value == "refused",
    Shown.VOID_WAITING: lambda record: record.void.value == "requested",
    Shown.VOID: lambda record: record.void.value == "approved",
    Shown.OFFLINE: lambda record: record.is_offline,
    Shown.UNPRINTED: lambda record: record.paper.value == "unprinted",
    Shown.DOUBTFUL: lambda record: record.paper.value == "doubtful",
}
