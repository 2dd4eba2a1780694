"""A call that a worker makes for a page, and what the page is told when it ended in a bug."""

import logging
from collections.abc import Callable
from typing import TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


class Unforeseen(Exception):
    """Nobody expected what happened, so nobody knows how far it got. The crash hook has it, too."""

    code = "UNFORESEEN"


def attempt(
    call: Callable[[], T],
    failures: tuple[type[Exception], ...],
    tell: Callable[[T], object],
    tell_refusal: Callable[[Exception], object],
) -> None:
    """Tells the answer, or the failure; any other exception is told as Unforeseen and raised."""
    try:
        answer = call()
    except failures as error:
        log.info("refused: %s", getattr(error, "code", type(error).__name__))
        tell_refusal(error)
        return
    except Exception:
        tell_refusal(Unforeseen())
        raise
    tell(answer)
