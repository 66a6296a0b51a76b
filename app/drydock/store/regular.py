"""Reads a kept file without ever waiting: whatever lies in its place, a program must start."""

import os
import stat
from pathlib import Path


def read_regular(path: Path) -> bytes:
    """Return what a regular file holds.

    Raises:
        OSError: it cannot be read, or is something else: a pipe would be waited for without an end.
    """
    # without O_NONBLOCK, opening a pipe waits for a writer
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path} is not a regular file")
        return file.read()
