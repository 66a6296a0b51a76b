import json
import os
import socket
import sys
from pathlib import Path

import pytest
from tests.engines.sockets import Listener, answering, http, silent
from tests.support.engine.handle import Engine

from drydock.core.facts import Known, Missing
from drydock.core.trouble import Trouble
from drydock.engines.open import open_engine, probe_reach, reach_facts
from drydock.world.live import LiveWorld


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "e.sock"


def kind_at(address: str, **limits: float) -> str:
    _endpoint, reach, engine = probe_reach(LiveWorld(), address, **limits)
    assert engine is None
    assert reach.text
    return reach.kind


def test_no_socket_and_no_program_means_not_installed(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert kind_at(f"unix://{place}") == "not_installed"


def test_no_socket_but_a_program_means_not_running(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert kind_at(f"unix://{place}") == "not_running"


def test_a_stale_socket_means_not_running(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(place))
        one.listen()
    assert kind_at(f"unix://{place}") == "not_running"


def test_an_engine_that_never_answers_is_given_up(place: Path) -> None:
    with Listener(place, silent) as listener:
        assert kind_at(listener.address, call_limit=0.3) == "timeout"


def test_an_engine_that_takes_no_connection_is_given_up(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as queued:
        one.bind(str(place))
        one.listen(0)
        queued.connect(str(place))
        # the queue of one is full now
        assert kind_at(f"unix://{place}", connect_limit=0.3) == "timeout"


@pytest.mark.parametrize(
    "answer",
    [
        http("<html>hello</html>", "text/html"),
        http("<html>no</html>", "text/html", "404 Not Found"),
        http("{}"),
        http('{"ApiVersion": "soon"}'),
        http('{"ApiVersion": 7}'),
        http("[1, 2]"),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00\xff\x00\xff\r\n\r\n",
    ],
    ids=["html", "html-404", "empty-object", "word", "number", "list", "ssh", "bytes"],
)
def test_what_is_no_engine_is_called_so(place: Path, answer: bytes) -> None:
    with Listener(place, answering(answer)) as listener:
        assert kind_at(listener.address) == "not_an_engine"


def test_an_engine_from_before_gpu_requests_is_too_old(place: Path) -> None:
    with Listener(place, answering(http(json.dumps({"Version": "18.09.1", "ApiVersion": "1.39"})))) as listener:
        _endpoint, reach, engine = probe_reach(LiveWorld(), listener.address)
    assert engine is None
    assert reach.kind == "too_old"
    assert "18.09.1" in reach.text


def test_an_engine_that_hangs_up_is_unreachable(place: Path) -> None:
    with Listener(place, lambda connection: None) as listener:
        assert kind_at(listener.address) == "unreachable"


def test_a_refused_port_is_unreachable() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    assert kind_at(f"tcp://127.0.0.1:{port}") == "unreachable"


def test_a_name_that_nobody_knows_is_unreachable() -> None:
    assert kind_at("tcp://no-such-host.invalid:2375") == "unreachable"


def test_a_bad_address_is_said_and_not_raised_when_probing() -> None:
    endpoint, reach, engine = probe_reach(LiveWorld(), "foo://x")
    assert engine is None
    assert (endpoint.address, reach.kind) == ("foo://x", "unreachable")
    with pytest.raises(Trouble) as caught:
        open_engine(LiveWorld(), "foo://x")
    assert caught.value.id == "engine-address-invalid"


def test_the_facts_of_an_engine_that_was_not_reached_are_missing(place: Path) -> None:
    endpoint, reach, _engine = probe_reach(LiveWorld(), f"unix://{place}")
    facts = reach_facts(endpoint, reach)
    assert facts.reach == reach
    assert isinstance(facts.version, Missing)
    assert isinstance(facts.images, Missing)


def test_opening_says_the_trouble(place: Path) -> None:
    with Listener(place, answering(http("<html>", "text/html"))) as listener, pytest.raises(Trouble) as caught:
        open_engine(LiveWorld(), listener.address)
    assert caught.value.id == "engine-not-an-engine"
    assert caught.value.values["endpoint"] == listener.address
    assert caught.value.values["chosen_by"] == "--engine"


@pytest.mark.parametrize(
    "config",
    [
        {"auths": {"registry.example": "nope"}},
        {"auths": {"registry.example": {"auth": "!!!"}}},
        {"auths": 5},
        {"proxies": 7},
        [],
    ],
    ids=str,
)
def test_a_bad_docker_configuration_is_a_trouble_that_names_it(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: object
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    answer = answering(http(json.dumps({"Version": "28.0.0", "ApiVersion": "1.48"})))
    with Listener(place, answer) as listener, pytest.raises(Trouble) as caught:
        open_engine(LiveWorld(), listener.address)
    assert caught.value.id == "engine-error"
    assert str(tmp_path / "config.json") in str(caught.value.values["text"])


_AS_NOBODY = """
import os, sys
from drydock.engines.open import probe_reach
from drydock.world.live import LiveWorld
os.setgroups([]); os.setgid(65534); os.setuid(65534)
print(probe_reach(LiveWorld(), sys.argv[1])[1].kind)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_socket_of_others_means_no_permission(place: Path) -> None:
    with Listener(place, silent) as listener:
        for folder in (place.parent, *place.parent.parents):
            if folder.owner() == "root" and not folder.stat().st_mode & 0o001:
                folder.chmod(folder.stat().st_mode | 0o011)
        place.chmod(0o600)
        outcome = LiveWorld().run([sys.executable, "-c", _AS_NOBODY, listener.address], limit=60)
    assert outcome.stdout.strip() == "no_permission", outcome.stderr


def test_a_real_engine_is_reached(engine: Engine) -> None:
    _endpoint, reach, opened = probe_reach(LiveWorld(), engine.docker_host)
    assert opened is not None
    try:
        facts = opened.facts()
    finally:
        opened.close()
    told = engine.client.version()
    assert reach.kind == facts.reach.kind == "ready"
    assert facts.product == Known("Docker")
    assert facts.version == Known(told["Version"])
    assert facts.api_version == Known(told["ApiVersion"])
    assert facts.rootless == Known(False)
    assert facts.data_root == Known(str(engine.state.root / "data"))
    assert isinstance(facts.data_root_free, Known)
    assert facts.data_root_free.value > 0
    assert isinstance(facts.runtimes, Known)
    assert {"runc", "nvidia"} <= set(facts.runtimes.value)
    assert isinstance(facts.images, Known)
    assert {image.id for image in facts.images.value} == {image.id for image in engine.client.images.list()}
