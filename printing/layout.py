"""受理回执 on A4: what stands where.

The sentence that cites the law is template text, to be checked by each hall before use.
"""

import re
from dataclasses import dataclass

from printing.document import Receipt
from printing.form import (
    BOTTOM,
    LEFT,
    MIDDLE,
    RIGHT,
    WIDTH,
    Block,
    Cell,
    Copy,
    Flow,
    Page,
    bound,
    continuation,
    halves,
    heading,
    on_fewest_pages,
    ruled_row,
    whole,
)
from printing.page import POINT, Sheets, text_width, wrapped

_MATERIAL_WIDTHS = (14.0, 108.0, 18.0, 30.0)
_CODE = 34.0
_CONTACT_LEFT, _CONTACT_WIDTH = 60.0, 64.0
_SEAL_MIDDLE, _SEAL_WIDTH = 158.0, 62.0

_BY_ARTICLE_32 = (
    "你(单位)于{day}提出的{matter}申请，材料齐全、符合法定形式。"
    "根据《行政许可法》第三十二条第一款第(五)项，现予受理。"
)
_WITHOUT_ARTICLE = "你(单位)于{day}提出的{matter}申请，现予受理。"
# The acceptance number of a hall's lease: hall, year, epoch, sequence, check character.
_OFFICIAL_NUMBER = re.compile(r"[0-9]{6}([0-9]{4})[0-9]([0-9]{7})[0-9X]")


@dataclass(frozen=True, slots=True)
class _Density:
    """How close things stand. Sizes in points, `padding` and `gap` in millimetres."""

    body: float
    table: float
    padding: float
    gap: float
    stub: float
    stub_padding: float


_DENSITIES = (
    _Density(body=11.5, table=10.5, padding=1.9, gap=5.0, stub=9.5, stub_padding=1.2),
    _Density(body=11.0, table=10.0, padding=1.4, gap=4.0, stub=9.0, stub_padding=1.0),
    _Density(body=10.5, table=9.5, padding=0.9, gap=3.0, stub=8.5, stub_padding=0.7),
    _Density(body=10.5, table=9.0, padding=0.65, gap=2.6, stub=8.5, stub_padding=0.6),
    _Density(body=10.0, table=8.5, padding=0.4, gap=2.2, stub=8.0, stub_padding=0.5),
)


def receipt_pdf(receipt: Receipt) -> bytes:
    """The receipt as PDF: equal bytes for an equal receipt and the same installed fonts.

    One page while the materials allow it, then as many as they need. The first paper of a process
    also reads the fonts. Raises FontMissing, GlyphMissing, CodeTooLong, TextTooLong.
    """
    marks = [
        (f"补打第{receipt.reprint}次", receipt.reprint > 0),
        ("离线受理", receipt.offline),
        ("临时受理号，正式编号以大厅登记为准", receipt.is_provisional),
    ]
    held = tuple(text for text, holds in marks if holds)

    def copies() -> list[Copy]:
        return [Copy(on_fewest_pages(lambda density: _pages(receipt, density), _DENSITIES), held)]

    return bound(receipt.title, receipt.hall_name, copies, demonstration=receipt.demonstration)


def _pages(receipt: Receipt, density: _Density) -> list[Page]:
    """The stub ends the last page."""
    flow = Flow(continuation(receipt.paper_name, f"受理编号：{receipt.number}"))
    flow.place(_head(receipt, density))
    before, after = _fields(receipt, density.table)
    for cells in before:
        flow.place(ruled_row(cells, density.table, density.padding))
    heading = _material("序号", "收到材料", "份数", "形式", density)
    for number, each in enumerate(receipt.materials, start=1):
        row = _material(str(number), each.name, each.copies, each.form, density)
        if number == 1 or row.height > flow.left:
            flow.make_room(heading.height + row.height)
            flow.place(heading)
        flow.place(row)
    for cells in after:
        flow.place(ruled_row(cells, density.table, density.padding))
    foot, stub = _foot(receipt, density), _stub(receipt, density)
    flow.make_room(foot.height + stub.height)
    spare = flow.left - foot.height - stub.height
    flow.pages[-1].append((flow.y + spare * 0.4, foot))
    flow.pages[-1].append((BOTTOM - stub.height, stub))
    return flow.pages


def _head(receipt: Receipt, density: _Density) -> Block:
    """The department's full name, the paper's, the numbers, and the decision."""
    number, document = f"受理编号：{receipt.number}", _document_number(receipt)
    names = heading(receipt.department_full_name, receipt.paper_name, number, document, density.gap)
    pattern = _BY_ARTICLE_32 if receipt.is_licence else _WITHOUT_ARTICLE
    decision = pattern.format(day=_day(receipt.accepted_at), matter=receipt.matter_name)
    lines = [
        *wrapped(f"{receipt.applicant_name}：", density.body, WIDTH),
        *wrapped(f"\u3000\u3000{decision}", density.body, WIDTH),
    ]
    leading = density.body * POINT * 1.6
    text_base = names.height + 0.8 + density.gap + density.body * POINT * 0.5
    height = text_base + leading * (len(lines) - 1) + density.gap

    def draw(sheets: Sheets, top: float) -> None:
        names.draw(sheets, top)
        for line, text in enumerate(lines):
            sheets.text(LEFT, top + text_base + leading * line, text, density.body)

    return Block(height, draw)


