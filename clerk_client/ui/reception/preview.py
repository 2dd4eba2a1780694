"""The camera's part of the conversation: when it runs, and what the page says of it."""

from clerk_client.ui.reception.exchange import Preview, ReceptionActions, ReceptionView
from clerk_client.ui.reception.ticket_codes import label_of
from clerk_client.ui.wording import wording_for


class PreviewControl:
    """Asks for the preview to start and stop, and follows what it really does."""

    def __init__(self, view: ReceptionView, actions: ReceptionActions) -> None:
        self._view = view
        self._actions = actions
        self._preview = Preview.STOPPED
        # What was asked for last: the camera itself follows later.
        self._wanted = False
        self._fresh = True

    def start(self) -> None:
        """Asks while it runs too: 开始预览 is also pressed when the picture stands still."""
        if not self._wanted:
            self.show(Preview.STARTING)
        self._actions.start_preview(self._fresh)
        self._fresh = True

    def expect_next_client(self) -> None:
        """The paper of the client before still lies there; the next start does not read it."""
        self._fresh = False

    def ensure_started(self) -> None:
        if not self._wanted:
            self.start()

    def stop(self) -> None:
        """Frees the camera; the page follows with the answer. The picture of a read ticket goes."""
        self.forget_read()
        if self._preview is not Preview.STOPPED:
            self._wanted = False
            self._actions.stop_preview()

    def keep(self, text: str, *, by_itself: bool) -> None:
        """The picture with this code stays on the page until the next start.

        `by_itself`: the camera has stopped already.
        """
        if not by_itself:
            self._actions.stop_preview()
        self.show(Preview.READ)
        self._view.show_read(text, label_of(text, self._actions.ticket_named(text)))

    def forget_read(self) -> None:
        """The client whose ticket it is has gone."""
        if self._preview is Preview.READ:
            self.show(Preview.STOPPED)

    def drop(self) -> None:
        """Frees the camera, and empties the picture without waiting for it."""
        self.stop()
        self.show(Preview.STOPPED)

    def read_now(self) -> None:
        """One thorough read. The worker starts a stopped preview by itself."""
        if not self._wanted:
            self.show(Preview.STARTING)
        self._actions.read_now()

    def show(self, preview: Preview) -> None:
        """What the camera does now."""
        self._preview = preview
        self._wanted = preview not in (Preview.STOPPED, Preview.READ)
        self._view.show_preview(preview)
        self._view.show_reading_hint(None)

    def stopped(self) -> None:
        """The camera was let go."""
        if self._preview is not Preview.READ:
            self.show(Preview.STOPPED)

    def started(self) -> bool:
        """The first picture comes; True when the camera was lost before."""
        was_away = self._preview is Preview.AWAY
        self.show(Preview.RUNNING)
        return was_away

    def lost(self) -> None:
        """The camera is awaited, unless its end was asked for meanwhile."""
        if self._wanted:
            self.show(Preview.AWAY)

    def hint(self, code: str) -> None:
        """What keeps the ticket from being read; an empty code when nothing does any more."""
        if self._preview is Preview.RUNNING:
            self._view.show_reading_hint(wording_for(code) if code else None)
