"""数字证书申请表 on A4, in two copies: what stands where.

What is asked for follows 广东省网上办事大厅信息(电子证照)系统数字证书业务办理指引. The form in its
appendix is not at hand: the boxes are those its text names, in an order of our own. The agreement
with the certificate authority (电子认证服务协议) is the authority's own paper and not printed here.
"""

from collections.abc import Iterator, Sequence

from printing.certificate_fee import A_YEAR, calculation, medium, total
from printing.document import (
    CertificateApplicant,
    CertificateApplication,
    CertificateKind,
    CertificateLine,
    Occasion,
)
from printing.errors import ApplicantsTooMany
from printing.form import (
    DAY_TO_WRITE,
    WIDTH,
    Block,
    Cell,
    Copy,
    Density,
    Flow,
    Page,
    air,
    bound,
    choices,
    continuation,
    heading,
    number_to_fill,
    on_fewest_pages,
    paragraph,
    ruled_row,
    to_fill,
)

_COPIES = ("第一份", "第二份")
_NECESSITY = {
    CertificateKind.BUSINESS: "必选",
    CertificateKind.INSTITUTION: "必选",
    CertificateKind.PERSONAL: "可选",
}
_LABEL = 38.0
_LINE_WIDTHS = (41.0, 26.0, 22.0, 16.0, 16.0, 49.0)
_ATTACHMENT_WIDTHS = (12.0, 80.0, 16.0, 62.0)
_DENSITIES = (
    Density(size=10.5, padding=2.2, room=1.2),
    Density(size=10.5, padding=1.7, room=1.0),
    Density(size=10.0, padding=1.1, room=0.8),
    Density(size=9.0, padding=0.6, room=0.65),
)


def certificate_application_pdf(application: CertificateApplication) -> bytes:
    """Both copies as one PDF: equal bytes for an equal application and the same installed fonts.

    A second page for the holders of personal certificates is there when some are applied for, and
    in the blank form. Raises CertificateYearsInvalid, CertificateCountInvalid, ApplicantsTooMany,
    FontMissing, GlyphMissing, TextTooLong.
    """
    people = _people(application)

    def copies() -> list[Copy]:
        def compose(density: Density) -> list[Page]:
            return _first_page(application, len(people), density).pages

        pages = on_fewest_pages(compose, _DENSITIES)
        if people:
            pages = pages + _second_page(application.title, people, _DENSITIES[1])
        return [Copy(pages, (copy,)) for copy in _COPIES]

    title, author = application.title, application.system_name
    return bound(title, author, copies, demonstration=application.demonstration)


def _people(application: CertificateApplication) -> tuple[CertificateApplicant, ...]:
    """Who stands on the second page: a blank one for each certificate without a name."""
    total(application.lines)
    named = application.applicants
    if not application.lines:
        return named or (CertificateApplicant(),)
    personal = CertificateKind.PERSONAL
    wanted = sum(line.count for line in application.lines if line.kind is personal)
    if len(named) > wanted:
        raise ApplicantsTooMany(len(named), wanted)
    return named + (CertificateApplicant(),) * (wanted - len(named))


def _first_page(application: CertificateApplication, people: int, density: Density) -> Flow:
    flow = Flow(continuation(application.title))
    occasions = choices(
        [each.value for each in Occasion],
        [application.occasion.value] if application.occasion else [],
    )
    note = "一式二份，表格中的项目全部为必填项"
    flow.place(heading(application.system_name, application.title, occasions, note, 3.0))
    flow.place(air(3.0))
    for cells in [*_certificates(application.lines), *_unit(application, density)]:
        flow.place(ruled_row(cells, density.size, density.padding))
    flow.place(paragraph("申请资料", density.size + 1, above=2.5, bold=True))
    flow.place(air(1.0))
    for cells in _attachments(people, bool(application.lines)):
        flow.place(ruled_row(cells, density.size - 1, density.padding * 0.8))
    flow.place(
        paragraph(
            "如需申请个人证书才需要提交表格第二页，否则不需提交。"
            "填写完成后，请经办人本人亲笔签名并加盖单位公章（包括电子认证服务协议）。",
            density.size - 1,
            above=2.0,
        )
    )
    flow.place(air(2.0))
    flow.place(_signatures(density))
    return flow


