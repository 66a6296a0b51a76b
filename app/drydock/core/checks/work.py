"""Checks of what a launch or a run on this host would meet."""

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen, unknown
from drydock.core.checks.engine_situation import NETWORK_KINDS, is_rootless, mount_of
from drydock.core.checks.situation import has_gpu
from drydock.core.facts import Known, Missing, Snapshot, known_or, missing_text
from drydock.core.facts.engine_setup import Published
from drydock.core.findings import Evidence


def ask_ports(snapshot: Snapshot) -> Answer:
    """Ask whether the ports that a launch proposes are free."""
    if snapshot.engine.remote:
        return not_tested("remote")
    measured = [port for port in snapshot.ports if isinstance(port.taken, Known)]
    evidence = tuple(seen(f"127.0.0.1:{port.number} taken", port.taken) for port in snapshot.ports)
    if not measured:
        return not_tested("unknown", *evidence, why="no port could be tried")
    taken = [port for port in measured if known_or(port.taken, default=False)]
    if not taken:
        return ok(*evidence, ports=", ".join(str(port.number) for port in measured))
    owners = tuple(seen(f"owner of port {port.number}", port.owner) for port in taken)
    held = _containers_by_port(snapshot)
    words = ", ".join(
        f"{port.number} ({held.get(port.number) or known_or(port.owner, 'owner not visible')})" for port in taken
    )
    return attention("taken", *evidence, *owners, ports=words)


def _containers_by_port(snapshot: Snapshot) -> dict[int, str]:
    contents = snapshot.engine_contents
    published = contents.value.published if isinstance(contents, Known) else ()
    return {item.port: f"{'session' if item.session else 'container'} {item.container}" for item in published}


def _is_local(address: str) -> bool:
    return address.startswith("127.") or address == "::1"


def ask_exposed(snapshot: Snapshot) -> Answer:
    """Ask whether ports of containers can be reached from other computers."""
    contents, firewalls = snapshot.engine_contents, snapshot.network.firewalls
    if isinstance(contents, Missing):
        return unknown("published ports", contents)
    # the same port is listed for IPv4 and IPv6
    open_ports = {(item.container, item.port): item for item in contents.value.published if not _is_local(item.address)}
    shown = ", ".join(f"{item.container} {item.address}:{item.port}" for item in contents.value.published)
    evidence = (Evidence("published ports", shown or "(none)"), seen("firewalls", firewalls))
    if not contents.value.published:
        return ok(*evidence, variant="none")
    sessions = [item for item in open_ports.values() if item.session]
    others = [item for item in open_ports.values() if not item.session]

    def words(items: list[Published]) -> str:
        return ", ".join(f"{item.container} ({item.port})" for item in items)

    if sessions:
        return attention("session", *evidence, ports=words(sessions))
    if others and "ufw" in known_or(firewalls, ()):
        return attention("firewall", *evidence, ports=words(others))
    if others:
        return ok(*evidence, variant="others", ports=words(others))
    return ok(*evidence)


MANY_ENDED = 5
"""Sessions that ended and were kept; each still holds what was written inside it."""


def ask_ended(snapshot: Snapshot) -> Answer:
    """Ask whether sessions that ended lie about."""
    contents = snapshot.engine_contents
    if isinstance(contents, Missing):
        return unknown("containers", contents)
    ended = contents.value.ended_sessions
    evidence = Evidence("sessions that ended", ", ".join(ended) or "(none)")
    if len(ended) >= MANY_ENDED:
        return attention("many", evidence, count=len(ended))
    return ok(evidence, variant="some" if ended else "ok", count=len(ended))


_WINDOWS_KINDS = ("9p", "drvfs")


def ask_folder(snapshot: Snapshot) -> Answer:
    """Ask whether sessions can work well in this person's home directory."""
    home = next((disk.path for disk in snapshot.host.disks if disk.purpose == "home"), "")
    mounts = snapshot.engine_setup.mounts
    if snapshot.engine.remote:
        return not_tested("remote")
    if isinstance(mounts, Missing):
        return unknown("file systems", mounts)
    mount = mount_of(snapshot, home) if home else None
    if mount is None:
        return not_tested("unknown", why="the home directory is not known")
    evidence = Evidence(home, f"on {mount.path}, {mount.kind}{', read-only' if mount.read_only else ''}")
    values = {"path": home, "kind": mount.kind}
    if mount.read_only:
        return broken("read_only", evidence, **values)
    if mount.kind in NETWORK_KINDS:
        return attention("network_rootless" if is_rootless(snapshot) else "network", evidence, **values)
    if mount.kind in _WINDOWS_KINDS:
        return attention("windows", evidence, **values)
    return ok(evidence, **values)


def ask_host_torch(snapshot: Snapshot) -> Answer:
    """Ask whether a torch on this host was built without CUDA although there is a GPU."""
    found = [torch for torch in snapshot.host_torch if isinstance(torch.version, Known)]
    evidence = tuple(seen(f"torch for {torch.python}", torch.version) for torch in snapshot.host_torch)
    if not found:
        failed = [torch.version for torch in snapshot.host_torch if isinstance(torch.version, Missing)]
        silent = next((fact for fact in failed if fact.why != "absent"), None)
        if silent:
            return not_tested("unknown", *evidence, why=silent.detail or missing_text(silent))
        return not_tested("absent", *evidence)
    for torch in found:
        version = known_or(torch.version, "")
        if version.endswith("+cpu") and has_gpu(snapshot):
            return attention("cpu_build", *evidence, version=version, python=torch.python)
    return ok(*evidence, version=known_or(found[0].version, ""), python=found[0].python)
