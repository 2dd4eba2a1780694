"""个人证书, 机构证书 or 业务证书? Told by marks, which are data: see certificate_kinds.toml."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.resources import files
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from ukey.errors import CatalogBroken
from ukey.token import Kind
from ukey.toml_file import Table, read_toml

FILE_NAME = "kinds.toml"
"""IT's own marks, in the folder of driver files. It describes no driver."""

_STRICTEST_FIRST = (Kind.BUSINESS, Kind.INSTITUTION, Kind.PERSONAL)


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells one kind; one of them is enough. Policies and usages are dotted numbers."""

    units: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    usages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kinds:
    """证书类型 and their marks. `problems` are the files that could not be used."""

    marks: Mapping[Kind, Marks]
    problems: tuple[CatalogBroken, ...] = field(default=(), compare=False)

    def kind_of(self, parsed: x509.Certificate) -> Kind:
        """The strictest kind that it bears a mark of.

        Raises what cryptography says of extensions that it cannot read: see MALFORMED.
        """
        units = _texts(parsed.subject, NameOID.ORGANIZATIONAL_UNIT_NAME)
        names = [*units, *_texts(parsed.subject, NameOID.COMMON_NAME)]
        policies, usages = _policies_and_usages(parsed.extensions)
        for kind in _STRICTEST_FIRST:
            marks = self.marks.get(kind, Marks())
            if (
                any(unit in units for unit in marks.units)
                or any(piece in name for piece in marks.pieces for name in names)
                or not policies.isdisjoint(marks.policies)
                or not usages.isdisjoint(marks.usages)
            ):
                return kind
        return Kind.UNMARKED


def load_kinds(extra: Path | None = None) -> Kinds:
    """The marks shipped, and those of kinds.toml in the folder `extra`, which replace by kind.

    Never raises: a file that cannot be used is among the problems, and the marks shipped stand.
    """
    shipped = _shipped()
    if extra is None or _is_absent(extra / FILE_NAME):
        return shipped
    try:
        own = _marks(read_toml(extra / FILE_NAME))
    except CatalogBroken as broken:
        return Kinds(shipped.marks, (broken,))
    return Kinds({**shipped.marks, **own})


@cache
def _shipped() -> Kinds:
    return Kinds(_marks(read_toml(files("resources").joinpath("certificate_kinds.toml"))))


def _is_absent(file: Path) -> bool:
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        # There may be one: let the reader say why it cannot be read.
        return False
    return False


def _texts(name: x509.Name, oid: x509.ObjectIdentifier) -> list[str]:
    """Values without the blanks around them; one that is no text says nothing."""
    found = (attribute.value for attribute in name.get_attributes_for_oid(oid))
    return [value.strip() for value in found if isinstance(value, str)]


def _policies_and_usages(extensions: x509.Extensions) -> tuple[set[str], set[str]]:
    policies: set[str] = set()
    usages: set[str] = set()
    for extension in extensions:
        if isinstance(extension.value, x509.CertificatePolicies):
            policies |= {policy.policy_identifier.dotted_string for policy in extension.value}
        if isinstance(extension.value, x509.ExtendedKeyUsage):
            usages |= {usage.dotted_string for usage in extension.value}
    return policies, usages


def _marks(file: Table) -> dict[Kind, Marks]:
    """Raises CatalogBroken."""
    file.has_only(*(kind.value for kind in _STRICTEST_FIRST))
    found: dict[Kind, Marks] = {}
    for name in file:
        table = file.table(name)
        table.has_only(*(mark.name for mark in fields(Marks)))
        lists = {word: tuple(mark.strip() for mark in table.texts(word)) for word in table}
        for word in ("policies", "usages"):
            for number in lists.get(word, ()):
                if not _is_dotted(number):
                    reason = f"has {number!r}, which is no number like 1.2.3"
                    raise table.broken(word, reason, number)
        found[Kind(name)] = Marks(**lists)
    return found


def _is_dotted(number: str) -> bool:
    try:
        x509.ObjectIdentifier(number)
    except ValueError:
        return False
    return True
