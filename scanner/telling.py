"""What `python -m scanner` says: in Chinese for a person, as values for a program."""

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING

from resources.words import Words, entries, words_for
from scanner.condition import Fault
from scanner.reading import Corners, Kind, Place, Reading
from scanner.trial import CameraReport, PictureReport

if TYPE_CHECKING:
    from scanner.devices import CameraDevice

_KINDS = {Kind.QR: "二维码", Kind.CODE_128: "条码"}
_LONGEST_SHOWN = 400

NO_FAULT = "TICKET_NOT_READ_YET"
"""Whose words stand where nothing certain is wrong with the picture."""


def harmless(text: str) -> str:
    """What a stranger printed, so that a terminal only shows it and shows it in its own order."""
    cut = text[:_LONGEST_SHOWN]
    shown = "".join(_escaped(character) for character in cut)
    return shown if cut == text else f"{shown}…（共{len(text)}字）"


def _escaped(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def problem(code: str, facts: Mapping[str, object]) -> str:
    """In one line: what cannot be done, and what to do instead."""
    words = _words(code, facts)
    return f"{words.title}。{words.next_step}（{code}）"


def _words(code: str, facts: Mapping[str, object]) -> Words:
    """Those for IT, by the kind of source: the code's own ones speak to a clerk at the page."""
    kind = str(facts.get("source", "")).partition(":")[0].upper()
    own = (f"{code}_IT_{kind}", f"{code}_IT", code)
    return words_for(code, facts, _fact, next((entry for entry in own if entry in entries()), code))


def _fact(fact: object) -> str:
    return harmless(fspath(fact) if isinstance(fact, PathLike) else str(fact))


# --- for a person --------------------------------------------------------------------------------


def lines_of_cameras(cameras: Sequence["CameraDevice"]) -> Iterator[str]:
    """The cameras by the names that `--camera` and `[camera] source` take."""
    if not cameras:
        yield "没有找到高拍仪或摄像头"
    for camera in cameras:
        yield f"{camera.index}　{harmless(camera.name)}"
        yield f"　　标识：{harmless(camera.identity)}"


def lines_of_picture(report: PictureReport) -> Iterator[str]:
    """What one file gave."""
    name = harmless(fspath(report.path))
    if report.error is not None:
        yield name
        yield from _lines_of_words(report.error.code, vars(report.error))
        return
    yield f"{name}　{report.width}×{report.height}　{report.took_ms:.0f}毫秒"
    for reading in report.readings:
        yield from _lines_of_reading(reading)
    if not report.readings:
        yield from _lines_of_unread(report.places, report.fault)


def lines_of_camera(report: CameraReport) -> Iterator[str]:
    """What one camera gave."""
    yield harmless(report.source)
    if report.first_frame_ms is not None:
        size = f"{report.width}×{report.height}"
        counts = f"共{report.frames}帧，查看{report.looked}帧"
        yield f"　　画面：{size}，每秒{report.fps:.1f}帧（{counts}）"
        yield f"　　首帧：{report.first_frame_ms:.0f}毫秒"
    for seen in report.seen:
        when = f"第{seen.frame}帧，首帧后{seen.at_ms:.0f}毫秒，用时{seen.took_ms:.0f}毫秒"
        yield from _lines_of_reading(seen.reading, when)
    if report.error is not None:
        yield from _lines_of_words(report.error.code, vars(report.error))
    elif not report.seen:
        yield from _lines_of_unread(report.places, report.fault)


def _lines_of_reading(reading: Reading, when: str = "") -> Iterator[str]:
    yield f"　　读到：{harmless(reading.text)}"
    yield f"　　　　{'，'.join(filter(None, (_KINDS[reading.kind], reading.stage, when)))}"
    yield f"　　　　四角：{_shown_corners(reading.corners)}"


def _lines_of_unread(places: Sequence[Place], fault: Fault | None) -> Iterator[str]:
    yield "　　没有读到码" if places else "　　没有读到码，也没有找到码的位置"
    for place in places:
        yield f"　　找到一个码，读不出：每格{place.module_px:.1f}像素"
        yield f"　　　　四角：{_shown_corners(place.corners)}"
    yield from _lines_of_words(_code_of(fault), {})


def _code_of(fault: Fault | None) -> str:
    return fault.value if fault is not None else NO_FAULT


def _lines_of_words(code: str, facts: Mapping[str, object]) -> Iterator[str]:
    words = _words(code, facts)
    yield f"　　原因：{words.title}"
    yield f"　　办法：{words.next_step}"
    yield f"　　代码：{code}"


def _shown_corners(corners: Corners) -> str:
    return " ".join(f"({x:.0f},{y:.0f})" for x, y in corners)


# --- for a program -------------------------------------------------------------------------------


def plain_problem(code: str, facts: Mapping[str, object]) -> dict[str, object]:
    """Cause and next step as a person reads them, and the code to go by."""
    words = _words(code, facts)
    return {"code": code, "cause": words.title, "next_step": words.next_step}


def plain_camera(camera: "CameraDevice") -> dict[str, object]:
    """One camera of the list."""
    return {"name": camera.name, "identity": camera.identity, "index": camera.index}


def plain_picture(report: PictureReport) -> dict[str, object]:
    """What one file gave."""
    return {
        "path": fspath(report.path),
        "width": report.width,
        "height": report.height,
        "took_ms": round(report.took_ms, 1),
        "readings": [_plain_reading(reading) for reading in report.readings],
        "located": [_plain_place(place) for place in report.places],
        "fault": None if report.readings or report.error else _plain_fault(report.fault),
        "error": report.error and plain_problem(report.error.code, vars(report.error)),
    }


def plain_trial(report: CameraReport) -> dict[str, object]:
    """What one camera gave."""
    first = report.first_frame_ms
    return {
        "source": report.source,
        "seconds": report.seconds,
        "width": report.width,
        "height": report.height,
        "fps": round(report.fps, 1),
        "frames": report.frames,
        "looked": report.looked,
        "first_frame_ms": None if first is None else round(first, 1),
        "readings": [
            _plain_reading(seen.reading)
            | {
                "frame": seen.frame,
                "at_ms": round(seen.at_ms, 1),
                "took_ms": round(seen.took_ms, 1),
            }
            for seen in report.seen
        ],
        "located": [_plain_place(place) for place in report.places],
        "fault": None if report.seen or report.error else _plain_fault(report.fault),
        "error": report.error and plain_problem(report.error.code, vars(report.error)),
    }


def _plain_fault(fault: Fault | None) -> dict[str, object]:
    return plain_problem(_code_of(fault), {})


def _plain_reading(reading: Reading) -> dict[str, object]:
    return {
        "text": reading.text,
        "raw": reading.raw.hex(),
        "kind": reading.kind.value,
        "stage": reading.stage,
        "corners": _plain_corners(reading.corners),
    }


def _plain_place(place: Place) -> dict[str, object]:
    return {
        "corners": _plain_corners(place.corners),
        "module_px": round(place.module_px, 2),
    }


def _plain_corners(corners: Corners) -> list[list[float]]:
    return [[round(x, 1), round(y, 1)] for x, y in corners]