def _fields(receipt: Receipt, size: float) -> tuple[list[list[Cell]], list[list[Cell]]]:
    """The rows of the form before and after the materials. An empty field has no place."""
    before = [
        *whole("申请人", receipt.applicant_name),
        *whole("事项名称", receipt.matter_name),
        *halves(
            size, ("证件类型", receipt.document_type_name), ("证件号码", receipt.masked_document)
        ),
        *halves(size, ("联系电话", receipt.phone), ("受理时间", receipt.accepted_at)),
    ]
    after = [
        *halves(size, ("法定时限", receipt.legal_days), ("承诺时限", receipt.promised)),
        *halves(size, ("领取方式", receipt.pickup), ("查询网址", receipt.query_address)),
    ]
    return before, after


def _material(number: str, name: str, copies: str, form: str, density: _Density) -> Block:
    texts = (number, name, copies, form)
    centred = (True, number == "序号", True, True)
    cells = [Cell(*each) for each in zip(texts, _MATERIAL_WIDTHS, centred, strict=True)]
    return ruled_row(cells, density.table, density.padding)


def _foot(receipt: Receipt, density: _Density) -> Block:
    """Code, window and telephones, room for the seal, and where the applicant signs."""
    contacts = [
        ("受理地点", receipt.hall_name),
        ("受理窗口", receipt.window),
        ("经办人", receipt.clerk_name),
        ("联系电话", receipt.window_phone),
        ("监督电话", receipt.supervision_phone),
    ]
    lines = [
        line
        for label, value in contacts
        if value
        for line in wrapped(f"{label}：{value}", 9.5, _CONTACT_WIDTH)
    ]
    department = wrapped(receipt.department_full_name, 10.5, _SEAL_WIDTH)
    leading = 6.0 if len(lines) < 7 else 4.6
    code_top = density.gap
    upper = max(_CODE + 5.0, leading * len(lines), 4.8 * len(department) + 18.0)
    sign_base = code_top + upper + density.gap + 3.0
    height = sign_base + density.gap + 6.0

    def draw(sheets: Sheets, top: float) -> None:
        if receipt.qr:
            sheets.code(LEFT + 1.0, top + code_top, _CODE, receipt.qr)
            sheets.centred(LEFT + 1.0 + _CODE / 2, top + code_top + _CODE + 4.2, "扫码核验", 8.5)
        for line, text in enumerate(lines):
            sheets.text(_CONTACT_LEFT, top + code_top + 3.5 + leading * line, text, 9.5)
        seal = top + code_top + (upper - 4.8 * len(department) - 14.0) / 2 + 3.5
        for line, text in enumerate(department):
            sheets.centred(_SEAL_MIDDLE, seal + 4.8 * line, text, 10.5)
        below = seal + 4.8 * len(department)
        sheets.centred(_SEAL_MIDDLE, below + 1.5, "（受理专用印章）", 9.5)
        sheets.centred(_SEAL_MIDDLE, below + 9.0, _day(receipt.accepted_at), 10.5)
        sheets.text(LEFT, top + sign_base, "申请人签收：", 10.5)
        sheets.rule(LEFT + 23.0, top + sign_base + 1.0, LEFT + 80.0)
        sheets.text(LEFT + 85.0, top + sign_base, "签收时间：", 10.5)
        x = LEFT + 104.0
        for blank, unit in ((14.0, "年"), (11.0, "月"), (11.0, "日"), (11.0, "时")):
            sheets.rule(x, top + sign_base + 1.0, x + blank)
            sheets.text(x + blank + 0.4, top + sign_base, unit, 10.5)
            x += blank + 4.6
        small = top + sign_base + density.gap + 3.5
        sheets.text(LEFT, small, "本回执一式两份，申请人、受理窗口各执一份。", 7.5)
        sheets.right(RIGHT, small, f"链头 {receipt.chain_head}", 6)

    return Block(height, draw)


def _stub(receipt: Receipt, density: _Density) -> Block:
    """存根: what the window keeps; it alone bears the category, no concern of the client's."""
    texts = [
        *halves(density.stub, ("受理编号", receipt.number), ("文号", _document_number(receipt))),
        *whole("申请人", receipt.applicant_name),
        *whole("事项名称", receipt.matter_name),
        *halves(
            density.stub, ("证件号码", receipt.masked_document), ("受理时间", receipt.accepted_at)
        ),
        *halves(density.stub, ("事项类型", receipt.category_name), ("经办人", receipt.clerk_name)),
    ]
    rows = [ruled_row(cells, density.stub, density.stub_padding) for cells in texts]
    rows_top = 7.0 + density.gap

    def draw(sheets: Sheets, top: float) -> None:
        note = "沿此线裁开"
        half = text_width(note, 7.5) / 2 + 3.0
        sheets.rule(LEFT - 12.0, top, MIDDLE - half, dashed=True)
        sheets.centred(MIDDLE, top + 1.0, note, 7.5)
        sheets.rule(MIDDLE + half, top, RIGHT + 12.0, dashed=True)
        title = f"{receipt.paper_name}（存根）"
        sheets.centred(MIDDLE, top + 4.5 + density.gap, title, 12, bold=True)
        y = top + rows_top
        for row in rows:
            row.draw(sheets, y)
            y += row.height

    return Block(rows_top + sum(row.height for row in rows), draw)


def _document_number(receipt: Receipt) -> str:
    """文号, counted as the acceptance numbers are; empty when the number is no official one."""
    parts = _OFFICIAL_NUMBER.fullmatch(receipt.number)
    if parts is None:
        return ""
    year, sequence = parts.groups()
    department = receipt.department_name or receipt.department_full_name
    return f"中({department})受〔{year}〕第{int(sequence)}号"


def _day(moment: str) -> str:
    """2026年3月5日 of 2026-03-05 09:31; any other form as it stands."""
    parts = re.match(r"(\d{4})-(\d{2})-(\d{2})\b", moment)
    if parts is None:
        return moment
    year, month, day = map(int, parts.groups())
    return f"{year}年{month}月{day}日"
