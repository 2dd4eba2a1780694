"""What the login page and its presenter hand each other."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clerk_client.ui.wording import Words

if TYPE_CHECKING:
    from clerk_client.desk.session import Session
    from printing.document import CertificateApplication, KeyRequest
    from ukey.opened_key import OpenedKey

    Paper = KeyRequest | CertificateApplication


class Step(enum.Enum):
    """What is waited for."""

    CHECKING_PIN = "checking_pin"
    ASKING_HALL = "asking_hall"
    SIGNING_OUT = "signing_out"
    CHANGING_PIN = "changing_pin"


class Panel(enum.Enum):
    """What the login page offers without a PIN, in place of the card."""

    DOWNLOADS = "downloads"  # 驱动下载
    REQUEST = "request"  # 业务需求表
    APPLICATION = "application"  # 数字证书申请表
    PIN_CHANGE = "pin_change"  # 修改PIN


@dataclass(frozen=True, slots=True)
class KeyCard:
    """One plugged key as the clerk tells it from others: never by its label."""

    holder: str
    family: str
    serial_end: str
    valid_until: str
    kind: str = ""
    is_usable: bool = True
    demo_pin: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """Why no key is there: the manual's headings in their order, and the cause under one.

    Without a fault nothing says more than that none is plugged: the headings only help further.
    """

    headings: tuple[str, ...]
    marked: int
    words: Words
    is_fault: bool = True


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """What the station knows of help with keys; see Settings for the first three.

    `demo_pins` are PINs to show, by key serial: only in a demonstration.
    """

    downloads: Mapping[str, str] = field(default_factory=dict)
    whom_to_call: str = ""
    office: str = "网建办"
    hall_name: str = ""
    demo_pins: Mapping[str, str] = field(default_factory=dict)
    is_demonstration: bool = False


@dataclass(frozen=True, slots=True)
class LoginActions:
    """What the presenter may ask of the workers. Each returns at once; answers come by slots."""

    open_key: Callable[[str, str], object]
    close_key: Callable[[], object]
    change_pin: Callable[[str, str, str], object]
    choose_family: Callable[[str], object]
    sign_in: "Callable[[OpenedKey], object]"
    sign_out: Callable[[], object]
    prepare: Callable[[], object]
    open_window: "Callable[[Session], object]"
    print_paper: "Callable[[Paper], object]"
    save_paper: "Callable[[Paper, str], object]"
