"""The camera's part of the conversation: when it runs, and what the page says of it."""

from collections.abc import Callable, Sequence
from datetime import date

from clerk_client.ui.reception.exchange import Preview, ReceptionActions, ReceptionView
from clerk_client.ui.reception.ticket_codes import label_of, leads_on
from clerk_client.ui.wording import wording_for

_MOST_REFUSED = 20


class PreviewControl:
    """Asks for the preview to start and stop, and follows what it really does."""

    def __init__(
        self, view: ReceptionView, actions: ReceptionActions, today: Callable[[], date]
    ) -> None:
        self._view = view
        self._actions = actions
        self._today = today
        self._preview = Preview.STOPPED
        # What was asked for last: the camera itself follows later.
        self._wanted = False
        self._fresh = True
        # By the clerk, or because the camera failed: then nothing starts it but the clerk.
        self._is_off = False
        self._refused: dict[str, str] = {}

    def start(self) -> None:
        """Asks while it runs too: it may be lost, and awaited."""
        if not self._wanted:
            self.show(Preview.STARTING)
        self._actions.start_preview(self._fresh)
        self._fresh = True
        self._is_off = False

    def expect_next_client(self) -> None:
        """The paper of the client before still lies there; the next start does not read it."""
        self._fresh = False

    def ensure_started(self) -> None:
        if not self._wanted:
            self.start()

    def turn_off(self) -> None:
        """停止预览: it stays off until the clerk wants it again."""
        self.stop()
        self._is_off = True

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
        self._refused.pop(text, None)
        self.tell_apart([text])
        self._view.show_read(text, self.label_of(text))

    def label_of(self, text: str) -> str:
        """How a code is named to the clerk."""
        return label_of(text, self._actions.ticket_named(text), self._actions.hall)

    def tell_apart(self, texts: Sequence[str]) -> None:
        """Which of these codes lead to nothing here and today."""
        hall, today = self._actions.hall, self._today()
        self.refuse(*(t for t in texts if not leads_on(self._actions.ticket_named(t), hall, today)))

    def refuse(self, *texts: str) -> None:
        """Nothing green stands round a code that cannot be served."""
        self._refused.update((text, self.label_of(text)) for text in texts)
        for oldest in list(self._refused)[:-_MOST_REFUSED]:
            del self._refused[oldest]
        self._view.show_refused(dict(self._refused))

    def forget_read(self) -> None:
        """The client whose ticket it is has gone."""
        if self._preview is Preview.READ:
            self.show(Preview.STOPPED)

    def go_on(self) -> None:
        """A look-up led to nothing, or was left: the next paper is read without a press of a key.

        What lies there still is not read again before it was taken away.
        """
        if not self._wanted and not self._is_off:
            self.expect_next_client()
            self.start()

    def drop(self) -> None:
        """Frees the camera, and empties the picture without waiting for it."""
        self.stop()
        self.show(Preview.STOPPED)
        self._is_off = False
        self._refused.clear()
        self._view.show_refused({})

    def failed(self) -> None:
        """It will not come by itself."""
        self.show(Preview.STOPPED)
        self._is_off = True

    def read_now(self) -> None:
        """One thorough read. The worker starts a stopped preview by itself."""
        if not self._wanted:
            self.show(Preview.STARTING)
        self._actions.read_now()
        self._is_off = False

    def show(self, preview: Preview) -> None:
        """What the camera does now."""
        self._preview = preview
        self._wanted = preview not in (Preview.STOPPED, Preview.READ)
        self._view.show_preview(preview)
        self._view.show_reading_hint(None)

    def stopped(self) -> None:
        """The camera was let go; at a start that was asked for meanwhile, the run before it."""
        is_of_before = self._preview is Preview.STARTING and self._wanted
        if self._preview is not Preview.READ and not is_of_before:
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
