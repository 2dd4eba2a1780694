"""统一身份认证 after the key, wired: worker, notice, and when it is asked for."""

from collections.abc import Callable

from clerk_client.app.workers import Workers
from clerk_client.ui.identity_notice import IdentityNotice
from clerk_client.ui.wording import wording_for


class WiredIdentity:
    """Asks whoever signs in, where the hall has a provider; the window goes on meanwhile."""

    def __init__(
        self,
        workers: Workers,
        notice: IdentityNotice,
        tell: Callable[[str], object],
        *,
        is_asked: bool,
    ) -> None:
        self._confirm = workers.identity_thread.queued(workers.identity.confirm)
        self._skip = workers.identity.skip
        self._notice = notice
        self._tell = tell
        self._is_asked = is_asked
        self._identity = ""
        workers.identity.confirmed.connect(self._confirmed)
        workers.identity.failed.connect(notice.show_failed)
        # Through a function: Qt would queue the worker's own method behind the waiting one.
        notice.skipped.connect(lambda: self._skip())
        notice.asked_again.connect(self._ask)

    def welcome(self, identity: str) -> None:
        """Somebody has signed in with their key; `identity` is what its certificate says."""
        self._identity = identity
        if self._is_asked:
            self._ask()

    def forget(self) -> None:
        """They have left: nobody is waited for."""
        self._identity = ""
        self._notice.forget()
        self._skip()

    def _ask(self) -> None:
        self._notice.show_awaited()
        self._confirm(self._identity)

    def _confirmed(self) -> None:
        self._notice.show_confirmed()
        if self._identity:
            self._tell(wording_for("IDENTITY_CONFIRMED").title)
