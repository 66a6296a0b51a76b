import base64
import json
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.facts import Login
from drydock.engines.logins import Logins, login_header, registry_of
from drydock.world.live import LiveWorld


class Home:
    """A user's home with settings and credential helpers."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def settings(self, content: object, place: str = ".docker/config.json") -> None:
        file = self.path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))

    def helper(self, name: str, script: str) -> None:
        file = self.path / f"docker-credential-{name}"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return Home(tmp_path)


def find(registry: str, limit: float = 20.0) -> Login | None:
    return Logins(LiveWorld(), limit).find(registry)


def packed(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def test_a_stored_login_is_found_by_its_host(home: Home) -> None:
    home.settings({"auths": {"r.example:5000": packed("me:a:b"), "https://s.example/v1/": packed("you:c")}})
    assert find("r.example:5000") == Login(username="me", password="a:b")
    assert find("s.example") == Login(username="you", password="c")
    assert find("r.example") is None


@pytest.mark.parametrize("asked", ["docker.io", "index.docker.io", "registry-1.docker.io"])
@pytest.mark.parametrize("stored", ["https://index.docker.io/v1/", "docker.io", "index.docker.io"])
def test_all_names_of_docker_hub_mean_one_login(home: Home, asked: str, stored: str) -> None:
    home.settings({"auths": {stored: packed("me:secret")}})
    assert find(asked) == Login(username="me", password="secret")


def test_a_token_is_found(home: Home) -> None:
    home.settings({"auths": {"r.example": {"identitytoken": "t", **packed("me:")}}})
    assert find("r.example") == Login(identity_token="t")


def test_a_helper_is_asked_in_its_own_words(home: Home) -> None:
    home.helper(
        "box", f'cat > {home.path}/asked; echo "$1" >> {home.path}/asked; echo \'{{"Username":"me","Secret":"s"}}\''
    )
    home.settings({"credsStore": "box"})
    assert find("docker.io") == Login(username="me", password="s")
    assert (home.path / "asked").read_text() == "https://index.docker.io/v1/\nget\n"
    assert find("r.example:5000") == Login(username="me", password="s")
    assert (home.path / "asked").read_text() == "r.example:5000\nget\n"


def test_a_helper_for_one_registry_goes_before_the_store(home: Home) -> None:
    home.helper("one", 'echo \'{"Username":"<token>","Secret":"t"}\'')
    home.helper("all", 'echo \'{"Username":"me","Secret":"s"}\'')
    home.settings({"credsStore": "all", "credHelpers": {"r.example": "one"}})
    assert find("r.example") == Login(identity_token="t")
    assert find("s.example") == Login(username="me", password="s")


@pytest.mark.parametrize(
    "script", ["echo credentials not found in native keychain; exit 1", "echo no json", "echo '{}'", "exit 0"], ids=str
)
def test_a_helper_without_a_login_leaves_the_file_to_be_asked(home: Home, script: str) -> None:
    home.helper("box", script)
    home.settings({"credsStore": "box", "auths": {"r.example": packed("me:file")}})
    assert find("r.example") == Login(username="me", password="file")
    assert find("s.example") is None


def test_a_helper_that_hangs_is_ended(home: Home) -> None:
    home.helper("slow", f"echo $$ > {home.path}/pid; exec sleep 600")
    home.settings({"credsStore": "slow"})
    before = threading.active_count()
    assert find("r.example", limit=0.5) is None
    assert not Path(f"/proc/{(home.path / 'pid').read_text().strip()}").exists()
    assert threading.active_count() == before


def test_logins_of_podman_are_found(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.settings({"auths": {"r.example": packed("me:home")}}, ".config/containers/auth.json")
    assert find("r.example") == Login(username="me", password="home")
    home.settings({"auths": {"r.example": packed("me:run")}}, "run/containers/auth.json")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home.path / "run"))
    assert find("r.example") == Login(username="me", password="run")
    home.settings({"auths": {"r.example": packed("me:docker")}})
    assert find("r.example") == Login(username="me", password="docker")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        {"auths": 5},
        {"auths": {"r.example": "nope"}},
        {"auths": {"r.example": {"auth": "!!!"}}},
        {"auths": {"r.example": {"auth": 4}}},
        {"auths": {"r.example": packed("no colon")}},
        {"credHelpers": 4},
        {"credHelpers": {"r.example": 4}},
        {"credsStore": "not-installed"},
        {"credsStore": ["x"]},
    ],
    ids=str,
)
def test_bad_settings_are_no_login(home: Home, content: object) -> None:
    home.settings(content)
    assert find("r.example") is None


def test_without_settings_there_is_no_login(home: Home) -> None:
    assert find("r.example") is None


def test_the_secret_is_not_in_what_is_printed() -> None:
    assert "geheim" not in repr(Login(username="me", password="geheim"))


def test_a_login_travels_to_the_engine_in_its_header() -> None:
    header = login_header(Login(username="me", password="ä?>"), "docker.io")
    assert json.loads(base64.urlsafe_b64decode(header["X-Registry-Auth"])) == {
        "serveraddress": "https://index.docker.io/v1/",
        "username": "me",
        "password": "ä?>",
    }
    assert login_header(None, "docker.io") == {}


@pytest.mark.parametrize(
    ("reference", "registry"),
    [
        ("pytorch/pytorch:2.9.1", "docker.io"),
        ("ubuntu", "docker.io"),
        ("ubuntu:22.04", "docker.io"),
        ("index.docker.io/a/b", "docker.io"),
        ("nvcr.io/nvidia/pytorch:25.01-py3", "nvcr.io"),
        ("localhost/a", "localhost"),
        ("r:5000/a@sha256:00", "r:5000"),
    ],
)
def test_the_registry_of_a_reference(reference: str, registry: str) -> None:
    assert registry_of(reference) == registry


@given(st.text(max_size=40))
def test_any_text_has_a_registry(text: str) -> None:
    assert registry_of(text)
