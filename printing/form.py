"""Ruled forms on A4: rows of boxes under one another, flowing over pages. Knows no paper."""

import threading
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from printing.errors import TextTooLong
from printing.page import A4, POINT, Sheets, text_width, wrapped

LEFT, RIGHT = 20.0, 190.0
TOP, BOTTOM = 18.0, 284.0
WIDTH = RIGHT - LEFT
MIDDLE = A4[0] / 2

DAY_TO_WRITE = "\u3000\u3000\u3000\u3000年\u3000\u3000月\u3000\u3000日"
"""A date to be filled in by hand."""

LABEL = 27.0
"""Width of a label's box."""

_INSET = 2.0
# Digits of a resident identity card's number and characters of a social credit code.
_PLACES = 18

# reportlab's fonts keep a reading position, so one paper is drawn at a time.
_DRAWING = threading.Lock()

_Looks = TypeVar("_Looks")


@dataclass(frozen=True, slots=True)
class Block:
    """Something that stays on one page. `draw` gets the sheets and the block's top edge."""

    height: float
    draw: Callable[[Sheets, float], None]


Page = list[tuple[float, Block]]
"""Every block with its top edge."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a paper: its pages are counted by themselves; `marks` stand over each of them."""

    pages: list[Page]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One box of a row, `width` in millimetres. `note` stands at its lower right."""

    text: str
    width: float
    centred: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Density:
    """How close a form to be filled in by hand stands.

    `size` in points, `padding` in millimetres; `room` scales the boxes to write, sign and seal in.
    """

    size: float
    padding: float
    room: float


@dataclass(slots=True)
class Flow:
    """Blocks under one another, page by page, each with its top edge.

    A further page begins with `continued`.
    """

    continued: Block
    pages: list[Page] = field(default_factory=lambda: [[]])
    y: float = TOP

    @property
    def left(self) -> float:
        """Millimetres that are free on the last page."""
        return BOTTOM - self.y

    def turn(self) -> None:
        """Goes on with a new page."""
        self.pages.append([(TOP, self.continued)])
        self.y = TOP + self.continued.height

    def make_room(self, height: float) -> None:
        """Begins a new page where less than `height` is free. Raises TextTooLong."""
        if height > BOTTOM - TOP - self.continued.height:
            raise TextTooLong(f"{height:.0f} mm in one piece")
        if height > self.left:
            self.turn()

    def place(self, block: Block) -> None:
        """Puts the block under the last one, or on a new page. Raises TextTooLong."""
        self.make_room(block.height)
        self.pages[-1].append((self.y, block))
        self.y += block.height


def bound(
    title: str, author: str, copies: Callable[[], Sequence[Copy]], *, demonstration: bool
) -> bytes:
    """The PDF of a paper: equal bytes for equal blocks and the same installed fonts.

    `copies` is called once no other paper is being drawn: measuring text also reads the fonts. The
    first paper of a process takes longer for it. Raises what `copies` raises.
    """
    with _DRAWING:
        sheets = Sheets(title, author)
        leaves = [
            (copy, number, page)
            for copy in copies()
            for number, page in enumerate(copy.pages, start=1)
        ]
        for leaf, (copy, number, page) in enumerate(leaves):
            if leaf:
                sheets.next_page()
            if demonstration:
                sheets.watermark("演示", 170)
            _draw_marks(sheets, copy.marks, demonstration)
            for top, block in page:
                block.draw(sheets, top)
            sheets.centred(MIDDLE, 290, f"第{number}页/共{len(copy.pages)}页", 8)
        return sheets.finished()


def on_fewest_pages(
    compose: Callable[[_Looks], list[Page]], densities: Sequence[_Looks]
) -> list[Page]:
    """The pages in the first of the `densities`, loosest first, that needs the fewest of them."""
    pages = compose(densities[0])
    for density in densities[1:]:
        if len(pages) == 1:
            break
        pages = min(pages, compose(density), key=len)
    return pages


def heading(names: str, paper_name: str, left: str, right: str, gap: float) -> Block:
    """Who issues the paper, what it is called, a line under both with a text at either end."""
    fitting = (size for size in (18, 16, 14) if text_width(names, size) < 2 * WIDTH - 15)
    size = next(fitting, 12)
    lines = _balanced(names, size)
    beside = text_width(left, 10.5) + text_width(right, 10.5) < WIDTH - 5.0
    under = [left] if beside else [left, *wrapped(right, 10.5, WIDTH)]
    leading = size * POINT * 1.35
    paper_base = 5.0 + leading * len(lines) + 4.0
    under_base = paper_base + 5.0 + gap
    rule = under_base + 5.2 * (len(under) - 1) + 2.2

    def draw(sheets: Sheets, top: float) -> None:
        for line, text in enumerate(lines):
            sheets.centred(MIDDLE, top + 5.0 + leading * line, text, size, bold=True)
        sheets.centred(MIDDLE, top + paper_base, paper_name, 21, bold=True, spacing=8.0)
        for line, text in enumerate(under):
            sheets.text(LEFT, top + under_base + 5.2 * line, text, 10.5)
        if beside:
            sheets.right(RIGHT, top + under_base, right, 10.5)
        sheets.rule(LEFT, top + rule, RIGHT, width=1.2)

    return Block(rule, draw)


def continuation(paper_name: str, right: str = "") -> Block:
    """What names the paper at the head of a further page."""

    def draw(sheets: Sheets, top: float) -> None:
        sheets.text(LEFT, top + 3.0, f"{paper_name}（续）", 10.5, bold=True)
        sheets.right(RIGHT, top + 3.0, right, 10.5)

    return Block(6.0, draw)


def air(height: float) -> Block:
    """Nothing, `height` millimetres of it."""
    return Block(height, lambda sheets, top: None)


def paragraph(text: str, size: float, *, above: float = 0.0, bold: bool = False) -> Block:
    """Text over the whole width, with `above` millimetres of air over it."""
    lines = wrapped(text, size, WIDTH)
    leading = size * POINT * 1.45

    def draw(sheets: Sheets, top: float) -> None:
        for line, words in enumerate(lines):
            base = top + above + size * POINT * 1.15 + leading * line
            sheets.text(LEFT, base, words, size, bold=bold)

    return Block(above + leading * len(lines), draw)


def ruled_row(cells: Sequence[Cell], size: float, padding: float, least: float = 0.0) -> Block:
    """Boxes side by side, as high as the longest text needs and at least `least` millimetres."""
    lines = [wrapped(cell.text, size, cell.width - 2 * _INSET) for cell in cells]
    leading = size * POINT * 1.3
    height = max(leading * max(map(len, lines)) + 2 * padding, least)
    edges = [LEFT]
    for cell in cells:
        edges.append(edges[-1] + cell.width)

    def draw(sheets: Sheets, top: float) -> None:
        sheets.boxes(top, height, edges)
        for cell, left, texts in zip(cells, edges, lines, strict=False):
            # Ideographs look centred in their line with the baseline here.
            base = top + (height - leading * len(texts)) / 2 + size * POINT * 1.02
            for line, text in enumerate(texts):
                if cell.centred:
                    sheets.centred(left + cell.width / 2, base + leading * line, text, size)
                else:
                    sheets.text(left + _INSET, base + leading * line, text, size)
            if cell.note:
                end = left + cell.width - _INSET
                sheets.right(end, top + height - _INSET - 1.0, cell.note, size)

    return Block(height, draw)


def whole(label: str, value: str) -> list[list[Cell]]:
    """One row for one field; none for an empty one."""
    return [_row(label, value)] if value else []


def halves(size: float, *pairs: tuple[str, str]) -> list[list[Cell]]:
    """One row for two fields, or a row each when one is empty or too long for half a row."""
    return to_fill(size, *[(label, value) for label, value in pairs if value])


def to_fill(size: float, *pairs: tuple[str, str], label_width: float = LABEL) -> list[list[Cell]]:
    """As `halves`, but an empty field keeps its box, to be filled in by hand."""
    room = WIDTH / 2 - label_width
    if len(pairs) < 2 or any(
        len(wrapped(value, size, room - 2 * _INSET)) > 1 for _, value in pairs
    ):
        return [_row(label, value, label_width) for label, value in pairs]
    return [
        [
            cell
            for label, value in pairs
            for cell in (Cell(label, label_width, True), Cell(value, room))
        ]
    ]


def number_to_fill(label: str, number: str, label_width: float = LABEL) -> list[Cell]:
    """A row for a number of 18 places: a box for each place while the number is not given."""
    if number:
        return _row(label, number, label_width)
    place = (WIDTH - label_width) / _PLACES
    return [Cell(label, label_width, True), *[Cell("", place)] * _PLACES]


def choices(offered: Sequence[str], ticked: Container[str]) -> str:
    """□ or ☑ before each word."""
    return "\u3000".join(f"{'☑' if each in ticked else '□'}{each}" for each in offered)


def _row(label: str, value: str, label_width: float = LABEL) -> list[Cell]:
    return [Cell(label, label_width, True), Cell(value, WIDTH - label_width)]


def _draw_marks(sheets: Sheets, marks: Sequence[str], demonstration: bool) -> None:
    """演示 at the left edge of the page, the other marks at the right."""
    x = RIGHT
    for mark in marks:
        x -= _boxed(sheets, x, mark) + 2.0
    if demonstration:
        width = text_width("演示", 9) + 4.0
        _boxed(sheets, LEFT + width, "演示")


def _boxed(sheets: Sheets, right: float, text: str) -> float:
    """A small box that ends at `right`, above everything else. Returns its width."""
    width = text_width(text, 9) + 4.0
    sheets.boxes(9.0, 5.5, (right - width, right))
    sheets.centred(right - width / 2, 12.9, text, 9)
    return width


def _balanced(text: str, size: float) -> list[str]:
    """Lines of about equal length, as a name in a head is set."""
    count = len(wrapped(text, size, WIDTH))
    if count == 1:
        return [text]
    even = wrapped(text, size, text_width(text, size) / count + size * POINT)
    return even if len(even) == count else wrapped(text, size, WIDTH)
