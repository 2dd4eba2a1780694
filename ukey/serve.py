"""The driver's process: answers the client's questions with one vendor's driver.

    python -m ukey.serve CONNECTION LIFELINE LIBRARY OPTIONS

is started by `ukey.child` and by nobody else. One question after the other, all on one thread.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ukey.confinement import SPENT_MEMORY, confine, memory_held
from ukey.driver_words import detail_of
from ukey.errors import DriverFailed, UKeyError
from ukey.host import DriverHost
from ukey.protocol import (
    ANSWERLESS,
    READY,
    Channel,
    HostOptions,
    TokenRef,
    dumped,
    error_to_plain,
    loaded,
    token_to_plain,
)


def serve(connection: Channel, host: DriverHost) -> None:
    """Answers until the client closes its end."""
    connection.send_bytes(dumped({"answer": READY}))
    questions: dict[str, Callable[..., Any]] = {
        "tokens": lambda: [token_to_plain(token) for token in host.tokens()],
        "is_present": lambda token: host.is_present(TokenRef(**token)),
        "open": lambda handle, token, key_ids, pin: host.open(
            handle, TokenRef(**token), tuple(key_ids), pin
        ),
        "sign": host.sign,
        "change_pin": lambda token, old, new: host.change_pin(TokenRef(**token), old, new),
        "close": host.close,
    }
    while True:
        try:
            question = loaded(connection.recv_bytes())
        except EOFError:
            return
        try:
            answer = {"answer": questions[question["ask"]](**question["with"])}
        except UKeyError as error:
            answer = error_to_plain(error)
        except Exception as error:  # noqa: BLE001 - the client is to know, and this process to live
            answer = error_to_plain(DriverFailed("", detail_of(error)))
        is_answered = question.get("ask") not in ANSWERLESS
        # It may hold a PIN, and the next question may be hours away.
        del question
        if not is_answered:
            continue
        # Not while somebody is logged in, whom that would log out.
        if not host.has_open_keys and (host.is_worn or memory_held() > SPENT_MEMORY):
            answer["spent"] = True
        connection.send_bytes(dumped(answer))


def main(connection: str, lifeline: str, library: str, options: str) -> int:
    """Until the client closes its end, or ends."""
    confine(int(lifeline), Path(library))
    told = json.loads(options)
    host = DriverHost(
        Path(library),
        HostOptions(
            mechanisms=tuple(told["mechanisms"]),
            label_encodings=tuple(told["label_encodings"]),
            ignores_blank=told["ignores_blank"],
            restart_to_notice=told["restart_to_notice"],
        ),
    )
    serve(_connection(int(connection)), host)
    host.stop()
    return 0


def _connection(number: int) -> Channel:
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection

        return PipeConnection(number)
    else:  # noqa: RET505 - mypy reads one branch a platform
        from multiprocessing.connection import Connection

        return Connection(number)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
