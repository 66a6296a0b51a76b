"""Facts about this computer's network, as far as containers and pulls depend on it; nothing outside is asked."""

from collections.abc import Mapping

import msgspec

from drydock.core.facts.fact import Fact, Missing

_NOT_ASKED = Missing("not_asked")


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A network that is reached through a device, such as ``172.17.0.0/16`` through ``docker0``."""

    device: str
    network: str


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """The network's settings.

    Attributes:
        nameservers: of /etc/resolv.conf; ``upstream_nameservers`` those that systemd-resolved itself asks.
        forwarding: whether the kernel hands IPv4 packets on between devices.
        devices: names of network devices.
        firewalls: those that are switched on, ``ufw`` or ``firewalld``.
        container_proxies: what the docker configuration gives every container, without passwords.
        certificate_variables: variables of this process that name certificates, such as SSL_CERT_FILE.
        added_certificates: files of certificates that were added to the system's own.
        certificates_modified: when the system's bundle of certificates was last written, seconds since 1970.
        registry_certificates: registry → names of the files kept for it under /etc/docker/certs.d.
    """

    nameservers: Fact[tuple[str, ...]] = _NOT_ASKED
    upstream_nameservers: Fact[tuple[str, ...]] = _NOT_ASKED
    forwarding: Fact[bool] = _NOT_ASKED
    devices: Fact[tuple[str, ...]] = _NOT_ASKED
    routes: Fact[tuple[Route, ...]] = _NOT_ASKED
    firewalls: Fact[tuple[str, ...]] = _NOT_ASKED
    container_proxies: Fact[Mapping[str, str]] = _NOT_ASKED
    certificate_variables: Mapping[str, str] = {}
    added_certificates: Fact[tuple[str, ...]] = _NOT_ASKED
    certificates_modified: Fact[float] = _NOT_ASKED
    registry_certificates: Fact[Mapping[str, tuple[str, ...]]] = _NOT_ASKED
