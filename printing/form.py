"""Ruled forms on A4: rows of boxes under one another, flowing over pages. Knows no paper."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from printing.errors import TextTooLong
from printing.page import A4, POINT, Sheets, wrapped

LEFT, RIGHT = 20.0, 190.0
TOP, BOTTOM = 18.0, 284.0
WIDTH = RIGHT - LEFT
MIDDLE = A4[0] / 2

_LABEL = 27.0
_INSET = 2.0


@dataclass(frozen=True, slots=True)
class Block:
    """Something that stays on one page. `draw` gets the sheets and the block's top edge."""

    height: float
    draw: Callable[[Sheets, float], None]


@dataclass(frozen=True, slots=True)
class Cell:
    """One box of a row, `width` in millimetres."""

    text: str
    width: float
    centred: bool = False


@dataclass(slots=True)
class Flow:
    """Blocks under one another, page by page, each with its top edge.

    A further page begins with `continued`.
    """

    continued: Block
    pages: list[list[tuple[float, Block]]] = field(default_factory=lambda: [[]])
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


def ruled_row(cells: Sequence[Cell], size: float, padding: float) -> Block:
    """Boxes side by side, as high as the longest text needs."""
    lines = [wrapped(cell.text, size, cell.width - 2 * _INSET) for cell in cells]
    leading = size * POINT * 1.3
    height = leading * max(map(len, lines)) + 2 * padding
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

    return Block(height, draw)


def whole(label: str, value: str) -> list[list[Cell]]:
    """One row for one field; none for an empty one."""
    return [[Cell(label, _LABEL, True), Cell(value, WIDTH - _LABEL)]] if value else []


def halves(size: float, *pairs: tuple[str, str]) -> list[list[Cell]]:
    """One row for two fields, or a row each when one is empty or too long for half a row."""
    given = [(label, value) for label, value in pairs if value]
    room = WIDTH / 2 - _LABEL
    if len(given) < 2 or any(
        len(wrapped(value, size, room - 2 * _INSET)) > 1 for _, value in given
    ):
        return [cells for label, value in given for cells in whole(label, value)]
    return [
        [cell for label, value in given for cell in (Cell(label, _LABEL, True), Cell(value, room))]
    ]
