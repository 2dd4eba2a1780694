"""What can keep a paper from being made or printed. The Chinese words stand in wording.toml."""


class PrintingError(Exception):
    """A paper could not be made or printed. What was accepted stays accepted."""

    code = "PRINTING_FAILED"


class PrinterAbsent(PrintingError):
    """This machine knows no printer of that name."""

    code = "PRINTER_ABSENT"

    def __init__(self, name: str) -> None:
        super().__init__(f"no printer called {name!r}")
        self.name = name


class PrintFailed(PrintingError):
    """The printer did not take the paper. `detail` is what the print system said of it."""

    code = "PRINT_FAILED"

    def __init__(self, detail: str) -> None:
        super().__init__(f"not printed: {detail}")
        self.detail = detail


class FontMissing(PrintingError):
    """A font that the paper needs is not installed. `package` is what to install."""

    code = "FONT_MISSING"

    def __init__(self, package: str) -> None:
        super().__init__(f"no usable font: install {package}")
        self.package = package


class GlyphMissing(PrintingError):
    """No installed font can draw the character. An empty box would falsify a name."""

    code = "GLYPH_MISSING"

    def __init__(self, character: str) -> None:
        super().__init__(f"no font has U+{ord(character):04X}")
        self.character = character


class CodeTooLong(PrintingError):
    """The text would need a code that is too fine for a camera. `length` is in bytes."""

    code = "PRINT_CODE_TOO_LONG"

    def __init__(self, length: int) -> None:
        super().__init__(f"{length} bytes are too many for the code on a paper")
        self.length = length


class TextTooLong(PrintingError):
    """One field alone is longer than a page."""

    code = "PRINT_TEXT_TOO_LONG"


class FolderUnwritable(PrintingError):
    """The folder that stands for a printer cannot be written."""

    code = "PRINT_FOLDER_UNWRITABLE"

    def __init__(self, path: str) -> None:
        super().__init__(f"cannot write to {path}")
        self.path = path


class CertificateYearsInvalid(PrintingError):
    """No certificate is sold for so many years. `most` is the largest number that is taken."""

    code = "CERTIFICATE_YEARS_INVALID"

    def __init__(self, years: int, most: int) -> None:
        super().__init__(f"{years} years, 1 to {most} can be applied for")
        self.years = years
        self.most = most


class CertificateCountInvalid(PrintingError):
    """Not a number of certificates to apply for. `most` is the largest number that is taken."""

    code = "CERTIFICATE_COUNT_INVALID"

    def __init__(self, count: int, most: int) -> None:
        super().__init__(f"{count} certificates, 1 to {most} can be applied for")
        self.count = count
        self.most = most


class ApplicantsTooMany(PrintingError):
    """More people are named than personal certificates are applied for."""

    code = "CERTIFICATE_APPLICANTS_TOO_MANY"

    def __init__(self, applicants: int, certificates: int) -> None:
        super().__init__(f"{applicants} applicants for {certificates} personal certificates")
        self.applicants = applicants
        self.certificates = certificates
