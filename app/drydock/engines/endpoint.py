"""Which engine to talk to: the person's wish, ``DOCKER_HOST``, the current docker context, or a well-known socket."""

import hashlib
import posixpath
import re
from urllib.parse import urlsplit

import msgspec

from drydock.core.facts import Known
from drydock.core.trouble import Trouble
from drydock.world import World

DEFAULT_UNIX = "unix:///var/run/docker.sock"
DEFAULT_PIPE = "npipe:////./pipe/docker_engine"
# the ports the engine's own documentation names for plain and encrypted TCP
PLAIN_PORT, TLS_PORT = 2375, 2376

_LOOPBACK = ("localhost", "::1", "host.docker.internal")
_HOST = re.compile(r"[A-Za-z0-9._~-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9_.-]+)?")
_USER = re.compile(r"[A-Za-z0-9._+~-]+")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The address of an engine.

    Attributes:
        address: normal form, e.g. ``unix:///var/run/docker.sock``.
        chosen_by: ``--engine``, ``DOCKER_HOST``, ``context NAME``, ``default`` or the kind of socket that was found.
        remote: the engine runs on another computer.
        certificates: directory with ``ca.pem``, ``cert.pem`` and ``key.pem``; empty for a connection without TLS.
        verify: whether the engine's certificate is verified (only with ``certificates``).
        via: path of a local socket that leads there (an open SSH tunnel); empty for a direct connection.
    """

    address: str
    chosen_by: str
    remote: bool
    certificates: str = ""
    verify: bool = True
    via: str = ""


class _DockerConfig(msgspec.Struct):
    current: str = msgspec.field(default="", name="currentContext")


class _ContextEndpoint(msgspec.Struct, rename="pascal"):
    host: str = ""
    skip_verify: bool = msgspec.field(default=False, name="SkipTLSVerify")


class _ContextMeta(msgspec.Struct, rename="pascal"):
    name: str = ""
    endpoints: dict[str, _ContextEndpoint] = {}


def choose_endpoint(world: World, wish: str = "") -> Endpoint:
    """Return the engine's address.

    Args:
        world: where the environment, the docker configuration and the sockets are looked up.
        wish: an address (``unix://…``, ``tcp://…``, ``ssh://…``, ``npipe://…``, an absolute path) or a context's name.

    Raises:
        Trouble: ``engine-address-invalid`` or ``engine-context-unknown``.
    """
    environment = world.environment()
    if wish:
        if "://" in wish or wish.startswith("/"):
            return _from_variables(wish, "--engine", environment.get("DOCKER_CERT_PATH", ""), verify=True)
        return _from_context(world, wish, "--engine")
    if host := environment.get("DOCKER_HOST", ""):
        verify = bool(environment.get("DOCKER_TLS_VERIFY", ""))
        return _from_variables(host, "DOCKER_HOST", environment.get("DOCKER_CERT_PATH", ""), verify=verify)
    name = environment.get("DOCKER_CONTEXT", "") or _current_context(world)
    if name and name != "default":
        return _from_context(world, name, f"context {name}")
    return _default(world)


def parse_address(text: str, *, tls: bool = False) -> str:
    """Return an engine address in its normal form.

    Raises:
        Trouble: ``engine-address-invalid``.
    """
    bare = text.strip()
    if bare.startswith("/"):
        bare = f"unix://{bare}"
    scheme, separator, rest = bare.partition("://")
    if not separator:
        scheme, rest = "tcp", bare
    scheme = scheme.lower()
    if any(ord(character) < 33 or ord(character) == 127 for character in bare):
        raise _invalid(text, "it holds a space or a control character")
    if scheme == "unix":
        path = rest if rest.startswith("/") else f"/{rest}"
        if posixpath.normpath(path).strip("/") in ("", "."):
            raise _invalid(text, "the path of the socket is missing")
        return f"unix://{path}"
    if scheme == "npipe":
        pipe = rest.replace("\\", "/")
        if "/pipe/" not in pipe or pipe.endswith("/"):
            raise _invalid(text, "a pipe looks like npipe:////./pipe/docker_engine")
        return f"npipe://{pipe}"
    if scheme in ("tcp", "http", "https"):
        host, port, _user, path = _network(text, f"tcp://{rest}")
        if path not in ("", "/"):
            raise _invalid(text, "nothing may follow the port")
        return f"tcp://{host}:{port or (TLS_PORT if tls or scheme == 'https' else PLAIN_PORT)}"
    if scheme == "ssh":
        host, port, user, path = _network(text, f"ssh://{rest}")
        return f"ssh://{user + '@' if user else ''}{host}{f':{port}' if port else ''}{path.rstrip('/')}"
    raise _invalid(text, "it must begin with unix://, tcp://, ssh:// or npipe://")


def socket_path(address: str) -> str:
    """Return the path of the socket of a ``unix://`` address, else an empty text."""
    return address.removeprefix("unix://") if address.startswith("unix://") else ""


def is_remote(address: str) -> bool:
    """Return whether an address in normal form leads to another computer."""
    if address.startswith(("unix://", "npipe://")):
        return False
    if address.startswith("tcp://"):
        host = urlsplit(address).hostname or ""
        return not (host in _LOOPBACK or host.startswith("127."))
    return True


def known_contexts(world: World) -> tuple[str, ...]:
    """Return the names of the docker contexts of this user, sorted."""
    root = f"{docker_directory(world)}/contexts/meta"
    folders = world.list_directory(root)
    names = {"default"}
    if isinstance(folders, Known):
        for folder in folders.value:
            meta = _read_meta(world, f"{root}/{folder}/meta.json")
            if meta and meta.name:
                names.add(meta.name)
    return tuple(sorted(names))


def _network(text: str, url: str) -> tuple[str, int | None, str, str]:
    try:
        parts = urlsplit(url)
        host, port, user = parts.hostname or "", parts.port, parts.username or ""
    except ValueError as error:
        raise _invalid(text, str(error)) from None
    if not host or not _HOST.fullmatch(host):
        raise _invalid(text, "the host name is missing or has characters that a host name cannot have")
    if port == 0:
        raise _invalid(text, "port 0 cannot be connected to")
    if parts.password is not None or parts.query or parts.fragment or (user and not _USER.fullmatch(user)):
        raise _invalid(text, "only a user, a host, a port and a path are understood")
    if user and url.startswith("tcp://"):
        raise _invalid(text, "a TCP address has no user")
    return (f"[{host}]" if ":" in host else host), port, user, parts.path


def _invalid(text: str, reason: str) -> Trouble:
    return Trouble("engine-address-invalid", address=text, reason=reason)


def _from_variables(text: str, chosen_by: str, certificates: str, *, verify: bool) -> Endpoint:
    encrypted = bool(certificates) and (verify or text.lower().startswith("https://"))
    address = parse_address(text, tls=encrypted)
    if not (encrypted and address.startswith("tcp://") and (chosen_by == "DOCKER_HOST" or address.endswith("2376"))):
        certificates = ""
    return Endpoint(
        address=address, chosen_by=chosen_by, remote=is_remote(address), certificates=certificates, verify=verify
    )


def _from_context(world: World, name: str, chosen_by: str) -> Endpoint:
    if name == "default":
        return _default(world)
    folder = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
    directory = docker_directory(world)
    meta = _read_meta(world, f"{directory}/contexts/meta/{folder}/meta.json")
    endpoint = meta.endpoints.get("docker") if meta else None
    if endpoint is None or not endpoint.host:
        raise Trouble("engine-context-unknown", context=name, known=", ".join(known_contexts(world)))
    certificates = f"{directory}/contexts/tls/{folder}/docker"
    names = world.list_directory(certificates)
    encrypted = isinstance(names, Known) and bool(names.value)
    address = parse_address(endpoint.host, tls=encrypted)
    return Endpoint(
        address=address,
        chosen_by=chosen_by,
        remote=is_remote(address),
        certificates=certificates if encrypted and address.startswith("tcp://") else "",
        verify=not endpoint.skip_verify,
    )


def _default(world: World) -> Endpoint:
    system = world.system()
    if system == "windows":
        return Endpoint(address=DEFAULT_PIPE, chosen_by="default", remote=False)
    environment = world.environment()
    places = [(socket_path(DEFAULT_UNIX), "default")]
    if runtime := environment.get("XDG_RUNTIME_DIR", ""):
        places.append((f"{runtime}/docker.sock", "rootless socket"))
    if system == "macos" and (home := environment.get("HOME", "")):
        places.append((f"{home}/.docker/run/docker.sock", "Docker Desktop socket"))
    if runtime:
        places.append((f"{runtime}/podman/podman.sock", "Podman socket"))
    places.append(("/run/podman/podman.sock", "Podman socket"))
    for path, chosen_by in places:
        if _is_there(world, path):
            return Endpoint(address=f"unix://{path}", chosen_by=chosen_by, remote=False)
    return Endpoint(address=DEFAULT_UNIX, chosen_by="default", remote=False)


def _is_there(world: World, path: str) -> bool:
    folder, name = posixpath.split(path)
    names = world.list_directory(folder)
    return isinstance(names, Known) and name in names.value


def docker_directory(world: World) -> str:
    """Return the directory of this user's docker configuration."""
    environment = world.environment()
    if configured := environment.get("DOCKER_CONFIG", ""):
        return configured
    return f"{environment.get('HOME') or environment.get('USERPROFILE') or '~'}/.docker"


def _current_context(world: World) -> str:
    text = world.read_text(f"{docker_directory(world)}/config.json")
    if not isinstance(text, Known):
        return ""
    try:
        return msgspec.json.decode(text.value, type=_DockerConfig).current
    except (msgspec.MsgspecError, UnicodeEncodeError):
        # the docker program itself warns about a bad file and goes on without it
        return ""


def _read_meta(world: World, path: str) -> _ContextMeta | None:
    text = world.read_text(path)
    if not isinstance(text, Known):
        return None
    try:
        return msgspec.json.decode(text.value, type=_ContextMeta)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return None
