"""The window: the only room that names PySide6."""

import builtins


def _load_qt() -> None:
    """Load PySide6, and take its hook out of the import statement.

    The hook reads the source of every module that is imported from then on, to see whether the module asks for
    PySide6's other spelling of names (``snake_case``), which nothing here does. It would cost 12 ms of the start, and
    keep 8 MiB of source text in memory.
    """
    plain = builtins.__import__
    import PySide6.QtCore  # noqa: F401 # pyright: ignore[reportUnusedImport]

    builtins.__import__ = plain


_load_qt()
