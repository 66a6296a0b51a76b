"""Checks of what a launch or a run on this host would meet."""

from drydock.core.checks.check import Answer, attention, not_tested, ok, seen
from drydock.core.checks.situation import has_gpu
from drydock.core.facts import Known, Missing, Snapshot, known_or, missing_text


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
    words = ", ".join(f"{port.number} ({known_or(port.owner, 'owner not visible')})" for port in taken)
    return attention("taken", *evidence, *owners, ports=words)


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
