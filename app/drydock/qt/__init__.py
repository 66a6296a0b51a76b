"""The window: the only room that names PySide6."""
