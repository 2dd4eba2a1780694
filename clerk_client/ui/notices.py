"""How much a notice on a page weighs, and its sign."""

import enum


class Level(enum.Enum):
    """The values are the names that theme.qss selects by."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


# Signs that differ in form: nobody has to tell red from green.
SIGNS = {Level.INFO: "i", Level.SUCCESS: "✓", Level.WARNING: "!", Level.ERROR: "✗"}
