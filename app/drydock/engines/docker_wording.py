"""How engines and registries word what goes wrong, by trouble. Pure.

Seen in Docker Engine 20.10, 26 and 28 (both image stores) and Podman 4 and 5. The first pattern that is found decides,
so the narrower ones come first.
"""

import re
from typing import Literal, TypeAlias

Doing: TypeAlias = Literal["engine", "image", "registry", "pull", "build", "load", "create", "container"]
"""What was being done."""

Wording: TypeAlias = tuple[tuple[str, re.Pattern[str]], ...]


def _table(*rows: tuple[str, tuple[str, ...]]) -> Wording:
    return tuple((trouble_id, re.compile("|".join(patterns), re.IGNORECASE)) for trouble_id, patterns in rows)


_ANY = _table(
    ("disk-full", ("no space left on device", "disk quota exceeded")),
    (
        "image-name-invalid",
        ("invalid reference format", "invalid repository name", "invalid tag format", "no host in request url"),
    ),
)

_REGISTRY = _table(
    # Docker Hub says the same of a private repository and of one that does not exist
    ("image-not-found", ("repository does not exist or may require", "pull access denied")),
    ("registry-proxy", ("proxyconnect", "proxy authentication required", "407 proxy")),
    ("registry-rate-limit", ("toomanyrequests", "too many requests", "pull rate limit")),
    (
        "registry-auth",
        (
            "unauthorized",
            "authentication required",
            "no basic auth credentials",
            "insufficient_scope",
            "denied:",
            "403 forbidden",
            "access to the resource is denied",
        ),
    ),
    (
        "platform-missing",
        (
            "no matching manifest for",
            "does not match the specified platform",
            "no match for platform in manifest",
            "no image found in (image index|manifest list) for",
        ),
    ),
    (
        "image-not-found",
        ("manifest unknown", "name unknown", "manifest for .* not found", "repository .* not found", ": not found$"),
    ),
    (
        "pull-corrupt",
        (
            "verification failed for digest",
            "unexpected commit digest",
            "digest mismatch",
            "invalid checksum",
            "checksum mismatch",
        ),
    ),
    (
        "registry-tls",
        (
            "x509:",
            "certificate (signed by unknown|has expired|is not)",
            "gave HTTP response to HTTPS client",
            "tls: (bad|failed|unknown|handshake failure)",
            "first record does not look like a TLS handshake",
        ),
    ),
    (
        "registry-unreachable",
        (
            "dial tcp",
            "no such host",
            "connection refused",
            "i/o timeout",
            "network is unreachable",
            "no route to host",
            "handshake timeout",
            "server misbehaving",
            r"client\.timeout",
            "context deadline exceeded",
            "request canceled while waiting",
            "pinging container registry",
        ),
    ),
    (
        "pull-interrupted",
        ("unexpected eof", r": eof\b", "connection reset", "broken pipe", "context canceled", "short read"),
    ),
    ("registry-error", ("unexpected http status", "unexpected status", r"50\d (internal|bad|service|gateway)")),
)

_CONTAINER = _table(
    (
        "cdi-device-missing",
        (
            "unresolvable cdi devices",
            "cdi device injection",
            'could not select device driver "?cdi"?',
            "failed to inject (cdi )?devices",
            "setting up cdi devices",
        ),
    ),
    (
        "gpu-runtime-missing",
        (
            "could not select device driver",
            "unknown runtime specified",
            "unknown or invalid runtime name",
            r"nvidia-container[a-z-]*\W.*(executable file not found|no such file or directory)",
        ),
    ),
    (
        "gpu-runtime-failed",
        ("nvidia-container-cli", "nvidia-container-runtime", "error running .*hook", "nvml error"),
    ),
    (
        "port-taken",
        (
            "port is already allocated",
            "address already in use",
            "ports are not available",
            "failed to bind (host )?port",
        ),
    ),
    ("name-taken", ("name .*already in use", "name .* is in use")),
    ("image-not-found", ("no such image", "image not known", "failed to find image")),
    (
        "mount-source-missing",
        (
            "bind source path does not exist",
            "mounts denied",
            "invalid mount (config|path)",
            "statfs .*no such file",
        ),
    ),
    (
        "container-not-found",
        (
            "no such container",
            "no container with name or id",
            "marked for removal",
            "removal of container .* is already in progress",
        ),
    ),
    (
        "program-not-in-image",
        ("executable file not found", "exec: .*(no such file or directory|permission denied)", "exec format error"),
    ),
    (
        "container-not-running",
        ("is not running", "can only create exec sessions on running", "container state improper"),
    ),
)

_IMAGE = _table(
    (
        "image-in-use",
        ("image is being used", "image is in use", "has dependent child", "must be forced", "must force"),
    ),
    ("image-not-found", ("no such image", "image not known", "not found")),
)

# this text quotes the failing command, whose words must not be taken for the engine's
_FAILED_STEP = _table(("build-failed", ("returned a non-zero code", "while running runtime: exit status")))

WORDING: dict[Doing, Wording] = {
    "engine": _ANY,
    "image": _ANY + _IMAGE,
    "registry": _ANY + _REGISTRY,
    "pull": _ANY + _REGISTRY,
    "build": _FAILED_STEP + _ANY + _REGISTRY,
    "load": _ANY[:1],
    "create": _ANY + _CONTAINER,
    "container": _ANY + _CONTAINER,
}
