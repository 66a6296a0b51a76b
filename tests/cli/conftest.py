import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner

from drydock.cli.app import drydock
from drydock.cli.shell import Shell


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Call ``drydock`` as its user would; a bug (any exception but an exit) is not swallowed."""
    monkeypatch.setenv("DRYDOCK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    opened = []

    def open_window(*wanted):
        opened.append(wanted)
        return 0

    def run(*words, **environment):
        result = CliRunner().invoke(
            drydock, list(words), obj=Shell(open_window=open_window), env=environment, catch_exceptions=False
        )
        return Answer(result.exit_code, result.stdout, result.stderr)

    run.opened = opened
    return run


@pytest.fixture
def no_engine(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")


class Program:
    """``python -m drydock`` in a process of its own, as its user runs it."""

    def __init__(self, folder: Path, engine: str) -> None:
        self.folder = folder
        self.engine = engine

    @property
    def environment(self) -> dict[str, str]:
        """The variables that its processes get."""
        return {**os.environ, "DRYDOCK_HOME": str(self.folder / "home"), "DOCKER_HOST": self.engine}

    def __call__(self, *words: str, **environment: str) -> Answer:
        """Run a command to its end."""
        done = subprocess.run(
            self._command(words),
            check=False,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**self.environment, **environment},
            timeout=300,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def stopped(self, *words: str, when: str) -> Answer:
        """Run a command and press Ctrl-C when it has written a line with ``when`` in it, to whichever stream."""
        with subprocess.Popen(
            self._command(words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            # a program that Python writes for keeps its lines back when nobody seems to look
            env={**self.environment, "PYTHONUNBUFFERED": "1"},
        ) as running:
            assert running.stdout
            assert running.stderr
            lines: dict[str, list[str]] = {"out": [], "err": []}
            seen = threading.Event()

            def read(stream: IO[str], into: list[str]) -> None:
                for line in stream:
                    into.append(line)
                    if when in line:
                        seen.set()

            readers = [
                threading.Thread(target=read, args=(running.stdout, lines["out"])),
                threading.Thread(target=read, args=(running.stderr, lines["err"])),
            ]
            for reader in readers:
                reader.start()
            found = seen.wait(120)
            running.send_signal(signal.SIGINT)
            for reader in readers:
                reader.join(60)
            code = running.wait(60)
        assert found, lines
        return Answer(code, "".join(lines["out"]), "".join(lines["err"]))

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "drydock", *words]


@pytest.fixture
def program(tmp_path):
    """Make a :class:`Program` that talks to the engine at an address."""
    return lambda engine: Program(tmp_path, engine)
