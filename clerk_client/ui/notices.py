"""How much a notice on a page weighs."""

import enum


class Level(enum.Enum):
    """The values are the names that theme.qss selects by."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"
