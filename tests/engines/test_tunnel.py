"""The tunnel, with a stand-in for the ``ssh`` program: what ssh itself does is its own affair."""

import contextlib
import sys
import threading
from pathlib import Path

import pytest
from tests.support.engine.handle import Engine as PrivateEngine

from drydock.core.facts import Missing
from drydock.core.trouble import Trouble
from drydock.engines.open import open_engine, probe_reach
from drydock.engines.tunnel import ssh_command
from drydock.world.live import LiveWorld

FORWARD = """#!{python}
import os, socket, sys, threading
forward = sys.argv[sys.argv.index("-L") + 1]
local, remote = forward.split(":")
open({record!r}, "w").write(" ".join(sys.argv[1:]))
listener = socket.socket(socket.AF_UNIX)
listener.bind(local)
listener.listen()
def copy(source, target):
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
while True:
    connection, _ = listener.accept()
    upstream = socket.socket(socket.AF_UNIX)
    upstream.connect({engine!r})
    threading.Thread(target=copy, args=(connection, upstream), daemon=True).start()
    threading.Thread(target=copy, args=(upstream, connection), daemon=True).start()
"""


def put_ssh(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "ssh"
    program.write_text(text)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_the_command_says_everything_and_can_ask_nothing() -> None:
    command = ssh_command("ssh://me@box:2222/run/user/1000/docker.sock", "/tmp/l.sock")
    assert command[0] == "ssh"
    assert command[-2:] == ("--", "me@box")
    assert "/tmp/l.sock:/run/user/1000/docker.sock" in command
    assert command[command.index("-p") : command.index("-p") + 2] == ("-p", "2222")
    assert "BatchMode=yes" in command
    plain = ssh_command("ssh://box", "/tmp/l.sock")
    assert "-p" not in plain
    assert "/tmp/l.sock:/var/run/docker.sock" in plain


def test_an_engine_is_used_through_the_tunnel(
    engine: PrivateEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "said"
    text = FORWARD.format(python=sys.executable, record=str(record), engine=str(engine.state.socket))
    put_ssh(tmp_path, text, monkeypatch)
    before = threading.active_count()
    docker = open_engine(LiveWorld(), "ssh://me@far")
    with contextlib.closing(docker):
        facts = docker.facts()
        folder = Path(record.read_text().split("-L ")[1].split(":")[0]).parent
        assert folder.stat().st_mode & 0o777 == 0o700
    assert facts.endpoint == "ssh://me@far"
    assert facts.remote
    assert isinstance(facts.data_root_free, Missing)
    assert not folder.exists()
    assert threading.active_count() == before


def test_what_ssh_says_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_ssh(tmp_path, "#!/bin/sh\necho 'me@far: Permission denied (publickey).' >&2\nexit 255\n", monkeypatch)
    _endpoint, reach, docker = probe_reach(LiveWorld(), "ssh://me@far")
    assert docker is None
    assert (reach.kind, reach.text) == ("unreachable", "me@far: Permission denied (publickey).")
    with pytest.raises(Trouble) as caught:
        open_engine(LiveWorld(), "ssh://me@far")
    assert caught.value.id == "engine-ssh-failed"
    assert "publickey" in str(caught.value.values["text"])


def test_without_ssh_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    _endpoint, reach, docker = probe_reach(LiveWorld(), "ssh://me@far")
    assert docker is None
    assert reach.kind == "unreachable"
    assert "ssh" in reach.text
