import json
from dataclasses import dataclass

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
