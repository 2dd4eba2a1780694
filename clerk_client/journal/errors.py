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
    """The file's content is broken."""

    code = "JOURNAL_DAMAGED"


class JournalFull(JournalError):
    """No room on the disk."""

    code = "JOURNAL_FULL"


class JournalNotWritable(JournalError):
    """The folder or the file cannot be written."""

    code = "JOURNAL_NOT_WRITABLE"


class NumbersUsedUp(JournalError):
    """No leased number is left and the hall is out of reach."""

    code = "NUMBERS_USED_UP"
