"""Checks of the container engine: installed, allowed, answering, new enough."""

import re

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen
from drydock.core.checks.engine_situation import config_of
from drydock.core.checks.situation import (
    gigabytes,
    has_gpu,
    is_docker_desktop,
    is_podman,
    is_snap,
    is_wsl,
    never_sees_gpu,
)
from drydock.core.facts import Known, Missing, Snapshot, known_or
from drydock.core.findings import Evidence

GPU_REQUEST_SINCE = (19, 3)
"""Docker Engine 19.03 was the first whose API takes GPU requests."""


_SOCKETS_OF_THE_GROUP = ("unix:///var/run/docker.sock", "unix:///run/docker.sock")
"""What members of the group docker may use: Podman's socket, a rootless or a remote engine is not among it."""


def _reach_evidence(snapshot: Snapshot) -> Evidence:
    engine = snapshot.engine
    text = f"{engine.reach.kind}: {engine.reach.text}" if engine.reach.text else engine.reach.kind
    return Evidence(f"{engine.endpoint} (chosen by {engine.chosen_by})", text)


def ask_installed(snapshot: Snapshot) -> Answer:
    """Ask whether there is a container engine at all."""
    evidence = _reach_evidence(snapshot)
    reach = snapshot.engine.reach
    if reach.kind in ("timeout", "unreachable", "not_an_engine", "unknown"):
        return not_tested("unknown", evidence, endpoint=snapshot.engine.endpoint)
    if reach.kind != "not_installed":
        return ok(evidence, endpoint=snapshot.engine.endpoint)
    if is_wsl(snapshot):
        return broken("absent_wsl", evidence)
    if known_or(snapshot.host.in_container, default=False):
        return broken("absent_inside", evidence, seen("inside a container", snapshot.host.in_container))
    return broken("absent" if snapshot.host.system == "linux" else "absent_desktop", evidence)


def ask_permission(snapshot: Snapshot) -> Answer:
    """Ask whether this person may use the engine."""
    engine = snapshot.engine
    evidence = (_reach_evidence(snapshot), seen("user", snapshot.host.user))
    if engine.reach.kind in ("ready", "too_old", "not_an_engine"):
        return ok(*evidence)
    if engine.reach.kind != "no_permission":
        return not_tested("not_reached", *evidence)
    user = snapshot.host.user
    values = {"endpoint": engine.endpoint}
    if isinstance(user, Missing):
        return broken("denied", *evidence, **values)
    if _is_podman_of_root(engine.endpoint):
        return broken("denied_podman", *evidence, **values, chosen_by=engine.chosen_by)
    if engine.endpoint not in _SOCKETS_OF_THE_GROUP:
        return broken("denied", *evidence, **values)
    if "docker" in user.value.groups:
        return broken("denied", *evidence, **values)
    if "docker" in user.value.database_groups:
        return broken("login_again", *evidence, **values)
    if snapshot.engine_setup.docker_group == Known(value=False):
        return broken("no_group", *evidence, seen("group docker", snapshot.engine_setup.docker_group), **values)
    return broken("not_member", *evidence, **values)


def _is_podman_of_root(endpoint: str) -> bool:
    return endpoint.endswith("/podman/podman.sock") and not endpoint.startswith("unix:///run/user/")


def ask_running(snapshot: Snapshot) -> Answer:
    """Ask whether the engine answers."""
    engine = snapshot.engine
    evidence = _reach_evidence(snapshot)
    values = {"endpoint": engine.endpoint, "chosen_by": engine.chosen_by, "text": engine.reach.text or "no text"}
    match engine.reach.kind:
        case "ready" | "too_old":
            return ok(evidence, endpoint=engine.endpoint)
        case "timeout":
            return broken("silent", evidence, **values)
        case "not_an_engine":
            return broken("not_an_engine", evidence, **values)
        case "unreachable":
            return broken("unreachable", evidence, **values)
        case "not_running":
            return _not_running(snapshot, evidence, values)
        case _:
            return broken("failed", evidence, **values)


