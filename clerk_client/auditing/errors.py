"""Why an audit or an export cannot begin. What is wrong with a journal is a finding, no error."""

from pathlib import Path


class AuditingError(Exception):
    """Root of everything that auditing can raise."""

    code = "AUDITING_ERROR"


class FileAbsent(AuditingError):
    """There is no such file."""

    code = "NO_SUCH_FILE"

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = str(path)


class TrustUnusable(AuditingError):
    """A file of certificates, lists or keys holds something else. `reason` is for IT."""

    code = "TRUST_UNUSABLE"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = str(path)
        self.reason = reason


class TrustEmpty(AuditingError):
    """Neither an authority nor a station's key was given."""

    code = "TRUST_EMPTY"


class HeadMistyped(AuditingError):
    """What was given as a printed head is none."""

    code = "HEAD_MISTYPED"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text[:80]


class AuditNoRoom(AuditingError):
    """The temporary folder has no room for what must be remembered of a journal."""

    code = "AUDIT_NO_ROOM"


class FileUnreadable(AuditingError):
    """The file is there and cannot be read."""

    code = "AUDIT_FILE_UNREADABLE"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = str(path)
        self.reason = reason


class ExportThere(AuditingError):
    """Something of that name is there. It is never overwritten."""

    code = "EXPORT_EXISTS"

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = str(path)


class ExportNotWritten(AuditingError):
    """The place cannot be written to, or is full."""

    code = "EXPORT_NOT_WRITTEN"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = str(path)
        self.reason = reason


class ReceiptCodeAbsent(AuditingError):
    """No receipt's code was read in the picture."""

    code = "RECEIPT_CODE_ABSENT"

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = str(path)


class RecoveryKeyUnusable(AuditingError):
    """The file is no private RSA key in PEM, or its passphrase is missing or wrong."""

    code = "RECOVERY_KEY_UNUSABLE"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = str(path)
        self.reason = reason
