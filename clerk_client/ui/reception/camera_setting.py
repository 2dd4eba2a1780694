"""画面设置 and the choice of a camera: between page and camera, both ways."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clerk_client.ui.reception.exchange import ReceptionActions, ReceptionView

if TYPE_CHECKING:
    from clerk_client.desk.cameras import CameraChoice
    from scanner.adjustment import Adjustment


class CameraSetting:
    """The part of the presenter that is the same at every stage."""

    def __init__(self, view: ReceptionView, actions: ReceptionActions) -> None:
        self._view = view
        self._actions = actions

    # --- from the clerk ---

    def fit_preview(self, width: int, height: int) -> None:
        """The room for the picture, in pixels of the screen."""
        self._actions.fit_preview(width, height)

    def look_for_cameras(self) -> None:
        """画面设置 is opened."""
        self._actions.look_for_cameras()

    def choose_camera(self, identity: str) -> None:
        """One of those that `cameras_known` told."""
        self._actions.choose_camera(identity)

    def adjust_camera(self, adjustment: "Adjustment") -> None:
        """画面设置: each change, as it is made."""
        self._actions.adjust_camera(adjustment)

    # --- from the camera ---

    def cameras_known(self, choices: "Sequence[CameraChoice]", chosen: str) -> None:
        """Which there are, and which one the window looks through."""
        self._view.show_cameras(choices, chosen)

    def adjustment_known(self, adjustment: "Adjustment") -> None:
        """How the chosen camera takes its pictures."""
        self._view.show_adjustment(adjustment)
