"""业务需求表(电子钥匙) on A4: what stands where.

The paper is all that is left to a clerk whose key is expired, locked or lost, so it asks for
nothing that must be known: each box that is empty is filled in by hand.
"""

from printing.document import KeyFamily, KeyRequest, Wish
from printing.form import (
    DAY_TO_WRITE,
    LABEL,
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
    on_fewest_pages,
    paragraph,
    ruled_row,
    to_fill,
)

_NAME = "业务需求表（电子钥匙）"
_NAME_TO_WRITE = "\u3000" * 6
_DENSITIES = (
    Density(size=11.0, padding=2.4, room=1.15),
    Density(size=11.0, padding=2.3, room=1.0),
    Density(size=10.5, padding=1.5, room=0.7),
    Density(size=9.5, padding=0.8, room=0.5),
)


def key_request_pdf(request: KeyRequest) -> bytes:
    """The request as PDF: equal bytes for an equal request and the same installed fonts.

    One page while what is given allows it. Raises FontMissing, GlyphMissing, TextTooLong.
    """

    def copies() -> list[Copy]:
        return [Copy(on_fewest_pages(lambda density: _pages(request, density), _DENSITIES))]

    author = request.hall_name or request.receiving_office
    return bound(request.title, author, copies, demonstration=request.demonstration)


def _pages(request: KeyRequest, density: Density) -> list[Page]:
    flow = Flow(continuation(_NAME))
    office = request.receiving_office or _NAME_TO_WRITE
    to, day = f"报送：{office}", f"填表日期：{request.day or DAY_TO_WRITE}"
    flow.place(heading(request.hall_name, _NAME, to, day, 5.0 * density.room))
    flow.place(air(3.0))
    for block in [*_asked(request, density), *_answered(office, density)]:
        flow.place(block)
    note = f"请使用人签名、部门签署意见并加盖公章后，送{office}办理。"
    flow.place(paragraph(note, 9, above=2.0))
    return flow.pages


def _asked(request: KeyRequest, density: Density) -> list[Block]:
    """What the user and the department fill in."""
    families = choices(
        [each.value for each in KeyFamily], [request.family.value] if request.family else []
    )
    wishes = choices([each.value for each in Wish], [each.value for each in request.wishes])
    first, last = request.valid_from or DAY_TO_WRITE, request.valid_to or DAY_TO_WRITE
    rows = [
        *to_fill(density.size, ("部门", request.department), ("使用人", request.user_name)),
        *to_fill(density.size, ("窗口/岗位", request.post), ("电话", request.phone)),
        *to_fill(density.size, ("电子钥匙", families)),
        *to_fill(density.size, ("证书持有人", request.holder), ("序列号", request.serial)),
        *to_fill(density.size, ("颁发者", request.issuer)),
        *to_fill(density.size, ("有效期起止", f"{first} 至 {last}")),
        *to_fill(density.size, ("办理业务", wishes)),
    ]
    return [
        *[ruled_row(cells, density.size, density.padding) for cells in rows],
        _roomy("原因", request.reason, 26.0, density),
        _roomy("使用人签名", "", 15.0, density),
        _roomy("部门意见", "", 36.0, density, note=f"（公章）{DAY_TO_WRITE}"),
    ]


def _answered(office: str, density: Density) -> list[Block]:
    """What the receiving office fills in: always empty."""
    title = Cell(f"以下由{office}填写", WIDTH, centred=True)
    first = to_fill(density.size, ("受理人", ""), ("日期", ""))
    last = to_fill(density.size, ("新有效期", ""), ("领取人", ""))
    return [
        ruled_row([title], density.size, density.padding),
        *[ruled_row(cells, density.size, density.padding) for cells in first],
        _roomy("处理结果", "", 24.0, density),
        *[ruled_row(cells, density.size, density.padding) for cells in last],
    ]


def _roomy(label: str, value: str, least: float, density: Density, *, note: str = "") -> Block:
    """A box to write, sign or seal in."""
    cells = [Cell(label, LABEL, True), Cell(value, WIDTH - LABEL, note=note)]
    return ruled_row(cells, density.size, density.padding, least * density.room)
