"""Checks of the network between containers, registries and this computer. None of them asks anything outside."""

import ipaddress
from collections.abc import Mapping

from drydock.core.checks.check import Answer, attention, not_tested, ok, seen, unknown
from drydock.core.checks.engine_situation import config_of, is_own_docker, is_system_docker
from drydock.core.facts import Known, Missing, Snapshot, known_or
from drydock.core.facts.network import Route
from drydock.core.findings import Evidence

_PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
_BRIDGE = "docker0"


def _own_proxy(snapshot: Snapshot) -> str:
    environment = snapshot.host.environment
    return next((environment[name] for name in _PROXY_VARIABLES if environment.get(name)), "")


def ask_proxy(snapshot: Snapshot) -> Answer:
    """Ask whether the engine goes through the same proxy as this session does."""
    if not is_own_docker(snapshot):
        return not_tested("elsewhere")
    told = snapshot.engine.proxies
    if isinstance(told, Missing):
        return unknown("the engine's proxies", told)
    own = _own_proxy(snapshot)
    engine = told.value.get("https") or told.value.get("http") or ""
    evidence = (
        Evidence("proxy of this session", own or "(none)"),
        Evidence("proxy of the engine", engine or "(none)"),
        Evidence("not through it", told.value.get("none", "(none)")),
    )
    if own and not engine:
        return attention("session_only", *evidence, proxy=own)
    if engine and not own:
        return ok(*evidence, variant="engine_only", proxy=engine)
    if engine:
        return ok(*evidence, variant="both", proxy=engine)
    return ok(*evidence)


def ask_container_proxy(snapshot: Snapshot) -> Answer:
    """Ask whether programs inside containers are told of the proxy, with an address that they can reach."""
    told = snapshot.network.container_proxies
    if isinstance(told, Missing):
        return unknown("proxies for containers in the docker configuration", told)
    own = _own_proxy(snapshot)
    text = ", ".join(f"{name}={value}" for name, value in told.value.items())
    evidence = (
        Evidence("proxies for containers", text or "(none)"),
        Evidence("proxy of this session", own or "(none)"),
    )
    addresses = [value for name, value in told.value.items() if name != "noProxy"]
    local = next((value for value in addresses if _is_loopback(value)), "")
    if local:
        return attention("loopback", *evidence, proxy=local)
    if own and not addresses:
        return attention("absent", *evidence, proxy=own)
    if addresses:
        return ok(*evidence, proxy=addresses[0])
    return ok(*evidence, variant="none")


def _is_loopback(address: str) -> bool:
    host = address.partition("://")[2] or address
    return host.startswith(("localhost", "127.", "[::1]"))


def ask_certificates(snapshot: Snapshot) -> Answer:
    """Ask whether the engine trusts the certificates that were added to this computer, as companies do."""
    network, setup = snapshot.network, snapshot.engine_setup
    if not is_own_docker(snapshot):
        return not_tested("elsewhere")
    if isinstance(network.added_certificates, Missing):
        return unknown("added certificates", network.added_certificates)
    added = network.added_certificates.value
    told = network.registry_certificates
    registries: Mapping[str, tuple[str, ...]] = told.value if isinstance(told, Known) else {}
    named = ", ".join(f"{name}={value}" for name, value in network.certificate_variables.items())
    evidence = (
        seen("added certificates", network.added_certificates),
        Evidence("variables that name certificates", named or "(none)"),
        Evidence("/etc/docker/certs.d", ", ".join(registries) or "(none)"),
    )
    half = next((host for host, names in registries.items() if _lacks_key(names)), "")
    if half:
        return attention("half", *evidence, registry=half)
    changed, started = known_or(network.certificates_modified, 0.0), setup.started
    if added and is_system_docker(snapshot) and isinstance(started, Known) and changed > started.value:
        times = Evidence("bundle changed, engine started (seconds since 1970)", f"{changed:.0f}, {started.value:.0f}")
        return attention("restart", *evidence, times)
    if network.certificate_variables and not added and not registries and not _usual(network.certificate_variables):
        return attention("session_only", *evidence, variable=next(iter(network.certificate_variables)))
    if added:
        return ok(*evidence, variant="added", count=len(added))
    return ok(*evidence)


