"""What a page is told when a worker's call ended in a bug."""


class Unforeseen(Exception):
    """Nobody expected what happened, so nobody knows how far it got. The crash hook has it, too."""

    code = "UNFORESEEN"
