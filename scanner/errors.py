"""What a camera or a picture can answer instead of a ticket."""


class ScannerError(Exception):
    """No picture, or none that can be used."""

    code = "SCANNER_FAILED"


class CameraAbsent(ScannerError):
    """Nothing answers where pictures should come from. `source` is what was asked for."""

    code = "CAMERA_ABSENT"

    def __init__(self, source: str) -> None:
        super().__init__(f"no camera at {source}")
        self.source = source


class CameraBusy(ScannerError):
    """The camera is there and does not open: another program has it, or we may not use it.

    `holder` is empty: the system does not tell which program.
    """

    code = "CAMERA_BUSY"

    def __init__(self, source: str = "", holder: str = "") -> None:
        super().__init__(f"camera does not open: {source}")
        self.source = source
        self.holder = holder


class CameraHeld(CameraBusy):
    """Another program has the camera, and the system tells which one."""

    code = "CAMERA_HELD"


class CameraStalled(ScannerError):
    """The camera was open and no picture came in time."""

    code = "CAMERA_STALLED"

    def __init__(self, source: str = "") -> None:
        super().__init__(f"no picture in time from {source}")
        self.source = source


class CameraFrozen(ScannerError):
    """The camera repeats one picture for ever, as some drivers do once the plug is pulled."""

    code = "CAMERA_FROZEN"

    def __init__(self, source: str = "") -> None:
        super().__init__(f"the same picture again and again from {source}")
        self.source = source


class SourceUnknown(ScannerError):
    """The setting names no kind of source. `text` is the setting."""

    code = "CAMERA_SOURCE_UNKNOWN"

    def __init__(self, text: str) -> None:
        super().__init__("the setting names no source of pictures")
        self.text = text


class PictureUnreadable(ScannerError):
    """What came is no picture. `source` says where it came from, empty for a picture in memory."""

    code = "PICTURE_UNREADABLE"

    def __init__(self, source: str = "") -> None:
        super().__init__(f"not a picture: {source}" if source else "not a picture")
        self.source = source
