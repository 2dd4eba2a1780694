"""What is wrong in the files that hall IT prepares, told by file and line in their language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SENTENCES = {
    "NO_FILES": "文件夹中没有可导入的文件（例如 matters.csv）",
    "HALL_MISSING": "数据库中还没有大厅信息，请先提供 hall.json",
    "HALL_ONE": "hall.json 只能写一个大厅",
    "HALL_OTHER": "数据库中已有大厅 {known}，不能改为 {value}",
    "HALL_CODE": "大厅编码“{value}”不对，应为 6 位数字",
    "FILE_TWICE": "同一张表既有 CSV 又有 JSON，请只保留一个",
    "ENCODING": "文件编码无法识别，请另存为 UTF-8，或用中文版 Excel 另存为 CSV",
    "SYNTAX": "文件格式有误，从这里起无法读取，请检查引号和括号",
    "NOT_AN_OBJECT": "这一项不是带字段的对象",
    "COLUMN_MISSING": "缺少列 {column}",
    "COLUMN_UNKNOWN": "不认识的列 {column}",
    "COLUMN_TWICE": "列 {column} 出现了两次",
    "COLUMNS_MANY": "数据列太多，最多 {most} 列",
    "ROW_LENGTH": "这一行有 {found} 列，应为 {expected} 列",
    "EMPTY": "{column} 不能为空",
    "TOO_LONG": "{column} 太长，最多 {most} 个字",
    "CHARACTER": "{column} 含有不允许的字符（换行、竖线或控制字符）",
    "NOT_ONE_OF": "{column} 的值“{value}”不对，只能填 {allowed}",
    "NOT_A_DAY": "{column} 的值“{value}”不是日期，应写成 2026-11-21",
    "NOT_A_COUNT": "{column} 的值“{value}”不对，应为 0 到 3650 的整数",
    "TICKET_NUMBER": "排队号“{value}”不对，应为大写字母加 3 到 4 位数字，例如 A023",
    "APPOINTMENT_NUMBER": "预约号“{value}”不对，只能用文字、字母、数字和横线，最多 40 个",
    "CASE_NUMBER": "办件编号“{value}”不对，不能含空格和 / \\ ? # %",
    "DOCUMENT_NUMBER": "{column} 不是证件号码，应为 4 到 40 个字符",
    "STEPS": "第 {place} 个步骤不对，应写成 名称:状态:日期，状态只能填 done、current、waiting",
    "BASE_CODE": "文件名中的基础库编码“{value}”不对，只能用字母、数字、横线和下划线，最多 40 个",
    "BASE_WITHOUT_ENTRY": "基础库 {value} 没有登记，请先写入 base_databases.csv",
    "DUPLICATE": "与第 {line} 行重复：{value}",
    "IDENTITY_TAKEN": "证书标识“{value}”已属于工作人员 {known}",
    "UNKNOWN": "{column} 中的“{value}”不存在",
    "NOT_A_PARENT": "上级事项“{value}”的 is_parent 不是 yes",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. `code` has its sentence in SENTENCES."""

    file: str
    line: int
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {SENTENCES[self.code].format(**self.facts)}"


class Findings:
    """All that was found, so that a file is mended once and not line by line."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def add(self, finding: Finding) -> None:
        self._found.append(finding)

    def copy(self) -> "Findings":
        """With what was found so far, to go on from."""
        further = Findings()
        further._found = list(self._found)
        return further

    def sorted(self) -> tuple[Finding, ...]:
        """By file and line, as they are mended."""
        return tuple(sorted(self._found, key=lambda f: (f.file, f.line)))


class LoadRefused(Exception):
    """The folder was not loaded, and nothing of it."""

    code = "LOAD_REFUSED"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = findings
