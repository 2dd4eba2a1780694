"""A receipt as PDF, beside reportlab alone drawing what stands on it.

What the layout asks of reportlab is recorded once and asked again without the layout: the same
strings at the same places, the same rules, the same font. The code is drawn anew each time, either
with reportlab's own widget or as rectangles merged along their rows.
"""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode import qrencoder
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.pdfgen.canvas import Canvas

import printing.page
from benchmarks.ground import Ground
from benchmarks.table import Figure, Goal, by_turns
from clerk_client.hall_link.station_key import StationKey
from clerk_client.wire.receipt_code import ReceiptCode, sealed
from printing.document import MaterialRow, Receipt
from printing.layout import receipt_pdf
from printing.page import A4, MM

_TURNS = 60

Call = tuple[str, tuple[Any, ...], dict[str, Any]]
Place = tuple[float, float, float, str]
"""A code: left, top and side in millimetres, and its text."""


def measure(_ground: Ground) -> list[Figure]:
    """Warm: fonts are read once in a process, not once in a paper."""
    receipt = _receipt()
    calls, codes = _recorded(receipt)
    ours, widget, merged = by_turns(
        _TURNS,
        lambda: receipt_pdf(receipt),
        lambda: _drawn(calls, codes, _with_widget),
        lambda: _drawn(calls, codes, _merged),
        warm=3,
    )
    goal = Goal(times=1.5)
    beside = "bare reportlab, the same drawing, "
    return [
        Figure.of("receipt", ours, widget, beside + "its own QR", goal),
        Figure.of("receipt, merged code", ours, merged, beside + "merged QR", goal),
    ]


def _recorded(receipt: Receipt) -> tuple[list[Call], list[Place]]:
    """Every call the layout makes of the canvas but those of the code, which is only placed."""
    calls: list[Call] = []
    codes: list[Place] = []

    class Recorder(Canvas):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            found = super().__getattribute__(name)
            # Only what the layout calls, not what one method of the canvas asks of another.
            if name.startswith("_") or not callable(found) or busy:
                return found

            def recorded(*arguments: Any, **named: Any) -> Any:
                calls.append((name, arguments, named))
                busy.append(name)
                try:
                    return found(*arguments, **named)
                finally:
                    busy.pop()

            return recorded

        def __init__(self, *arguments: Any, **named: Any) -> None:
            busy.append("__init__")
            super().__init__(*arguments, **named)
            busy.pop()
            calls.append(("__init__", (), named))

    busy: list[str] = []

    def placed(_sheets: object, x: float, y: float, side: float, text: str) -> None:
        codes.append((x, y, side, text))

    with (
        patch.object(printing.page, "Canvas", Recorder),
        patch.object(printing.page.Sheets, "code", placed),
    ):
        receipt_pdf(receipt)
    return calls, codes


def _drawn(
    calls: list[Call], codes: list[Place], draw_code: Callable[[Canvas, Place], None]
) -> bytes:
    paper = io.BytesIO()
    (_, _, settings), *rest = calls
    canvas = Canvas(paper, **settings)
    for name, arguments, named in rest:
        if name == "save":
            for place in codes:
                draw_code(canvas, place)
        getattr(canvas, name)(*arguments, **named)
    return paper.getvalue()


def _with_widget(canvas: Canvas, place: Place) -> None:
    x, y, side, text = place
    size = side * MM
    drawing = Drawing(size, size)
    drawing.add(QrCodeWidget(text, barLevel="M", barBorder=0, barWidth=size, barHeight=size))
    renderPDF.draw(drawing, canvas, x * MM, (A4[1] - y - side) * MM)


def _merged(canvas: Canvas, place: Place) -> None:
    x, y, side, text = place
    code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    code.addData(qrencoder.QR8bitByte(text))
    code.make()
    module = side * MM / code.getModuleCount()
    top = (A4[1] - y) * MM
    for row, modules in enumerate(code.modules):
        column = 0
        for is_dark, same in groupby(modules):
            length = len(list(same))
            if is_dark:
                left, below = x * MM + column * module, top - (row + 1) * module
                canvas.rect(left, below, length * module, module, stroke=0, fill=1)
            column += length


def _receipt() -> Receipt:
    """What an ordinary acceptance prints: five materials, a sealed code."""
    key = StationKey(Ed25519PrivateKey.generate())
    moment = datetime(2026, 3, 5, 1, 31, tzinfo=UTC)
    chain_head = "5f" * 32
    code = ReceiptCode("4420002026100000039", moment.isoformat(), "SJ019", "B12", chain_head)
    materials = ("食品经营许可申请书", "营业执照", "平面布局图", "操作流程图", "食品安全管理制度")
    return Receipt(
        hall_name="中山市政务服务中心",
        department_full_name="中山市市场监督管理局",
        is_licence=True,
        number=code.number,
        applicant_name="中山市石岐区好滋味餐饮服务有限公司",
        document_type_name="统一社会信用代码",
        masked_document="9144********2X",
        phone="13800000000",
        matter_name="食品经营许可（新办）",
        accepted_at="2026-03-05 09:31",
        materials=tuple(MaterialRow(name, "1", "原件") for name in materials),
        promised="10个工作日",
        legal_days="20个工作日",
        window="B12 综合受理窗口",
        clerk_name="陈思敏",
        window_phone="0760-00000000",
        supervision_phone="0760-00000001",
        qr=sealed(code, key),
        chain_head=chain_head,
        category_name="中山分厅待办",
        pickup="窗口领取",
        department_name="市场监管局",
    )
