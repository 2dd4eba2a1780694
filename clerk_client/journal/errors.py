"""What can go wrong with the journal. None of these lets an acceptance be shown as accepted."""


class JournalError(Exception):
    """Root of everything the journal can raise."""

    code = "JOURNAL_ERROR"


class JournalInUse(JournalError):
    """Another client of this station has the journal open."""

    code = "JOURNAL_IN_USE"


class JournalKeyLost(JournalError):
    """The journal is there, its key is not in the keyring, or does not fit."""

    code = "JOURNAL_KEY_LOST"


class JournalDamaged(JournalError):
    """The file's content is broken. `seq` is the first line known to be wrong, 0 when none is."""

    code = "JOURNAL_DAMAGED"

    def __init__(self, detail: str, seq: int = 0) -> None:
        super().__init__(detail)
        self.seq = seq


class JournalNewer(JournalError):
    """A newer version of this program has written the file. It is left as it is."""

    code = "JOURNAL_NEWER"

    def __init__(self, version: int, known: int) -> None:
        super().__init__(f"version {version}, known up to {known}")
        self.version = version
        self.known = known


class JournalBehind(JournalError):
    """The file is an older copy of this journal: the hall holds lines that it lacks.

    Whatever it wrote next would stand in the chain where another line stands already.
    """

    code = "JOURNAL_BEHIND"


class JournalReadOnly(JournalError):
    """The journal was opened to be read only."""

    code = "JOURNAL_READ_ONLY"


class JournalFull(JournalError):
    """No room on the disk."""

    code = "JOURNAL_FULL"


class JournalNotWritable(JournalError):
    """The folder or the file cannot be written."""

    code = "JOURNAL_NOT_WRITABLE"


class NumbersUsedUp(JournalError):
    """No leased number is left and the hall is out of reach."""

    code = "NUMBERS_USED_UP"


class ProvisionalNumbersUsedUp(JournalError):
    """All provisional numbers of the day are given away."""

    code = "PROVISIONAL_NUMBERS_USED_UP"


class AttachmentTooLarge(JournalError):
    """Captured material of more bytes than the hall takes."""

    code = "ATTACHMENT_TOO_LARGE"

    def __init__(self, size: int) -> None:
        super().__init__(f"{size} bytes")
        self.size = size


class AttachmentAbsent(JournalError):
    """A line is to name captured material that is not kept here, or not any more."""

    code = "ATTACHMENT_ABSENT"

    def __init__(self, sha256: str) -> None:
        super().__init__(sha256)
        self.sha256 = sha256


class RecoveryCertificateUnfit(JournalError):
    """The hall's recovery certificate is not one to wrap a key to. `detail` is for IT."""

    code = "RECOVERY_CERT_UNFIT"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class RecoveryCopyAbsent(JournalError):
    """No wrapped key lies beside the journal."""

    code = "RECOVERY_COPY_ABSENT"


class RecoveryCopyBroken(JournalError):
    """What lies beside the journal is no wrapped key."""

    code = "RECOVERY_COPY_BROKEN"


class RecoveryKeyWrong(JournalError):
    """The private key does not belong to the certificate that the journal's key is wrapped to."""

    code = "RECOVERY_KEY_WRONG"
