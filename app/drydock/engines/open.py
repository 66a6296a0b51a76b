"""Connect to the chosen engine, or say why it cannot be reached."""

import http.client
from collections.abc import Callable

import msgspec

from drydock.core.facts import Engine as EngineFacts
from drydock.core.facts import Known, Reach
from drydock.core.trouble import Trouble
from drydock.engines.docker_answers import Version, unreachable_facts, version_number
from drydock.engines.docker_errors import reach_of_failure
from drydock.engines.endpoint import Endpoint, choose_endpoint, docker_directory
from drydock.engines.interface import Engine
from drydock.engines.tunnel import open_tunnel
from drydock.engines.wire import CALL_LIMIT, CONNECT_LIMIT, Refused, ask
from drydock.world import World

OLDEST_API = (1, 40)
"""Docker Engine 19.03, the first whose API takes requests for GPUs."""

NEWEST_API = (1, 51)
"""Docker Engine 28: the newest whose answers this code was tried with; newer engines still speak it."""

_TROUBLES = {
    "not_installed": "engine-not-installed",
    "not_running": "engine-not-running",
    "no_permission": "engine-no-permission",
    "timeout": "engine-timeout",
    "too_old": "engine-too-old",
    "not_an_engine": "engine-not-an-engine",
    "unreachable": "engine-unreachable",
    "unknown": "engine-error",
}

_PROGRAMS = ("docker", "dockerd", "podman")


def open_engine(world: World, wish: str = "") -> Engine:
    """Connect to the chosen engine.

    Args:
        world: the doors.
        wish: an address or a docker context's name; empty follows the environment.

    Raises:
        Trouble: ``engine-…`` with the reason.
    """
    endpoint = choose_endpoint(world, wish)
    reach, engine = _try(world, endpoint, CONNECT_LIMIT, CALL_LIMIT)
    if engine is None:
        over_ssh = endpoint.address.startswith("ssh://") and reach.kind == "unreachable"
        trouble_id = "engine-ssh-failed" if over_ssh else _TROUBLES[reach.kind]
        raise Trouble(trouble_id, endpoint=endpoint.address, chosen_by=endpoint.chosen_by, text=reach.text)
    return engine


def probe_reach(
    world: World, wish: str = "", *, connect_limit: float = CONNECT_LIMIT, call_limit: float = CALL_LIMIT
) -> tuple[Endpoint, Reach, Engine | None]:
    """Find out whether the chosen engine answers; never raises for what the outside does.

    Returns:
        The endpoint, how it was reached, and the engine when it answers (close it).
    """
    try:
        endpoint = choose_endpoint(world, wish)
    except Trouble as trouble:
        chosen_by = "--engine" if wish else "DOCKER_HOST" if world.environment().get("DOCKER_HOST") else "context"
        address = str(trouble.values.get("address") or trouble.values.get("context") or "")
        endpoint = Endpoint(address=address, chosen_by=chosen_by, remote=False)
        reason = trouble.values.get("reason") or f"there is no such context; known: {trouble.values.get('known')}"
        return endpoint, Reach(kind="unreachable", text=f"{address}: {reason}"), None
    reach, engine = _try(world, endpoint, connect_limit, call_limit)
    return endpoint, reach, engine


def reach_facts(endpoint: Endpoint, reach: Reach) -> EngineFacts:
    """Return the facts of an engine that :func:`probe_reach` did not reach."""
    return unreachable_facts(endpoint, reach)


def _try(world: World, endpoint: Endpoint, connect_limit: float, call_limit: float) -> tuple[Reach, Engine | None]:
    on_close: Callable[[], None] = lambda: None  # noqa: E731
    if endpoint.address.startswith("ssh://"):
        try:
            endpoint, on_close = open_tunnel(world, endpoint)
        except Trouble as trouble:
            return Reach(kind="unreachable", text=str(trouble.values.get("text", trouble.id))), None
    try:
        version = _version(endpoint, connect_limit, call_limit)
    except (OSError, http.client.HTTPException, Refused, msgspec.MsgspecError) as error:
        on_close()
        return _reach(world, endpoint, error), None
    spoken = version_number(version.api_version or "")
    if spoken < OLDEST_API:
        on_close()
        return Reach(kind="too_old", text=f"{version.version or '?'}, API {version.api_version}"), None
    oldest_it_takes = version_number(version.min_api_version or "")
    chosen = max(min(spoken, NEWEST_API), oldest_it_takes)
    try:
        engine = _engine(world, endpoint, version, f"{chosen[0]}.{chosen[1]}", call_limit, on_close)
    except Exception as error:  # noqa: BLE001 - the SDK reads the docker configuration, and raises whatever a bad one causes
        on_close()
        return Reach(kind="unknown", text=_of_configuration(world, endpoint, error)), None
    return Reach(kind="ready"), engine


def _of_configuration(world: World, endpoint: Endpoint, error: Exception) -> str:
    place = endpoint.certificates or f"{docker_directory(world)}/config.json"
    return f"the settings in {place} cannot be used: {error or type(error).__name__}"


def _version(endpoint: Endpoint, connect_limit: float, call_limit: float) -> Version:
    body = ask(endpoint, "/version", call_limit, connect_limit)
    try:
        version = msgspec.json.decode(body, type=Version)
    except msgspec.MsgspecError:
        version = Version()
    if not version.api_version or version_number(version.api_version) == (0, 0):
        start = body[:200].decode("utf-8", "replace").strip()
        raise msgspec.ValidationError(start or "an empty answer")
    return version


def _reach(world: World, endpoint: Endpoint, error: Exception) -> Reach:
    if isinstance(error, msgspec.MsgspecError):
        return Reach(kind="not_an_engine", text=str(error))
    local = endpoint.address.startswith(("unix://", "npipe://"))
    installed = any(isinstance(world.find_program(name), Known) for name in _PROGRAMS)
    return reach_of_failure(error, local=local, installed=installed)


def _engine(
    world: World, endpoint: Endpoint, version: Version, spoken: str, call_limit: float, on_close: Callable[[], None]
) -> Engine:
    # late: the SDK takes about 190 ms to import, and a machine without an engine never needs it
    from drydock.engines.docker import DockerEngine
    from drydock.engines.docker_api import Api

    return DockerEngine(world, Api(endpoint, spoken, call_limit), version, on_close)
