"""Acceptances that stand, whose clerk was gone before the receipt came out."""

from clerk_client.domain.cases import Acceptance


class Unfinished:
    """Kept until the program ends, each for the clerk who signed it and for nobody else."""

    def __init__(self) -> None:
        self._kept: list[Acceptance] = []

    def keep(self, acceptance: Acceptance) -> None:
        self._kept.append(acceptance)

    def take(self, clerk: str) -> Acceptance | None:
        """The oldest of this clerk's, which is not kept any longer."""
        for position, acceptance in enumerate(self._kept):
            if acceptance.clerk == clerk:
                return self._kept.pop(position)
        return None