STANDS_STILL_BELOW = 100 * 10**6
"""Bytes free with which an engine may not start any more: it writes its state and its databases first."""


def _not_running(snapshot: Snapshot, evidence: Evidence, values: dict[str, str]) -> Answer:
    chosen = snapshot.engine.chosen_by.startswith(("--engine", "DOCKER_HOST", "context", "rootless", "Podman"))
    if chosen:
        return _chosen_but_not_running(snapshot, evidence, values)
    if snapshot.host.system != "linux":
        return broken("not_running_desktop", evidence, **values)
    installed = isinstance(snapshot.engine_setup.daemon, Known)
    full = next((disk for disk in snapshot.host.disks if disk.purpose == "engine data"), None)
    if full and known_or(full.free, STANDS_STILL_BELOW) < STANDS_STILL_BELOW:
        room = seen(f"bytes free at {full.path}", full.free)
        return broken("not_running_full", evidence, room, **values, path=full.path)
    if is_wsl(snapshot):
        daemon = seen("dockerd", snapshot.engine_setup.daemon)
        return broken("not_running_wsl_own" if installed else "not_running_wsl", evidence, daemon, **values)
    config = config_of(snapshot)
    if isinstance(config, Known) and config.value.empty:
        return broken(
            "not_running_empty", evidence, Evidence(config.value.path, "empty"), **values, path=config.value.path
        )
    return broken("not_running", evidence, **values)


def _chosen_but_not_running(snapshot: Snapshot, evidence: Evidence, values: dict[str, str]) -> Answer:
    """Name another engine of this computer, where there is one and somebody chose the one that is silent."""
    engine = snapshot.engine
    sockets = [f"unix://{socket.path}" for socket in known_or(snapshot.engine_setup.sockets, ())]
    others = [address for address in sockets if address != engine.endpoint]
    if others and engine.chosen_by.startswith(("DOCKER_HOST", "context")):
        shown = Evidence("sockets of other engines", ", ".join(others))
        return broken("not_running_beside", evidence, shown, **values, other=others[0])
    return broken("not_running_chosen", evidence, **values)


def ask_version(snapshot: Snapshot) -> Answer:
    """Ask whether the engine is new enough for GPU requests."""
    engine = snapshot.engine
    evidence = (seen("engine version", engine.version), seen("API version", engine.api_version))
    if engine.reach.kind == "too_old":
        return broken("too_old", _reach_evidence(snapshot), *evidence, version=known_or(engine.version, "unknown"))
    if isinstance(engine.version, Missing):
        return not_tested("unknown", *evidence, why=engine.version.detail or "the engine does not tell")
    product = known_or(engine.product, "engine")
    values = {"version": engine.version.value, "product": product}
    numbers = re.match(r"(\d+)\.(\d+)", engine.version.value)
    if numbers and not is_podman(snapshot) and (int(numbers[1]), int(numbers[2])) < GPU_REQUEST_SINCE:
        return broken("too_old", *evidence, **values)
    return ok(*evidence, **values)


def ask_place(snapshot: Snapshot) -> Answer:
    """Ask whether the engine runs on this computer; what is known of GPUs and disks here says nothing of another."""
    engine = snapshot.engine
    evidence = Evidence("engine address", f"{engine.endpoint} (chosen by {engine.chosen_by})")
    if engine.remote:
        return attention("remote", evidence, endpoint=engine.endpoint, chosen_by=engine.chosen_by)
    return ok(evidence)


def ask_kind(snapshot: Snapshot) -> Answer:
    """Ask whether this kind of engine can see a GPU at all."""
    engine = snapshot.engine
    evidence = (
        seen("engine's operating system", engine.operating_system),
        seen("engine's data directory", engine.data_root),
        seen("runtimes", engine.runtimes),
    )
    if has_gpu(snapshot) is False:
        return not_tested("no_gpu", *evidence)
    if never_sees_gpu(snapshot):
        # with a GPU here that is why no container gets it; where none is known it is only worth a word
        answer = broken if has_gpu(snapshot) else attention
        return answer("snap" if is_snap(snapshot) else "desktop_linux", *evidence)
    return ok(*evidence)


