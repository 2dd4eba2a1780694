"""The walk of one reception as a table of allowed steps."""

import enum

from clerk_client.domain.errors import StepNotAllowed


class Stage(enum.Enum):
    """Where a reception stands."""

    WAITING = "waiting"  # for a ticket, an appointment number or a search
    IDENTIFYING = "identifying"  # the look-up is under way
    FOUND = "found"  # the matter is on screen; 办理 comes next
    RECORDING = "recording"  # category, name, number
    CONFIRMING = "confirming"  # the summary is on screen
    ACCEPTING = "accepting"  # the key signs, the journal writes
    ACCEPTED = "accepted"  # durable; the receipt is printed and handed over


NEXT = {
    Stage.WAITING: {Stage.IDENTIFYING, Stage.FOUND},
    Stage.IDENTIFYING: {Stage.FOUND, Stage.WAITING},
    Stage.FOUND: {Stage.RECORDING, Stage.WAITING},
    Stage.RECORDING: {Stage.CONFIRMING, Stage.FOUND, Stage.WAITING},
    Stage.CONFIRMING: {Stage.ACCEPTING, Stage.RECORDING},
    Stage.ACCEPTING: {Stage.ACCEPTED, Stage.CONFIRMING},
    Stage.ACCEPTED: {Stage.WAITING},
}


def step(now: Stage, to: Stage) -> Stage:
    """The stage `to`, if it may follow `now`. Raises StepNotAllowed."""
    if to not in NEXT[now]:
        raise StepNotAllowed(f"{now.value} -> {to.value}")
    return to
