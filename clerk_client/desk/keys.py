"""What is known of a plugged key before its PIN, and the rule for a second one beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clerk_client.domain.errors import DomainError

if TYPE_CHECKING:
    from ukey.token import Token


class ApprovalOwnKey(DomainError):
    """Who asks for an approval does not give it: another person's key is needed."""

    code = "APPROVAL_OWN_KEY"


@dataclass(frozen=True, slots=True)
class Plugged:
    """A key that is plugged now.

    `reason` is why its certificate cannot sign in; `notices` are codes with their facts that its
    holder should know of: the last day is near, say.
    """

    token: "Token"
    reason: Exception | None = None
    notices: tuple[tuple[str, Mapping[str, object]], ...] = ()
