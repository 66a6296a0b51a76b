"""What the engine says of how it reaches registries. Pure."""

from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

import msgspec

from drydock.core.facts import RegistryRules

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# names that only the inside of Docker Desktop's virtual machine knows
_INNER_NAMES = ".docker.internal"
# how the engine writes a name and a password that it does not tell
_REDACTED = "xxxxx"


class Index(msgspec.Struct, rename="pascal", frozen=True):
    """A registry that the engine has rules for."""

    name: str = ""
    mirrors: tuple[str, ...] | None = None
    secure: bool = True


class RegistryConfig(msgspec.Struct, rename="pascal", frozen=True):
    """``RegistryConfig`` of ``/info``."""

    mirrors: tuple[str, ...] | None = None
    index_configs: dict[str, Index | None] | None = None
    insecure_registry_networks: tuple[str, ...] | None = msgspec.field(default=None, name="InsecureRegistryCIDRs")


class RegistryInfo(msgspec.Struct, rename="pascal", frozen=True):
    """The part of ``/info`` about registries; of another shape in Podman, which tells less."""

    registry_config: RegistryConfig | None = None
    http_proxy: str | None = None
    https_proxy: str | None = None
    no_proxy: str | None = None


def rules_of(answer: object, *, remote: bool) -> RegistryRules:
    """Return how the engine reaches registries, as far as it tells, and as far as it is of use on this computer.

    Args:
        answer: of ``/info``.
        remote: the engine runs on another computer, whose loopback addresses lead elsewhere here.
    """
    try:
        info = msgspec.convert(answer, RegistryInfo, strict=False)
    except msgspec.ValidationError:
        # the part that has a shape of its own is left out
        info = _proxies_alone(answer)
    config = info.registry_config or RegistryConfig()
    indexes = config.index_configs or {}
    hub = indexes.get("docker.io")
    mirrors = config.mirrors or (hub.mirrors if hub else None) or ()
    insecure = (*(name for name, index in indexes.items() if index and not index.secure), *_networks(config))
    proxies = {"http": info.http_proxy, "https": info.https_proxy}
    used = {scheme: url for scheme, url in proxies.items() if url and _usable(url, remote=remote)}
    if used and info.no_proxy:
        used["no"] = info.no_proxy
    return RegistryRules(
        mirrors=tuple(dict.fromkeys(url for url in mirrors if _usable(url, remote=remote))),
        insecure=tuple(dict.fromkeys(insecure)),
        proxies=used,
    )


def _networks(config: RegistryConfig) -> tuple[str, ...]:
    return config.insecure_registry_networks or ()


def _usable(url: str, *, remote: bool) -> bool:
    if _REDACTED in url:
        return False
    try:
        host = urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        return False
    if not host or host.endswith(_INNER_NAMES):
        return False
    return not (remote and (host in _LOOPBACK or host.startswith("127.")))


def _proxies_alone(answer: object) -> RegistryInfo:
    fields = cast("Mapping[str, object]", answer if isinstance(answer, dict) else {})

    def text(name: str) -> str:
        value = fields.get(name)
        return value if isinstance(value, str) else ""

    return RegistryInfo(http_proxy=text("HttpProxy"), https_proxy=text("HttpsProxy"), no_proxy=text("NoProxy"))
