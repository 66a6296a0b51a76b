"""This computer's network as far as containers and pulls depend on it. Nothing outside this computer is asked."""

import json
from collections.abc import Mapping
from typing import Any, cast

from drydock.core.facts import Fact, Known, Missing
from drydock.core.facts.network import Network, Route
from drydock.core.redact import without_login
from drydock.engines.endpoint import docker_directory
from drydock.world import World

_CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
_ADDED_CERTIFICATES = (
    "/usr/local/share/ca-certificates",
    "/etc/pki/ca-trust/source/anchors",
    "/etc/pki/trust/anchors",
    "/etc/ca-certificates/trust-source/anchors",
)
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
)
_REGISTRY_CERTIFICATES = "/etc/docker/certs.d"
_FIREWALLD = (
    "/sys/fs/cgroup/system.slice/firewalld.service",
    "/sys/fs/cgroup/systemd/system.slice/firewalld.service",
)
_MOST = 200

_NOWHERE = Missing("not_applicable")


def collect_network(world: World) -> Network:
    """Collect name servers, forwarding, devices, routes, firewalls, proxies of containers and added certificates."""
    present = world.environment()
    variables = {name: present[name] for name in _CERTIFICATE_VARIABLES if present.get(name)}
    if world.system() != "linux":
        return Network(
            nameservers=_NOWHERE,
            upstream_nameservers=_NOWHERE,
            forwarding=_NOWHERE,
            devices=_NOWHERE,
            routes=_NOWHERE,
            firewalls=_NOWHERE,
            container_proxies=_container_proxies(world),
            certificate_variables=variables,
            added_certificates=_NOWHERE,
            certificates_modified=_NOWHERE,
            registry_certificates=_NOWHERE,
        )
    return Network(
        nameservers=_nameservers(world, "/etc/resolv.conf"),
        upstream_nameservers=_nameservers(world, "/run/systemd/resolve/resolv.conf"),
        forwarding=_forwarding(world),
        devices=_devices(world),
        routes=_routes(world),
        firewalls=_firewalls(world),
        container_proxies=_container_proxies(world),
        certificate_variables=variables,
        added_certificates=_added_certificates(world),
        certificates_modified=_certificates_modified(world),
        registry_certificates=_registry_certificates(world),
    )


def _nameservers(world: World, path: str) -> Fact[tuple[str, ...]]:
    text = world.read_text(path, 1 << 16)
    return Known(parse_nameservers(text.value)) if isinstance(text, Known) else text


def parse_nameservers(text: str) -> tuple[str, ...]:
    """Return the addresses of a resolv.conf."""
    lines = (line.split() for line in text.splitlines())
    return tuple(words[1] for words in lines if len(words) > 1 and words[0] == "nameserver")


def _forwarding(world: World) -> Fact[bool]:
    text = world.read_text("/proc/sys/net/ipv4/ip_forward", 16)
    return Known(text.value.strip() == "1") if isinstance(text, Known) else text


def _devices(world: World) -> Fact[tuple[str, ...]]:
    # /sys shows the devices of the network namespace that it was mounted in; this file those of the reader's own
    text = world.read_text("/proc/net/dev", 1 << 18)
    if isinstance(text, Missing):
        return text
    names = (line.partition(":")[0].strip() for line in text.value.splitlines() if ":" in line)
    return Known(tuple(sorted(names)))


def _routes(world: World) -> Fact[tuple[Route, ...]]:
    text = world.read_text("/proc/net/route", 1 << 18)
    return Known(parse_routes(text.value)) if isinstance(text, Known) else text


def parse_routes(text: str) -> tuple[Route, ...]:
    """Read ``/proc/net/route``: networks that a device leads to. Default routes and single hosts are left out."""
    found: list[Route] = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        try:
            target, mask = (int.from_bytes(bytes.fromhex(fields[place]), "little") for place in (1, 7))
        except (ValueError, IndexError):
            continue
        if 0 < mask < 0xFFFFFFFF and len(found) < _MOST:
            dotted = ".".join(str(target >> shift & 255) for shift in (24, 16, 8, 0))
            found.append(Route(device=fields[0], network=f"{dotted}/{mask.bit_count()}"))
    return tuple(found)


def _firewalls(world: World) -> Fact[tuple[str, ...]]:
    found: list[str] = []
    text = world.read_text("/etc/ufw/ufw.conf", 1 << 14)
    if isinstance(text, Known):
        lines = (line.strip().lower() for line in text.value.splitlines())
        found += ["ufw"] if "enabled=yes" in lines else []
    elif text.why != "absent":
        return text
    found += ["firewalld"] if any(isinstance(world.list_directory(path), Known) for path in _FIREWALLD) else []
    return Known(tuple(found))


def _container_proxies(world: World) -> Fact[Mapping[str, str]]:
    text = world.read_text(f"{docker_directory(world)}/config.json")
    if isinstance(text, Missing):
        return Known({}) if text.why == "absent" else text
    try:
        tree: Any = json.loads(text.value)
        default: Any = tree["proxies"]["default"]
        items = cast("dict[str, object]", default).items()
    except (ValueError, RecursionError) as error:
        return Missing("failed", str(error)[:200])
    except (KeyError, TypeError, AttributeError):
        return Known({})
    return Known({name: without_login(value) for name, value in items if isinstance(value, str) and value})


def _added_certificates(world: World) -> Fact[tuple[str, ...]]:
    found: list[str] = []
    for directory in _ADDED_CERTIFICATES:
        names = world.list_directory(directory)
        if isinstance(names, Known):
            found += [f"{directory}/{name}" for name in names.value if name.endswith((".crt", ".pem", ".cer"))]
    return Known(tuple(found[:_MOST]))


def _certificates_modified(world: World) -> Fact[float]:
    for path in _BUNDLES:
        status = world.file_status(path)
        if isinstance(status, Known):
            return Known(status.value.modified)
    return Missing("absent")


def _registry_certificates(world: World) -> Fact[Mapping[str, tuple[str, ...]]]:
    hosts = world.list_directory(_REGISTRY_CERTIFICATES)
    if isinstance(hosts, Missing):
        return Known({}) if hosts.why == "absent" else hosts
    found: dict[str, tuple[str, ...]] = {}
    for host in hosts.value[:_MOST]:
        names = world.list_directory(f"{_REGISTRY_CERTIFICATES}/{host}")
        if isinstance(names, Known):
            found[host] = names.value
    return Known(found)
