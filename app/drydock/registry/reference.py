"""Image references: which registry, which repository, which tag or digest. Pure.

The grammar is that of the distribution project's reference package, which Docker and Podman share.
"""

import re

import msgspec

from drydock.core.trouble import Trouble

HUB = "docker.io"
"""How references name Docker Hub."""
HUB_HOST = "registry-1.docker.io"
"""The host that answers for Docker Hub."""
NAME_LIMIT = 255
"""Longest repository name, host included."""

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?")
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_HEX_ID = re.compile(r"[0-9a-f]{64}")
_SHOWN = 200


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """An image reference, taken apart.

    Attributes:
        text: as it was written.
        domain: registry as references name it: ``docker.io``, or host and port.
        path: repository in that registry, such as ``library/ubuntu``.
        tag: empty where only a digest was given; ``latest`` where neither was.
        digest: such as ``sha256:…``, or empty; it counts before the tag.
    """

    text: str
    domain: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def host(self) -> str:
        """Host (and port) that answers for the registry."""
        return HUB_HOST if self.domain == HUB else self.domain

    @property
    def on_hub(self) -> bool:
        """Whether the image is Docker Hub's."""
        return self.domain == HUB

    @property
    def wanted(self) -> str:
        """What to ask the registry for: the digest where there is one, else the tag."""
        return self.digest or self.tag


def parse_reference(text: str) -> Reference:
    """Take an image reference apart.

    Raises:
        Trouble: ``image-name-invalid``, with the part that is wrong.
    """
    name, tag, digest = _split(text)
    if _HEX_ID.fullmatch(name):
        raise _invalid(text, "64 hexadecimal digits are the ID of an image, not its name")
    domain, path = _normalised(name)
    if not _DOMAIN.fullmatch(domain) or not _valid_port(domain):
        raise _invalid(text, f"'{domain[:_SHOWN]}' cannot be a registry's address")
    if not path:
        raise _invalid(text, "the name of the image is missing")
    if not _PATH.fullmatch(path):
        raise _invalid(text, _what_is_wrong(path))
    if len(domain) + 1 + len(path) > NAME_LIMIT:
        raise _invalid(text, f"names are at most {NAME_LIMIT} characters long")
    if not tag and not digest:
        tag = "latest"
    return Reference(text=text, domain=domain, path=path, tag=tag, digest=digest)


def valid_digest(text: str) -> bool:
    """Whether this is a digest that can be checked."""
    return _DIGEST.fullmatch(text) is not None


def valid_tag(text: str) -> bool:
    """Whether this can be a tag."""
    return _TAG.fullmatch(text) is not None


def _split(text: str) -> tuple[str, str, str]:
    name, at, digest = text.partition("@")
    if at and not valid_digest(digest):
        raise _invalid(text, f"'{digest[:_SHOWN]}' is not a sha256 or sha512 digest")
    # a colon before the last slash belongs to the registry's port
    before, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    if colon and not valid_tag(tag):
        raise _invalid(text, f"'{tag[:_SHOWN]}' cannot be a tag")
    return before + slash + last, tag, digest


def _normalised(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    # Docker's rule for what is a host and what is a part of the name
    if not slash or not (set(first) & {".", ":"} or first == "localhost" or first != first.lower()):
        domain, path = HUB, name
    else:
        domain, path = first, rest
    if domain == "index.docker.io":
        domain = HUB
    if domain == HUB and path and "/" not in path:
        path = f"library/{path}"
    return domain, path


def _valid_port(domain: str) -> bool:
    port = domain.rpartition("]")[2].rpartition(":")[2] if ":" in domain.rpartition("]")[2] else ""
    return not port or 0 < int(port) < 65536


def _what_is_wrong(path: str) -> str:
    if path != path.lower():
        return "names are written in small letters"
    return f"'{path[:_SHOWN]}' has characters, or an order of them, that names cannot have"


def _invalid(text: str, why: str) -> Trouble:
    return Trouble("image-name-invalid", reference=text[:_SHOWN], text=why)
