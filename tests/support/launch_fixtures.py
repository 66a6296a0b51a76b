"""What tests of launches and probes share: a context on the private engine, and a look at what is left in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from tests.support.engine.handle import Engine

from drydock.jobs.context import Context
from drydock.jobs.job import Job
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld


@pytest.fixture
def new_context(engine: Engine, tmp_path: Path) -> Callable[[], Context]:
    """A factory of contexts on the private engine, each as a fresh start of the app would make it."""
    opened: list[Store] = []

    def make() -> Context:
        store = Store(tmp_path / "store")
        opened.append(store)
        return Context(world=LiveWorld(), store=store, engine=engine.docker_host)

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def context(new_context: Callable[[], Context]) -> Context:
    """A context on the private engine."""
    return new_context()


def run(job: Job[Any], stop: Stop | None = None) -> tuple[Any, list[Any]]:
    """Run a job; return its result and the steps it told."""
    steps: list[Any] = []
    return job.run(steps.append, stop or Stop()), steps


def container_names(engine: Engine) -> set[str]:
    """Names of all containers in the engine."""
    return {str(one["Names"][0]).lstrip("/") for one in cast("Any", engine.client.api).containers(all=True)}


def inspected(engine: Engine, container: str) -> dict[str, Any]:
    """What the engine's own client says of a container."""
    return cast("dict[str, Any]", cast("Any", engine.client.api).inspect_container(container))


_ALIKE = {
    "Config": ("Cmd", "Entrypoint", "Env", "Labels", "WorkingDir", "Image", "ExposedPorts", "User"),
    "HostConfig": (
        "Memory", "ShmSize", "SecurityOpt", "Init", "PortBindings", "DeviceRequests", "Privileged", "NetworkMode",
        "AutoRemove", "CapAdd", "Devices",
    ),
}  # fmt: skip


def alike(seen: dict[str, Any]) -> dict[str, Any]:
    """What must not differ between a launch and the same in other words."""
    found: dict[str, Any] = {
        part: {field: seen[part].get(field) or None for field in fields} for part, fields in _ALIKE.items()
    }
    found["Config"]["Env"] = sorted(found["Config"]["Env"] or [])
    requests: list[dict[str, Any]] = found["HostConfig"]["DeviceRequests"] or []
    found["HostConfig"]["DeviceRequests"] = [{name: value or None for name, value in one.items()} for one in requests]
    # the engine's two words for the network that it joins a container to by itself
    if found["HostConfig"]["NetworkMode"] == "default":
        found["HostConfig"]["NetworkMode"] = "bridge"
    found["networks"] = sorted(seen["NetworkSettings"]["Networks"])
    # its two words for "never"
    found["restart"] = seen["HostConfig"]["RestartPolicy"]["Name"] or "no"
    points: list[dict[str, Any]] = seen["Mounts"]
    mounts = [(one["Type"], str(one.get("Name") or one["Source"]), one["Destination"], one["RW"]) for one in points]
    return {**found, "mounts": sorted(mounts)}
