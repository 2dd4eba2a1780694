"""Which source of pictures a setting names."""

from pathlib import Path

from scanner.adjustment import Adjustment
from scanner.camera import CameraSource
from scanner.errors import SourceUnknown
from scanner.frames import UNADJUSTED, AdjustableSource
from scanner.pictures import PictureSource
from scanner.stream import StreamSource


def source_for(text: str, adjustment: Adjustment = UNADJUSTED) -> AdjustableSource:
    """The source that a setting names. Opens nothing. Raises SourceUnknown.

    camera: (the first), camera:0, camera:NAME or part of it, camera:IDENTITY, file:PATH,
    folder:PATH or http://HOST/PATH.
    """
    text = text.strip()
    kind, colon, rest = text.partition(":")
    if "\0" in rest:
        raise SourceUnknown(text)
    if kind == "camera" and colon:
        return CameraSource(rest.strip(), adjustment)
    if kind in {"file", "folder"} and rest.strip():
        return PictureSource(text, Path(rest), adjustment=adjustment)
    if kind == "http":
        return StreamSource(text, adjustment=adjustment)
    raise SourceUnknown(text)
