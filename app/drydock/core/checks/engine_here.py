"""Checks of the engines on this computer: how many, which one is meant, who may use them, how they confine."""

from drydock.core.checks.check import Answer, attention, not_tested, ok, seen, unknown
from drydock.core.checks.engine_situation import is_own_docker, is_rootless
from drydock.core.checks.situation import is_podman
from drydock.core.facts import Known, Missing, Snapshot, known_or
from drydock.core.findings import Evidence


def ask_others(snapshot: Snapshot) -> Answer:
    """Ask whether there is more than one engine on this computer, each with its own images and containers."""
    setup, engine = snapshot.engine_setup, snapshot.engine
    if engine.remote:
        return not_tested("remote")
    if snapshot.host.system != "linux":
        return not_tested("not_linux")
    if isinstance(setup.sockets, Missing):
        return unknown("sockets of engines", setup.sockets)
    kinds = {socket.kind: socket.path for socket in setup.sockets.value}
    evidence = (
        Evidence("sockets of engines", ", ".join(kinds.values()) or "(none)"),
        seen("dockerd", setup.daemon),
        seen("snap of docker", setup.snap),
        Evidence("engine in use", engine.endpoint),
    )
    if known_or(setup.snap, default=False) and isinstance(setup.daemon, Known):
        return attention("snap_beside", *evidence, path=setup.daemon.value)
    if "system" in kinds and "rootless" in kinds:
        used = "rootless engine" if is_rootless(snapshot) else "engine that runs as root"
        return attention("rootless_beside", *evidence, used=used, endpoint=engine.endpoint)
    if "desktop" in kinds and "system" in kinds:
        return ok(*evidence, variant="desktop_beside", endpoint=engine.endpoint)
    if {"podman", "podman_system"} & set(kinds) and {"system", "rootless"} & set(kinds):
        return ok(*evidence, variant="podman_beside", endpoint=engine.endpoint)
    return ok(*evidence, endpoint=engine.endpoint)


def ask_choice(snapshot: Snapshot) -> Answer:
    """Ask whether two settings name different engines, so that a terminal may use another than is meant."""
    engine, setup = snapshot.engine, snapshot.engine_setup
    environment = snapshot.host.environment
    context = environment.get("DOCKER_CONTEXT") or known_or(setup.context, "")
    evidence = (
        Evidence("engine in use", f"{engine.endpoint} (chosen by {engine.chosen_by})"),
        Evidence("DOCKER_HOST", environment.get("DOCKER_HOST", "(not set)")),
        Evidence("docker context", context or "default"),
        seen("docker is Podman's stand-in", setup.docker_is_podman),
    )
    if engine.chosen_by == "DOCKER_HOST" and context not in ("", "default"):
        return attention("host_over_context", *evidence, endpoint=engine.endpoint, context=context)
    if known_or(setup.docker_is_podman, default=False) and engine.reach.kind == "ready" and not is_podman(snapshot):
        return attention("stand_in", *evidence, endpoint=engine.endpoint)
    return ok(*evidence, endpoint=engine.endpoint, chosen_by=engine.chosen_by)


_FOR_ALL = 0o002


def ask_open(snapshot: Snapshot) -> Answer:
    """Ask whether others than this computer's administrators and the group docker can command the engine."""
    engine = snapshot.engine
    if isinstance(engine.warnings, Missing):
        return unknown("the engine's warnings", engine.warnings)
    socket = next(
        (found for found in known_or(snapshot.engine_setup.sockets, ()) if engine.endpoint.endswith(found.path)), None
    )
    mode = known_or(socket.mode, 0) if socket else 0
    evidence = (
        seen("the engine's warnings", engine.warnings),
        *((Evidence(socket.path, f"mode {mode:o}"),) if socket and mode else ()),
    )
    heard = next((text for text in engine.warnings.value if "without encryption" in text), "")
    if heard:
        return attention("network", *evidence, warning=heard.removeprefix("WARNING: ").strip().splitlines()[0])
    if socket and mode & _FOR_ALL:
        return attention("everyone", *evidence, path=socket.path)
    return ok(*evidence)


IDS_WANTED = 65_536
"""User ids a rootless engine should be able to hand out: images use ids up to 65534 (nobody)."""


def ask_users(snapshot: Snapshot) -> Answer:
    """Ask which user of this computer the root of a container is; files in volumes belong to that one."""
    engine = snapshot.engine
    if isinstance(engine.security, Missing):
        return unknown("security options", engine.security)
    evidence = (seen("security options", engine.security),)
    if is_rootless(snapshot):
        count = snapshot.engine_setup.subordinate_ids
        shown = (*evidence, seen("ids in /etc/subuid", count))
        if not engine.remote and isinstance(count, Known) and count.value < IDS_WANTED:
            return attention("few_ids", *shown, count=count.value)
        return ok(*shown, variant="rootless")
    if "userns" in engine.security.value:
        return attention("remapped", *evidence)
    return ok(*evidence)


def ask_confinement(snapshot: Snapshot) -> Answer:
    """Ask whether SELinux will keep containers from GPUs or volumes."""
    engine, mode = snapshot.engine, snapshot.engine_setup.selinux
    if engine.remote or snapshot.host.system != "linux":
        return not_tested("elsewhere")
    if isinstance(mode, Missing):
        return unknown("SELinux", mode)
    security = known_or(engine.security, ())
    evidence = (seen("SELinux", mode), seen("security options", engine.security))
    if mode.value != "enforcing":
        return ok(*evidence, variant="apparmor" if "apparmor" in security else "ok")
    if is_podman(snapshot):
        return attention("podman", *evidence)
    if "selinux" in security:
        return attention("labels", *evidence)
    return ok(*evidence, variant="not_confined")


CLOCKS_APART = 60
"""Seconds. Signatures of registries and tokens have a tolerance of minutes at most."""


def ask_clock(snapshot: Snapshot) -> Answer:
    """Ask whether the engine's clock agrees with this computer's; a virtual machine's stops while it sleeps."""
    ahead = snapshot.engine.clock_ahead
    if isinstance(ahead, Missing):
        return unknown("the engine's clock", ahead)
    evidence = Evidence("the engine's clock minus this computer's", f"{ahead.value:g} s")
    if abs(ahead.value) > CLOCKS_APART:
        side = "ahead of" if ahead.value > 0 else "behind"
        own = is_own_docker(snapshot)
        return attention("apart", evidence, seconds=round(abs(ahead.value)), side=side, own="yes" if own else "no")
    return ok(evidence)
