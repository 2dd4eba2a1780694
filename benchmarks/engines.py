"""Readers of QR codes beside the project's own, each called in the plainest way."""

import contextlib
from collections.abc import Callable, Iterable

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from scanner.charset import repaired

Picture = npt.NDArray[np.uint8]
Engine = Callable[[Picture], Iterable[str]]

_FORMATS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)

ZXING, ZBAR, ARUCO = "zxing-cpp", "zbar", "OpenCV (Aruco)"


def engines() -> dict[str, Engine]:
    """By name; zbar is left out where its library is missing."""
    found = {ZXING: zxing, ARUCO: _aruco()}
    with contextlib.suppress(ImportError, OSError):
        found[ZBAR] = _zbar()
    return found


def zxing(picture: Picture) -> list[str]:
    """zxing-cpp alone."""
    codes = zxingcpp.read_barcodes(
        _gray(picture), formats=_FORMATS, text_mode=zxingcpp.TextMode.Plain
    )
    return [code.text for code in codes]


def _zbar() -> Engine:
    from pyzbar import pyzbar

    def read(picture: Picture) -> list[str]:
        try:
            symbols = pyzbar.decode(_gray(picture), symbols=[pyzbar.ZBarSymbol.QRCODE])
        except ValueError:  # one part of several has no orientation in pyzbar
            return []
        return [repaired(symbol.data) for symbol in symbols]

    return read


def _aruco() -> Engine:
    # It would say of every code that names its character set that it does not know how.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    detector = cv2.QRCodeDetectorAruco()

    def read(picture: Picture) -> list[str]:
        try:
            done, texts, _, _ = detector.detectAndDecodeMulti(_gray(picture))
        except (cv2.error, UnicodeDecodeError):
            return []
        return [text for text in texts if text] if done else []

    return read


def _gray(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