def _lacks_key(names: tuple[str, ...]) -> bool:
    return any(name.endswith(".cert") and f"{name.removesuffix('.cert')}.key" not in names for name in names)


def _usual(variables: Mapping[str, str]) -> bool:
    # the system's own bundle, named once more
    return all(value.startswith(("/etc/ssl/", "/etc/pki/")) for value in variables.values())


def ask_names(snapshot: Snapshot) -> Answer:
    """Ask whether containers get name servers that they can reach."""
    if not is_own_docker(snapshot):
        return not_tested("elsewhere")
    network = snapshot.network
    config = config_of(snapshot)
    if isinstance(config, Known) and config.value.dns:
        servers = ", ".join(config.value.dns)
        return ok(Evidence(config.value.path, f"dns: {servers}"), variant="set", servers=servers)
    told = network.nameservers
    if isinstance(told, Missing):
        return unknown("/etc/resolv.conf", told)
    evidence = (
        seen("/etc/resolv.conf", told),
        seen("/run/systemd/resolve/resolv.conf", network.upstream_nameservers),
    )
    if not told.value:
        return attention("none", *evidence)
    reachable = [server for server in told.value if not _is_local(server)]
    if reachable:
        return ok(*evidence, servers=", ".join(reachable))
    upstream = [server for server in known_or(network.upstream_nameservers, ()) if not _is_local(server)]
    if upstream:
        return ok(*evidence, variant="resolved", servers=", ".join(upstream))
    return attention("fallback", *evidence, servers=", ".join(told.value))


def _is_local(server: str) -> bool:
    return server.startswith("127.") or server == "::1"


def ask_forwarding(snapshot: Snapshot) -> Answer:
    """Ask whether the kernel hands packets on between containers and the network."""
    if not is_system_docker(snapshot):
        return not_tested("elsewhere")
    told = snapshot.network.forwarding
    if isinstance(told, Missing):
        return unknown("net.ipv4.ip_forward", told)
    evidence = (seen("net.ipv4.ip_forward", told), seen("firewalls", snapshot.network.firewalls))
    return ok(*evidence) if told.value else attention("off", *evidence)


def ask_bridge(snapshot: Snapshot) -> Answer:
    """Ask whether Docker's bridge is there and its addresses are nobody else's."""
    if not is_system_docker(snapshot):
        return not_tested("elsewhere")
    network = snapshot.network
    if isinstance(network.devices, Missing):
        return unknown("network devices", network.devices)
    evidence = (
        seen("network devices", network.devices),
        Evidence("routes", ", ".join(f"{route.network} {route.device}" for route in known_or(network.routes, ()))),
    )
    config = config_of(snapshot)
    own_bridge = isinstance(config, Known) and "bridge" in config.value.keys
    if _BRIDGE not in network.devices.value and not own_bridge:
        return attention("absent", *evidence)
    overlap = _overlap(known_or(network.routes, ()))
    if overlap:
        ours, theirs = overlap
        return attention("overlap", *evidence, ours=ours.network, theirs=theirs.network, device=theirs.device)
    return ok(*evidence)


def _is_docker_device(name: str) -> bool:
    return name.startswith(("docker", "br-", "veth"))


def _overlap(routes: tuple[Route, ...]) -> tuple[Route, Route] | None:
    ours = [route for route in routes if _is_docker_device(route.device)]
    others = [route for route in routes if not _is_docker_device(route.device)]
    for mine in ours:
        for other in others:
            if _overlaps(mine.network, other.network):
                return mine, other
    return None


def _overlaps(one: str, other: str) -> bool:
    try:
        return ipaddress.IPv4Network(one, strict=False).overlaps(ipaddress.IPv4Network(other, strict=False))
    except ValueError:
        # a recorded machine whose addresses were taken out
        return False
