"""What one preview sees: each frame read with the help of those before it."""

from typing import TYPE_CHECKING

from scanner.decode import decode
from scanner.reading import Place, Reading

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Sight:
    """Fed with every frame of a preview, in order. For one thread."""

    def __init__(self) -> None:
        self.places: tuple[Place, ...] = ()
        """What the last frame only located."""

    def forget(self) -> None:
        """Another scene begins."""
        self.places = ()

    def read(self, picture: "npt.NDArray[np.generic]", *, thorough: bool = False) -> list[Reading]:
        """As scanner.decode.decode. Raises PictureUnreadable."""
        return decode(picture, thorough=thorough)
