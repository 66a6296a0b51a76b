"""Which servers hold an image, and how each of them may be asked. Pure."""

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import msgspec

from drydock.core.facts import RegistryRules
from drydock.registry.reference import Reference
from drydock.registry.routes import is_insecure


class Server(msgspec.Struct, frozen=True):
    """A registry or a mirror of one.

    Attributes:
        host: with port where one is written.
        schemes: to try, in this order.
        verified: whether its certificate must be trusted.
        login_name: what a login for it is kept under.
    """

    host: str
    schemes: tuple[str, ...]
    verified: bool
    login_name: str


def registry_of(reference: Reference, rules: RegistryRules, resolve: Callable[[str], Iterable[str]]) -> Server:
    """Return the registry that a reference names.

    Args:
        reference: of an image or a repository.
        rules: the engine's.
        resolve: addresses of a name.
    """
    insecure = not reference.on_hub and is_insecure(reference.host, rules.insecure, resolve)
    schemes = ("https", "http") if insecure else ("https",)
    return Server(reference.host, schemes, not insecure, reference.domain)


def mirrors_of(
    reference: Reference, rules: RegistryRules, resolve: Callable[[str], Iterable[str]]
) -> tuple[Server, ...]:
    """Return the mirrors to ask before the registry; only Docker Hub has any."""
    if not reference.on_hub:
        return ()
    found: list[Server] = []
    for address in rules.mirrors:
        try:
            parts = urlsplit(address if "://" in address else f"https://{address}")
            usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            continue
        if not usable:
            continue
        host = parts.netloc.rpartition("@")[2]
        # a mirror never gets the login of the registry it mirrors
        found.append(Server(host, (parts.scheme,), not is_insecure(host, rules.insecure, resolve), host))
    return tuple(found)
