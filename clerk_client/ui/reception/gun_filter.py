"""Takes what a bar-code gun types off the keyboard, before any field or button gets it."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from PyQt5.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, pyqtSlot
from PyQt5.QtGui import QGuiApplication, QInputMethodEvent, QKeyEvent, QWindow
from PyQt5.QtWidgets import QApplication, QLineEdit, QWidget

from clerk_client.domain.people import folded_number
from clerk_client.ui.reception.gun import SILENCE_MS, Composition, Gun, Step
from clerk_client.ui.reception.keyboard import drop_composed
from clerk_client.ui.reception.presenter import ReceptionPresenter
from clerk_client.ui.reception.shots import Shots
from clerk_client.ui.reception.view import ReceptionPage
from clerk_client.ui.widgets import LineEdit

_KEYS = frozenset((QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride))
_MOUSE = frozenset((QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin))
_WATCHED = _KEYS | _MOUSE | {QEvent.Type.InputMethod}
_MODIFIERS = frozenset(
    (
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
    )
)
_HELD = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)
# A timer that comes late was kept from its turn, and so were the keys that came meanwhile.
_LATE_MS = 10
# Keys that the input method let through shortly after others that it kept lack a part.
_TORN_MS = 500

_DOCUMENT = re.compile(r"[0-9A-Z]{8,18}")
_SERIAL = re.compile(r"[0-9A-Z/_.-]{8,40}")


def watch_gun(
    page: ReceptionPage, presenter: ReceptionPresenter, prefix: str, suffix: str
) -> "GunFilter":
    """Listens for as long as `page` stands. A document reader that types is a gun as well: in the
    fields for numbers, what looks like one is entered there."""
    shots = Shots(presenter, tell=page.show_notice)
    fields: dict[QLineEdit, re.Pattern[str]] = {
        page.applicant.number: _DOCUMENT,
        page.applicant.serial: _SERIAL,
    }
    made = GunFilter(page, fields, Gun(prefix, suffix), shots)
    application = QCoreApplication.instance()
    assert application is not None
    application.installEventFilter(made)
    return made


@dataclass(frozen=True, slots=True)
class _Before:
    """A line as it was before the first character of what may be a burst."""

    line: QLineEdit
    text: str
    cursor: int
    selected: tuple[int, int]

    @classmethod
    def of_focus(cls) -> Self | None:
        line = QApplication.focusWidget()
        if not isinstance(line, QLineEdit):
            return None
        selected = (line.selectionStart(), len(line.selectedText()))
        return cls(line, line.text(), line.cursorPosition(), selected)

    def restore(self) -> None:
        if self.line is not QApplication.focusWidget():
            return
        if isinstance(self.line, LineEdit):
            drop_composed(self.line)
        if self.line.text() != self.text:
            # Not setText(), which forgets what could be undone.
            self.line.selectAll()
            self.line.insert(self.text)
        start, length = self.selected
        if length:
            self.line.setSelection(start, length)
        else:
            self.line.setCursorPosition(self.cursor)


class GunFilter(QObject):
    """An event filter for the whole application, at work while its page is in front.

    It looks at keys on their way to the window, so that an open list, too, gets none of a burst.
    Keys that wait reach the window later and once more as they were.
    """

    def __init__(
        self,
        page: QWidget,
        fields: Mapping[QLineEdit, re.Pattern[str]],
        gun: Gun,
        shots: Shots,
    ) -> None:
        """`fields` keep a burst of the given form, folded to capitals, to themselves."""
        super().__init__(page)
        self._page = page
        self._fields = fields
        self._gun = gun
        self._shots = shots
        self._composition = Composition()
        self._composed_at = -_TORN_MS
        self._waiting: list[QKeyEvent] = []
        self._before: _Before | None = None
        self._has_missed = False
        # Its input method is off until the burst is over.
        self._muted: QWidget | None = None
        self._is_replaying = False
        self._due = 0
        self._silence = QTimer(self)
        self._silence.setSingleShot(True)
        self._silence.setTimerType(Qt.TimerType.PreciseTimer)
        self._silence.timeout.connect(self._fall_silent)

    @property
    def is_at_work(self) -> bool:
        """Keys wait, or a burst is not over."""
        return self._gun.is_waiting or self._has_missed

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind not in _WATCHED or self._is_replaying:
            return False
        if kind == QEvent.Type.InputMethod:
            assert isinstance(event, QInputMethodEvent)
            return self._compose(watched, event)
        if not isinstance(watched, QWindow) or not self._is_in_front:
            return False
        if kind in _MOUSE:
            self._let_go()
            return False
        assert isinstance(event, QKeyEvent)
        if event.key() in _MODIFIERS:
            return False
        belongs = self._take(event)
        if belongs:
            event.accept()
        return belongs

    # --- keys ---

    def _take(self, event: QKeyEvent) -> bool:
        """Whether nobody else gets it now."""
        kind = event.type()
        if kind == QEvent.Type.KeyRelease:
            if self._waiting and not self._is_shooting:
                self._waiting.append(QKeyEvent(event))
            return bool(self._waiting) or self._is_shooting
        moment = event.timestamp() or _now()
        if self._gun.is_over(moment):
            self._end()
        # Two equal keys within a millisecond look like one held down, which begins to repeat much
        # later: after another key of a gun it is a gun's.
        is_held_down = event.isAutoRepeat() and not self._gun.is_waiting
        characters = "" if is_held_down else _characters(event)
        if self._has_missed or (self._gun.is_shooting and not characters):
            if kind == QEvent.Type.KeyPress:
                self._listen()
            return True
        if kind == QEvent.Type.ShortcutOverride:
            # What was typed before a shortcut comes before it.
            if not characters:
                self._let_go()
            return self._gun.is_shooting
        if not characters:
            self._let_go()
            return False
        return self._weigh(event, characters, moment)

    def _weigh(self, event: QKeyEvent, characters: str, moment: int) -> bool:
        if not self._gun.goes_on(moment) and not self._composition.goes_on(_now()):
            self._before = _Before.of_focus()
        was_shooting = self._gun.is_shooting
        match self._gun.take(characters, moment):
            case Step.TYPED:
                self._silence.stop()
                self._send_waiting()
                return False
            case Step.BEGINS:
                self._send_waiting()
                self._waiting.append(QKeyEvent(event))
            case Step.WAITS:
                self._waiting.append(QKeyEvent(event))
            case Step.SHOT:
                self._waiting.clear()
                if not was_shooting and _now() - self._composed_at < _TORN_MS:
                    self._miss()
        self._listen()
        return True

    # --- input method ---

    def _compose(self, watched: QObject, event: QInputMethodEvent) -> bool:
        if watched is not QApplication.focusWidget() or not self._is_in_front:
            return False
        composed, committed, now = event.preeditString(), event.commitString(), _now()
        if self._is_shooting:
            if not self._has_missed and (composed or committed):
                self._miss()
            self._listen()
            event.accept()
            return True
        if not self._composition.goes_on(now) and not self._gun.is_waiting:
            self._before = _Before.of_focus()
        self._let_go()
        is_shot = self._composition.change(composed, committed, now)
        if composed or committed:
            self._composed_at = now
        if is_shot:
            self._miss()
            self._listen()
            event.accept()
        return is_shot

    def _miss(self) -> None:
        """The rest comes past the input method and is dropped."""
        self._has_missed = True
        line = QApplication.focusWidget()
        if line is not None and line.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled):
            self._muted = line
            QGuiApplication.inputMethod().reset()
            line.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)

    # --- the end of a burst ---

    @property
    def _is_shooting(self) -> bool:
        return self._gun.is_shooting or self._has_missed

    @property
    def _is_in_front(self) -> bool:
        return self._page.isVisible() and QApplication.activeModalWidget() is None

    def _listen(self) -> None:
        patience = SILENCE_MS if self._has_missed else self._gun.patience
        self._due = _now() + patience
        self._silence.start(patience)

    @pyqtSlot()
    def _fall_silent(self) -> None:
        if _now() - self._due > _LATE_MS:
            self._due = _now() + _LATE_MS
            self._silence.start(_LATE_MS)
            return
        self._end()

    def _end(self) -> None:
        self._silence.stop()
        burst = self._gun.rest()
        if self._has_missed:
            self._end_missed()
        elif burst is None:
            self._send_waiting()
        else:
            if burst.stray and self._before:
                self._before.restore()
            self._before = None
            if self._is_in_front:
                self._deliver(burst.text)

    def _end_missed(self) -> None:
        self._has_missed = False
        self._waiting.clear()
        self._composition.forget()
        self._composed_at = -_TORN_MS
        if self._before:
            self._before.restore()
            self._before = None
        if self._muted is not None:
            self._muted.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, True)
            self._muted = None
        if self._is_in_front:
            self._shots.miss()

    def _deliver(self, text: str) -> None:
        line = QApplication.focusWidget()
        form = self._fields.get(line) if isinstance(line, QLineEdit) and line.isEnabled() else None
        if isinstance(line, QLineEdit) and form and form.fullmatch(folded_number(text)):
            line.selectAll()
            line.insert(text)
        else:
            self._shots.take(text)

    def _let_go(self) -> None:
        """Something else than a character came: what waits was typed."""
        if self._gun.is_waiting and not self._is_shooting:
            self._end()

    def _send_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        window = self._page.window().windowHandle()
        self._is_replaying = True
        try:
            for event in waiting:
                QCoreApplication.sendEvent(window, event)
        finally:
            self._is_replaying = False


def _characters(event: QKeyEvent) -> str:
    """What the key types, if a gun could have meant it as a character."""
    text = event.text()
    if event.modifiers() & _HELD or event.key() == Qt.Key.Key_Backtab:
        return ""
    return text if text.isprintable() or text in ("\r", "\n", "\t") else ""


def _now() -> int:
    return time.monotonic_ns() // 1_000_000
