import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.trouble import Trouble
from drydock.engines.endpoint import choose_endpoint, is_remote, parse_address
from drydock.world.live import LiveWorld


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    return tmp_path


def add_context(home: Path, name: str, host: str, *, certificates: bool = False, skip_verify: bool = False) -> Path:
    key = hashlib.sha256(name.encode()).hexdigest()
    folder = home / ".docker" / "contexts" / "meta" / key
    folder.mkdir(parents=True)
    endpoint = {"Host": host, "SkipTLSVerify": skip_verify}
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    tls = home / ".docker" / "contexts" / "tls" / key / "docker"
    if certificates:
        tls.mkdir(parents=True)
        (tls / "ca.pem").write_text("")
    return tls


def use_context(home: Path, name: str) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": name, "auths": {}}))


@pytest.fixture
def listening() -> Iterator[list[socket.socket]]:
    opened: list[socket.socket] = []
    yield opened
    for one in opened:
        one.close()


def test_the_wish_comes_before_everything(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///from/variable.sock")
    endpoint = choose_endpoint(LiveWorld(), "unix:///wanted.sock")
    assert (endpoint.address, endpoint.chosen_by, endpoint.remote) == ("unix:///wanted.sock", "--engine", False)
    assert choose_endpoint(LiveWorld(), "/just/a/path").address == "unix:///just/a/path"


def test_the_variable_comes_before_the_context(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_context(home, "box", "tcp://box:2375")
    use_context(home, "box")
    monkeypatch.setenv("DOCKER_HOST", "ssh://me@far")
    endpoint = choose_endpoint(LiveWorld())
    assert (endpoint.address, endpoint.chosen_by, endpoint.remote) == ("ssh://me@far", "DOCKER_HOST", True)


def test_the_current_context_is_followed(home: Path) -> None:
    add_context(home, "box", "tcp://10.0.0.7:2375")
    use_context(home, "box")
    endpoint = choose_endpoint(LiveWorld())
    assert (endpoint.address, endpoint.chosen_by, endpoint.remote) == ("tcp://10.0.0.7:2375", "context box", True)
    assert endpoint.certificates == ""


def test_a_context_brings_its_certificates(home: Path) -> None:
    tls = add_context(home, "safe", "tcp://box:2376", certificates=True, skip_verify=True)
    endpoint = choose_endpoint(LiveWorld(), "safe")
    assert endpoint.certificates == str(tls)
    assert not endpoint.verify


def test_the_variable_for_a_context_wins_over_the_configuration(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_context(home, "one", "unix:///one.sock")
    add_context(home, "two", "unix:///two.sock")
    use_context(home, "one")
    monkeypatch.setenv("DOCKER_CONTEXT", "two")
    assert choose_endpoint(LiveWorld()).address == "unix:///two.sock"


def test_an_unknown_context_lists_the_known_ones(home: Path) -> None:
    add_context(home, "box", "tcp://box:2375")
    with pytest.raises(Trouble) as caught:
        choose_endpoint(LiveWorld(), "bax")
    assert caught.value.id == "engine-context-unknown"
    assert caught.value.values["known"] == "box, default"


def test_a_current_context_that_is_gone_is_not_passed_over(home: Path) -> None:
    use_context(home, "gone")
    with pytest.raises(Trouble) as caught:
        choose_endpoint(LiveWorld())
    assert caught.value.values["context"] == "gone"


@pytest.mark.parametrize("content", ["{", "[]", '{"currentContext": 7}', '{"currentContext": "default"}', ""])
def test_a_configuration_that_says_nothing_leads_to_the_default(home: Path, content: str) -> None:
    (home / ".docker").mkdir()
    (home / ".docker" / "config.json").write_text(content)
    assert choose_endpoint(LiveWorld()).address.startswith("unix://")


@pytest.mark.skipif(Path("/var/run/docker.sock").exists(), reason="this computer has an engine at the usual place")
@pytest.mark.parametrize(
    ("place", "chosen_by"), [("docker.sock", "rootless socket"), ("podman/podman.sock", "Podman socket")]
)
def test_other_sockets_are_found(home: Path, listening: list[socket.socket], place: str, chosen_by: str) -> None:
    path = home / "run" / place
    path.parent.mkdir(parents=True)
    one = socket.socket(socket.AF_UNIX)
    listening.append(one)
    one.bind(str(path))
    endpoint = choose_endpoint(LiveWorld())
    assert (endpoint.address, endpoint.chosen_by) == (f"unix://{path}", chosen_by)


def test_certificates_of_the_environment_are_used_for_tcp(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://box")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", "/certificates")
    endpoint = choose_endpoint(LiveWorld())
    assert (endpoint.address, endpoint.certificates, endpoint.verify) == ("tcp://box:2376", "/certificates", True)


@pytest.mark.parametrize(
    ("text", "address", "remote"),
    [
        ("unix:///var/run/docker.sock", "unix:///var/run/docker.sock", False),
        ("unix://var/run/docker.sock", "unix:///var/run/docker.sock", False),
        ("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375", False),
        ("tcp://[::1]:99", "tcp://[::1]:99", False),
        ("10.1.2.3:2375", "tcp://10.1.2.3:2375", True),
        ("http://box:80", "tcp://box:80", True),
        ("https://box", "tcp://box:2376", True),
        ("ssh://me@box:2222/run/user/1000/docker.sock", "ssh://me@box:2222/run/user/1000/docker.sock", True),
        ("ssh://box/", "ssh://box", True),
        ("npipe:////./pipe/docker_engine", "npipe:////./pipe/docker_engine", False),
    ],
)
def test_addresses_have_one_normal_form(text: str, address: str, remote: bool) -> None:
    assert parse_address(text) == address
    assert is_remote(address) is remote


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unix://",
        "unix:///",
        "foo://x",
        "tcp://",
        "tcp://:2375",
        "tcp://box:0",
        "tcp://box:99999",
        "tcp://box:port",
        "tcp://box:1/path",
        "tcp://me@box:1",
        "ssh://me:secret@box",
        "ssh://-oProxyCommand=x",
        "ssh://",
        "npipe://x",
        "two words",
        "tcp://b\nox",
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(Trouble) as caught:
        parse_address(text)
    assert caught.value.id == "engine-address-invalid"
    assert caught.value.values["reason"]


schemes = st.sampled_from(["", "unix://", "tcp://", "ssh://", "npipe://", "https://", "x://", "unix:", "//"])


@given(schemes, st.text(max_size=40))
def test_any_text_is_an_address_or_refused(scheme: str, rest: str) -> None:
    try:
        address = parse_address(scheme + rest)
    except Trouble as trouble:
        assert trouble.id == "engine-address-invalid"  # noqa: PT017 - either outcome is right
    else:
        assert parse_address(address) == address
