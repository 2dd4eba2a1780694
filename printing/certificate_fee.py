"""What digital certificates cost, whole yuan, and how it is worked out.

Figures and way of writing: 广东省网上办事大厅信息(电子证照)系统数字证书业务办理指引, 缴费.
"""

from collections.abc import Iterable

from printing.document import CertificateKind, CertificateLine
from printing.errors import CertificateCountInvalid, CertificateYearsInvalid

A_YEAR = {
    CertificateKind.BUSINESS: 500,
    CertificateKind.INSTITUTION: 500,
    CertificateKind.PERSONAL: 200,
}
"""年费, for each certificate."""

_MEDIUM = {
    # Loaded into a cryptographic machine, not handed out on a key.
    CertificateKind.BUSINESS: 0,
    CertificateKind.INSTITUTION: 100,
    CertificateKind.PERSONAL: 100,
}

# Nothing in the source; they only stop a slip of the finger.
_MOST_YEARS = 10
_MOST_CERTIFICATES = 99


def fee(kind: CertificateKind, count: int, years: int, *, with_medium: bool = True) -> int:
    """What `count` certificates cost. Raises CertificateYearsInvalid, CertificateCountInvalid."""
    if not 1 <= years <= _MOST_YEARS:
        raise CertificateYearsInvalid(years, _MOST_YEARS)
    if not 1 <= count <= _MOST_CERTIFICATES:
        raise CertificateCountInvalid(count, _MOST_CERTIFICATES)
    return (A_YEAR[kind] * years + medium(kind, with_medium=with_medium)) * count


def medium(kind: CertificateKind, *, with_medium: bool = True) -> int:
    """介质费 for each certificate; 0 where none is charged."""
    return _MEDIUM[kind] if with_medium else 0


def total(lines: Iterable[CertificateLine]) -> int:
    """What all lines cost together. Raises like `fee`."""
    return sum(_fee_of(line) for line in lines)


def calculation(line: CertificateLine) -> str:
    """500*3+100=1600元, as the source writes it. Raises like `fee`."""
    cost = _fee_of(line)
    once = medium(line.kind, with_medium=line.with_medium)
    one = f"{A_YEAR[line.kind]}*{line.years}" + (f"+{once}" if once else "")
    if line.count == 1:
        return f"{one}={cost}元"
    return f"({one})*{line.count}={cost}元" if once else f"{one}*{line.count}={cost}元"


def _fee_of(line: CertificateLine) -> int:
    return fee(line.kind, line.count, line.years, with_medium=line.with_medium)
