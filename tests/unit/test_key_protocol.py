"""What a driver's process says is taken for what it is, and for no more."""

from pathlib import Path

import pytest

from ukey.errors import DriverFailed
from ukey.protocol import Garbled, error_from_plain, loaded, token_from_plain


@pytest.mark.parametrize("frame", [b"", b"[]", b"\xff", b"{", b'{"bytes": "?"}', b"[" * 100_000])
def test_bytes_that_are_no_message_are_refused(frame: bytes) -> None:
    def read() -> None:
        token_from_plain(loaded(frame).get("answer"))

    with pytest.raises(Garbled):
        read()


def test_error_that_is_not_known_is_still_told() -> None:
    for message in ({"error": "NEW", "facts": {"detail": "x"}}, {"error": "PIN_WRONG"}, {}):
        assert isinstance(error_from_plain(message, Path("/x.so")), DriverFailed)


def test_words_of_a_driver_that_would_turn_a_line_are_made_harmless() -> None:
    plain = {
        "slot": 1,
        "serial": "12\u202e34\n" + "5" * 100_000,
        "label": "中山\x1b[2J",
        "maker": "",
        "pin": "full",
        "pin_min": 4,
        "pin_max": 8,
        "is_initialized": True,
        "has_pin": True,
        "must_change_pin": False,
        "certificates": [],
    }
    token = token_from_plain(plain)
    assert token.serial.startswith("12345")
    assert len(token.serial) == 64
    assert token.label == "中山[2J"
    for number in (-1, 10**400, True, "1"):
        with pytest.raises(Garbled):
            token_from_plain({**plain, "slot": number})
