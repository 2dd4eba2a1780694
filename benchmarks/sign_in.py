"""Opening a key, signing with it and closing it, beside the same in process; a whole sign-in."""

from statistics import median

from benchmarks.ground import Ground
from benchmarks.table import Figure, Goal, shown
from clerk_client.demo.stage import CLERK

_TURNS = 80
_WARM = 5
_SIGN_INS = 15


def measure(ground: Ground) -> list[Figure]:
    """On a SoftHSM token with an RSA key of 2048 bits; a real key takes longer by itself."""
    return [_key(ground), _whole(ground)]


def _key(ground: Ground) -> Figure:
    asked = (ground.stage.settings, CLERK.identity, CLERK.pin)
    times: dict[str, list[float]] = {"hub": [], "host": [], "bare": []}
    with (
        ground.child("sign_in_key", "hub", *asked) as hub,
        ground.child("sign_in_key", "host", *asked) as host,
        ground.child("sign_in_key", "bare", *asked) as bare,
    ):
        ways = (("hub", hub), ("host", host), ("bare", bare))
        for turn in range(_WARM + _TURNS):
            for name, child in ways[:: 1 if turn % 2 else -1]:
                seconds = child.ask()["whole"]
                if turn >= _WARM:
                    times[name].append(seconds)
    beside = "the same calls in process: open, sign, close"
    told = (f"bare python-pkcs11, without looking whose key it is: {shown(median(times['bare']))}",)
    return Figure.of("sign-in", times["hub"], times["host"], beside, Goal(times=1.1), told=told)


def _whole(ground: Ground) -> Figure:
    asked = (ground.stage.settings, CLERK.identity, CLERK.pin)
    with ground.child("sign_in_key", "desk", *asked) as desk:
        first = desk.ask()["whole"]
        answers = [desk.ask() for _ in range(_SIGN_INS)]
    return Figure.of(
        "sign-in, whole",
        [answer["whole"] for answer in answers],
        [answer["peer"] for answer in answers],
        "3 bare GETs of the hall + a signature",
        told=(
            f"the first in a process, with its imports and what the hall has new: {shown(first)}",
        ),
    )
