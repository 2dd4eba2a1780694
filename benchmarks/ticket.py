"""From the moment a camera's frame arrived to the matter painted on the page, in a real window."""

import shutil
import statistics
from typing import Any

from benchmarks.ground import Ground
from benchmarks.table import Figure, shown

_TURNS = 40
_WARM = 6


def measure(ground: Ground) -> list[Figure]:
    """The demonstration's photographs, one after the other; the camera is a folder."""
    stage = ground.stage
    pictures = ground.folder / "tickets"
    pictures.mkdir()
    photographs = sorted((stage.settings.parent / "camera").glob("*.jpg"))
    # The last one names a suspended matter, which ends elsewhere.
    for photograph in photographs[:-1]:
        shutil.copy(photograph, pictures)
    turns = _TURNS + _WARM
    asked = (stage.settings, pictures, turns)
    with ground.child("ticket_window", *asked, on_screen=True) as window:
        answers: list[dict[str, Any]] = [window.answer() for _ in range(turns)][_WARM:]
    wholes = [answer["whole"] for answer in answers]
    peers = [answer["read"] + answer["get"] for answer in answers]
    parts = answers[0]["parts"]
    spent = {part: statistics.median(answer["parts"][part] for answer in answers) for part in parts}
    told = "of it " + ", ".join(f"{part} {shown(seconds)}" for part, seconds in spent.items())
    beside = "bare zxing-cpp + a bare GET of the hall"
    return [Figure.of("ticket", wholes, peers, beside, told=(told,))]
