"""This user's logins for registries, where the docker and podman programs leave them.

Files and credential helpers are read here and not through the docker SDK, whose helpers run without a time limit and
with the environment of a frozen app. Nothing of this is ever logged.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import cast

import msgspec

from drydock.core.facts import Known, Login
from drydock.engines.endpoint import docker_directory
from drydock.world import World

HELPER_LIMIT = 20.0
"""Seconds for a credential helper: one that waits for a person to type must not hold up a pull."""

HUB = "docker.io"
"""Docker Hub, as references name it."""

HUB_KEY = "https://index.docker.io/v1/"
"""Docker Hub, as logins and credential helpers name it."""

_HUB_HOSTS = frozenset((HUB, "index.docker.io", "registry-1.docker.io"))
# what a helper says in place of a name when it holds a token instead of a password
_NAME_OF_TOKENS = "<token>"


class _Secret(msgspec.Struct, rename="pascal"):
    username: str = ""
    secret: str = ""


def registry_of(repository: str) -> str:
    """Return the registry that an image reference names: ``docker.io`` where it names none."""
    first, slash, _rest = repository.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        return HUB
    return HUB if first in _HUB_HOSTS else first


def login_header(login: Login | None, registry: str) -> dict[str, str]:
    """Return the request header that hands a login to the engine; empty without one."""
    if login is None:
        return {}
    content = {"serveraddress": HUB_KEY if registry == HUB else registry}
    if login.identity_token:
        content["identitytoken"] = login.identity_token
    else:
        content |= {"username": login.username, "password": login.password}
    # the engine reads the URL-safe alphabet
    return {"X-Registry-Auth": base64.urlsafe_b64encode(json.dumps(content).encode()).decode("ascii")}


class Logins:
    """Looks logins up, anew each time: a person may log in meanwhile."""

    def __init__(self, world: World, limit: float = HELPER_LIMIT) -> None:
        self._world = world
        self._limit = limit

    def find(self, registry: str) -> Login | None:
        """Return this user's login for a registry; None without one, or when what holds it does not answer.

        Args:
            registry: host (and port) as references name it; any of Docker Hub's names.
        """
        registry = HUB if registry in _HUB_HOSTS else registry
        for path in self._files():
            login = self._in_file(path, registry)
            if login is not None:
                return login
        return None

    def _files(self) -> Iterator[str]:
        environment = self._world.environment()
        yield f"{docker_directory(self._world)}/config.json"
        if named := environment.get("REGISTRY_AUTH_FILE", ""):
            yield named
        if runtime := environment.get("XDG_RUNTIME_DIR", ""):
            yield f"{runtime}/containers/auth.json"
        if home := environment.get("HOME", ""):
            yield f"{home}/.config/containers/auth.json"

    def _in_file(self, path: str, registry: str) -> Login | None:
        text = self._world.read_text(path)
        if not isinstance(text, Known):
            return None
        try:
            decoded: object = msgspec.json.decode(text.value)
        except (msgspec.MsgspecError, UnicodeEncodeError):
            return None
        settings = _mapping(decoded)
        helper = _of_registry(_mapping(settings.get("credHelpers")), registry) or settings.get("credsStore")
        if isinstance(helper, str) and helper:
            login = self._from_helper(helper, registry)
            if login is not None:
                return login
        return _login_of(_of_registry(_mapping(settings.get("auths")), registry))

    def _from_helper(self, name: str, registry: str) -> Login | None:
        asked = HUB_KEY if registry == HUB else registry
        outcome = self._world.run([f"docker-credential-{name}", "get"], limit=self._limit, stdin=f"{asked}\n")
        if not outcome.succeeded:
            return None
        try:
            secret = msgspec.json.decode(outcome.stdout, type=_Secret)
        except (msgspec.MsgspecError, UnicodeEncodeError):
            return None
        if not secret.secret:
            return None
        if secret.username == _NAME_OF_TOKENS:
            return Login(identity_token=secret.secret)
        return Login(username=secret.username, password=secret.secret)


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _of_registry(entries: Mapping[str, object], registry: str) -> object:
    if registry in entries:
        return entries[registry]
    for key, entry in entries.items():
        host = key.removeprefix("https://").removeprefix("http://").partition("/")[0]
        if host == registry or (registry == HUB and host in _HUB_HOSTS):
            return entry
    return None


def _login_of(entry: object) -> Login | None:
    fields = _mapping(entry)
    token, packed = fields.get("identitytoken"), fields.get("auth")
    if isinstance(token, str) and token:
        return Login(identity_token=token)
    if not isinstance(packed, str) or not packed:
        return None
    try:
        name, colon, password = base64.b64decode(packed).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    # some versions of the docker program end the password with a NUL
    return Login(username=name, password=password.rstrip("\x00")) if colon and name else None