SMALL_ENGINE_MEMORY = 6 * 10**9
"""Bytes. Docker Desktop's virtual machine often gets half of the memory or less; torch with CUDA takes 1 to 2 GB."""


def ask_limits(snapshot: Snapshot) -> Answer:
    """Ask whether the engine can keep the limits that a launch sets, and has memory of its own."""
    engine = snapshot.engine
    evidence = (
        seen("rootless", engine.rootless),
        seen("cgroup version", engine.cgroup_version),
        seen("engine memory", engine.memory),
    )
    if known_or(engine.rootless, default=False) and known_or(engine.cgroup_version, "2") == "1":
        return attention("rootless_v1", *evidence)
    if is_docker_desktop(snapshot) and known_or(engine.memory, SMALL_ENGINE_MEMORY) < SMALL_ENGINE_MEMORY:
        return attention("small_machine", *evidence, memory=gigabytes(known_or(engine.memory, 0)))
    return ok(*evidence)


def ask_storage(snapshot: Snapshot) -> Answer:
    """Ask whether the engine's storage driver copies whole images for every layer."""
    driver = snapshot.engine.storage_driver
    evidence = seen("storage driver", driver)
    if isinstance(driver, Missing):
        return not_tested("unknown", evidence, why=driver.detail or "the engine does not tell")
    if driver.value == "vfs":
        return attention("vfs", evidence)
    return ok(evidence, driver=driver.value)


IMAGE_NEEDS = 15 * 10**9
"""Bytes for one PyTorch runtime image while it is pulled.

Its layers came to 3.24 GB compressed where a size was published (January 2024; newer ones publish none), it unpacks
to about 8 GB in the reports of people who ran out of space, and both are on the disk at once.
"""

IMAGE_WANTS = 35 * 10**9
"""Bytes for a devel image likewise: 8.25 GB compressed (January 2024), up to 25 GB unpacked."""


def ask_disk(snapshot: Snapshot) -> Answer:
    """Ask whether there is room for an image where the engine unpacks them."""
    engine = snapshot.engine
    free = engine.data_root_free
    root = known_or(engine.data_root, "the engine's data directory")
    evidence = (seen("engine's data directory", engine.data_root), seen("bytes free there", free))
    if isinstance(free, Missing):
        free = _engine_disk(snapshot)
    if not isinstance(free, Known):
        return not_tested(
            "unknown", *evidence, why=free.detail or "the engine does not tell, and it cannot be measured"
        )
    values = {"path": root, "free": gigabytes(free.value)}
    if free.value < IMAGE_NEEDS:
        if _has_torch_image(snapshot):
            return attention("small_image_here", *evidence, **values)
        cache = _freeable(snapshot)
        if free.value + cache >= IMAGE_NEEDS:
            evidence += (Evidence("bytes of build cache that nothing uses", str(cache)),)
            return broken("small_cache", *evidence, **values, needed=gigabytes(IMAGE_NEEDS), cache=gigabytes(cache))
        return broken("small", *evidence, **values, needed=gigabytes(IMAGE_NEEDS))
    if free.value < IMAGE_WANTS:
        return attention("tight", *evidence, **values, wanted=gigabytes(IMAGE_WANTS))
    return ok(*evidence, **values)


def _freeable(snapshot: Snapshot) -> int:
    contents = snapshot.engine_contents
    return known_or(contents.value.build_cache, 0) if isinstance(contents, Known) else 0


def _engine_disk(snapshot: Snapshot) -> Known[int] | Missing:
    if snapshot.engine.remote or is_docker_desktop(snapshot):
        return Missing("not_applicable", "the engine's disk is not this computer's")
    root = known_or(snapshot.engine.data_root, "")
    for disk in snapshot.host.disks:
        if disk.purpose == "engine data" and disk.path == root:
            return disk.free
    return Missing("absent")


def _has_torch_image(snapshot: Snapshot) -> bool:
    images = known_or(snapshot.engine.images, ())
    return any("pytorch" in reference for image in images for reference in image.references)