def _second_page(
    title: str, people: Sequence[CertificateApplicant], density: Density
) -> list[Page]:
    flow = Flow(continuation(title))
    flow.place(flow.continued)
    flow.place(paragraph("第二页：个人证书申请人", 14, above=4.0, bold=True))
    flow.place(paragraph("如需申请个人证书才需要提交本页，否则不需提交。", 9.5, above=1.0))
    for number, person in enumerate(people, start=1):
        label = f"申请人{number}" if len(people) > 1 else "申请人"
        rows = [
            *to_fill(density.size, (label, person.name), label_width=_LABEL),
            number_to_fill("申请人身份证号", person.document_number, _LABEL),
            *to_fill(
                density.size,
                ("部门", person.department),
                ("岗位", person.post),
                label_width=_LABEL,
            ),
            *to_fill(density.size, ("联系电话", person.phone), label_width=_LABEL),
        ]
        blocks = [ruled_row(cells, density.size, density.padding) for cells in rows]
        flow.make_room(4.0 + sum(block.height for block in blocks))
        for block in [air(4.0), *blocks]:
            flow.place(block)
    signatures = _signatures(density)
    flow.make_room(4.0 + signatures.height)
    flow.place(air(4.0))
    flow.place(signatures)
    return flow.pages


def _certificates(lines: Sequence[CertificateLine]) -> Iterator[list[Cell]]:
    """A row for each line, one to fill in for each kind that is not applied for, and the sum."""
    titles = ("证书类型", "年费", "介质费", "数量（个）", "年限（年）", "费用计算")
    yield _titles(_LINE_WIDTHS, *titles)
    for kind in CertificateKind:
        name, yearly = f"{kind.value}（{_NECESSITY[kind]}）", f"{A_YEAR[kind]}元/年/个"
        of_kind = [line for line in lines if line.kind is kind]
        for line in of_kind:
            once = _each(medium(kind, with_medium=line.with_medium))
            count, years, ticked = str(line.count), str(line.years), choices([name], [name])
            yield _row(_LINE_WIDTHS, ticked, yearly, once, count, years, calculation(line))
        if not of_kind:
            once = _each(medium(kind))
            yield _row(_LINE_WIDTHS, choices([name], []), yearly, once, "", "", "")
    last = _LINE_WIDTHS[-1]
    cost = f"{total(lines)}元" if lines else ""
    yield _titles((WIDTH - last, last), "费用合计", cost)


def _each(yuan: int) -> str:
    return f"{yuan}元/个" if yuan else "—"


def _unit(application: CertificateApplication, density: Density) -> Iterator[list[Cell]]:
    """Who applies, and who handles it for them."""
    fields = [
        ("申请单位", application.unit_name),
        ("统一社会信用代码/事业单位法人证书号", application.unit_code),
        ("经办人", application.handler_name),
    ]
    for field in fields:
        yield from to_fill(density.size, field, label_width=_LABEL)
    yield number_to_fill("经办人身份证号", application.handler_document_number, _LABEL)
    yield from to_fill(
        density.size, ("经办人联系电话", application.handler_phone), label_width=_LABEL
    )


def _attachments(people: int, decided: bool) -> Iterator[list[Cell]]:
    """The 指引's list. `people` is how many personal certificates' holders there are.

    While it is not `decided` what is applied for, what only some need says so.
    """
    yield _titles(_ATTACHMENT_WIDTHS, "序号", "资料", "份数", "要求")
    rows = [
        ("证书请求文件", "—", "信息中心提供，不需自行提交"),
        ("《数字证书申请表》（含电子认证服务协议）", "2", "加盖公章"),
        ("《事业单位法人证书》（副本）复印件", "1", "加盖单位公章"),
        ("数字证书经办人身份证复印件", "1", "加盖公章"),
    ]
    if people:
        need = "加盖公章" if decided else "申请个人证书才需提交，加盖公章"
        rows.append(("个人证书申请人身份证复印件", "1" if people == 1 else "各1", need))
    for number, row in enumerate(rows, start=1):
        yield _row(_ATTACHMENT_WIDTHS, str(number), *row)


def _signatures(density: Density) -> Block:
    quarter = WIDTH / 2 - 24.0
    cells = [
        Cell("经办人签名", 24.0, centred=True),
        Cell("", quarter, note=DAY_TO_WRITE),
        Cell("单位公章", 24.0, centred=True),
        Cell("", quarter, note=DAY_TO_WRITE),
    ]
    return ruled_row(cells, density.size, density.padding, 34.0 * density.room)


def _row(widths: Sequence[float], *texts: str) -> list[Cell]:
    """What is short stands in the middle of its box."""
    return [Cell(text, width, width < 40) for text, width in zip(texts, widths, strict=True)]


def _titles(widths: Sequence[float], *texts: str) -> list[Cell]:
    return [Cell(text, width, centred=True) for text, width in zip(texts, widths, strict=True)]
