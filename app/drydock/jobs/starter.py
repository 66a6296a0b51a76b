"""Writes the starter workspace: a small Transformer project that runs as it is, for a person to make their own."""

import contextlib
from importlib import resources
from pathlib import Path

import msgspec

from drydock.core.trouble import Trouble
from drydock.jobs.job import Job, Tell
from drydock.world import Stop


class Starter(msgspec.Struct, frozen=True, kw_only=True):
    """A starter workspace on the disk.

    Attributes:
        path: its directory.
        written: names of the files that were written.
        kept: names of files that were there already, with another content; they are as they were.
    """

    path: str
    written: tuple[str, ...]
    kept: tuple[str, ...]


class StarterJob(Job[Starter]):
    """Write the starter workspace into a directory; nothing that is there is replaced.

    Args:
        path: the directory; made where it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def run(self, tell: Tell, stop: Stop) -> Starter:
        """Write the files that are missing.

        Raises:
            Trouble: ``starter-not-written``.
        """
        written: list[str] = []
        kept: list[str] = []
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            for name, content in starter_files().items():
                stop.check()
                if self._put(self._path / name, content):
                    written.append(name)
                elif (self._path / name).read_bytes() != content:
                    kept.append(name)
        except OSError as error:
            raise Trouble("starter-not-written", path=str(self._path), text=error.strerror or str(error)) from error
        return Starter(path=str(self._path), written=tuple(written), kept=tuple(kept))

    @staticmethod
    def _put(path: Path, content: bytes) -> bool:
        """Write a file that is not there yet, whole or not at all; return whether it was written."""
        try:
            with path.open("xb") as file:
                file.write(content)
        except FileExistsError:
            return False
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        return True


def starter_files() -> dict[str, bytes]:
    """Return the files of the starter workspace, by name."""
    folder = resources.files("drydock_resources") / "starter"
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return {entry.name: entry.read_bytes() for entry in entries if entry.name.endswith((".py", ".md"))}
