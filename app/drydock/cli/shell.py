"""What the entry point hands to the commands."""

from collections.abc import Callable


class Shell:
    """What the commands are given.

    Attributes:
        open_window: opens the window for (machine, page, seconds until it closes by itself, engine).
        engine: the ``--engine`` that stood before the command, as in ``drydock --engine X doctor``.
    """

    def __init__(self, open_window: Callable[[str, str, float | None, str], int]) -> None:
        self.open_window = open_window
        self.engine = ""
