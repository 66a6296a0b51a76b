"""How a host is reached: whether without a trusted certificate, and through which proxy. Pure."""

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import unquote, urlsplit

import msgspec

from drydock.core.facts import RegistryRules

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Proxy(msgspec.Struct, frozen=True):
    """A proxy; ``address`` never holds the login, which is in ``username`` and ``password``."""

    address: str
    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Proxy({self.address!r})"


class BadProxy(ValueError):  # noqa: N818 - caught and turned into a Trouble by the caller
    """The proxy in the settings cannot be used; the text says why, without its login."""


def is_insecure(host: str, insecure: Iterable[str], resolve: Callable[[str], Iterable[str]]) -> bool:
    """Whether a registry may be asked without TLS or with an unknown certificate, by the engine's rules.

    Args:
        host: with port where one is written.
        insecure: hosts (with port) and networks.
        resolve: addresses of a name, empty when it has none; asked only when there are networks to compare with.
    """
    name, _ = split_port(host)
    if is_loopback(name):
        return True
    networks = [network for entry in insecure if (network := _network(entry))]
    if host.lower() in {entry.lower() for entry in insecure}:
        return True
    if not networks:
        return False
    address = _address(name)
    found = (address,) if address else tuple(item for text in resolve(name) if (item := _address(text)))
    return any(item in network for item in found for network in networks if item.version == network.version)


def is_loopback(name: str) -> bool:
    """Whether a host (without port) is this computer."""
    name = name.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    return address is not None and address.is_loopback


def proxy_for(url: str, rules: RegistryRules, variables: Mapping[str, str]) -> Proxy | None:
    """Return the proxy to an address, None for the direct way.

    The engine's settings count where it tells any, else the user's variables.

    Raises:
        BadProxy: the settings name one that cannot be used.
    """
    settings = rules.proxies if rules.proxies.get("http") or rules.proxies.get("https") else _of_user(variables)
    parts = urlsplit(url)
    name = parts.hostname or ""
    chosen = settings.get(parts.scheme, "").strip()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not chosen or is_loopback(name) or _exempt(name, port, settings.get("no", "")):
        return None
    return _parse(chosen)


def split_port(host: str) -> tuple[str, int | None]:
    """Split ``host:port``; IPv6 addresses stand in brackets there, and come back without."""
    if host.startswith("["):
        name, _, rest = host[1:].partition("]")
        port = rest.removeprefix(":")
    else:
        name, colon, port = host.rpartition(":")
        if not colon:
            name, port = host, ""
    return name, int(port) if port.isascii() and port.isdigit() else None


def _of_user(variables: Mapping[str, str]) -> dict[str, str]:
    def read(name: str) -> str:
        return variables.get(name) or variables.get(name.upper()) or ""

    everything = read("all_proxy")
    return {
        "http": read("http_proxy") or everything,
        "https": read("https_proxy") or everything,
        "no": read("no_proxy"),
    }


def _exempt(name: str, port: int, no_proxy: str) -> bool:
    return any(_matches(name.lower().rstrip("."), port, entry) for entry in no_proxy.replace(" ", ",").split(","))


def _matches(name: str, port: int, entry: str) -> bool:
    entry = entry.strip().lower()
    if not entry:
        return False
    if entry == "*":
        return True
    address, network = _address(name), _network(entry)
    if network:
        return address is not None and address.version == network.version and address in network
    if _address(entry):
        return address == _address(entry)
    entry_name, entry_port = split_port(entry)
    if entry_port is not None and entry_port != port:
        return False
    if address or _address(entry_name):
        return address is not None and address == _address(entry_name)
    bare = entry_name.removeprefix("*").removeprefix(".").rstrip(".")
    # a leading dot (or star) leaves the bare name itself out
    return bool(bare) and (name.endswith(f".{bare}") or (name == bare and entry_name.rstrip(".") == bare))


def _parse(text: str) -> Proxy:
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadProxy("the proxy setting is not an address") from None
    shown = f"{parts.scheme}://{f'[{name}]' if ':' in name else name}"
    if parts.scheme not in {"http", "https"}:
        raise BadProxy(f"the proxy {shown} is of a kind that cannot be used here; HTTP proxies can")
    if not name or port == 0:
        raise BadProxy("the proxy setting is not an address")
    address = f"{shown}:{port or (443 if parts.scheme == 'https' else 80)}"
    return Proxy(address, unquote(parts.username or ""), unquote(parts.password or ""))


def _address(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if "/" not in text:
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
