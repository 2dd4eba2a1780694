"""One way of using a key, in a process of its own: answers each line with the seconds it took.

    python -m benchmarks.sign_in_key hub|host|bare|desk STATION LABEL PIN

Two libraries of one driver cannot live in one process, so each way has one of its own.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clerk_client.demo.soft_tokens import LIBRARY
from clerk_client.domain.clock import SystemClock
from clerk_client.parts import Parts
from clerk_client.settings import load_settings

MESSAGE = b"{" + b"x" * 240 + b"}"


def hub(parts: Parts, label: str, pin: str) -> Callable[[], dict[str, float]]:
    """As the client opens, signs and closes."""
    keys = parts.hub()
    token = next(token for token in keys.scan() if token.label == label)

    def turn() -> dict[str, float]:
        started = time.perf_counter()
        key = keys.open(token.id, pin)
        key.sign(MESSAGE)
        keys.close(token.id)
        return {"whole": time.perf_counter() - started}

    return turn


def host(parts: Parts, label: str, pin: str) -> Callable[[], dict[str, float]]:
    """The same calls of the same code in this process, without a driver's process between."""
    from ukey.host import DriverHost
    from ukey.look import options_of

    (driver,) = (driver for driver in parts.drivers().drivers if driver.library.exists())
    inside = DriverHost(driver.library.resolve(), options_of(driver))
    token = next(token for token in inside.tokens() if token.label == label)
    key_ids = (token.certificates[0].id,)

    def turn() -> dict[str, float]:
        started = time.perf_counter()
        inside.open(1, token, key_ids, pin)
        inside.sign(1, MESSAGE)
        inside.close(1)
        return {"whole": time.perf_counter() - started}

    return turn


def bare(_parts: Parts, label: str, pin: str) -> Callable[[], dict[str, float]]:
    """The same calls of the driver and no other."""
    import pkcs11
    from pkcs11 import Attribute, Mechanism, ObjectClass

    token = pkcs11.lib(str(LIBRARY.resolve())).get_token(token_label=label)
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: b"\x01"}

    def turn() -> dict[str, float]:
        started = time.perf_counter()
        session = token.open(user_pin=pin)
        (key,) = list(session.get_objects(wanted))
        key.sign(MESSAGE, mechanism=Mechanism.SHA256_RSA_PKCS)
        session.close()
        return {"whole": time.perf_counter() - started}

    return turn


def desk(parts: Parts, label: str, pin: str) -> Callable[[], dict[str, float]]:
    """A whole sign-in at the hall with an opened key; beside it what it cannot do without."""
    import requests

    keys = parts.hub()
    token = next(token for token in keys.scan() if token.label == label)
    key = keys.open(token.id, pin)
    session = requests.Session()
    session.trust_env = False
    health = f"{parts.settings.hall_url}/api/v1/health"

    def exchange() -> None:
        session.get(health, timeout=5).raise_for_status()

    exchange()

    def turn() -> dict[str, float]:
        started = time.perf_counter()
        parts.desk().sign_in(key)
        whole = time.perf_counter() - started
        parts.desk().sign_out()
        started = time.perf_counter()
        for _ in range(3):
            exchange()
        key.sign(MESSAGE)
        return {"whole": whole, "peer": time.perf_counter() - started}

    return turn


def main(way: str, station: str, label: str, pin: str) -> int:
    """Until its input ends."""
    parts = Parts(load_settings(Path(station)), SystemClock())
    ways: dict[str, Any] = {"hub": hub, "host": host, "bare": bare, "desk": desk}
    turn = ways[way](parts, label, pin)
    try:
        for _ in sys.stdin:
            print(json.dumps(turn()), flush=True)
    finally:
        parts.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
