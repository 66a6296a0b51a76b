"""What an image build must be handed on this machine's network: proxy, package index, extra certificates."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.engine.state import EngineTrouble

# where the certificate bundle lies in the build's context, and where a Dockerfile should copy it
CONTEXT_CERTIFICATES = "ca-certificates.crt"
IMAGE_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_BUNDLE_VARIABLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
_INDEX_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")


@dataclass(frozen=True)
class BuildNetworkSettings:
    """Settings for one build; everything is empty on a network without peculiarities.

    Attributes:
        build_args: build argument -> value. The proxy ones are predefined in every Dockerfile; the others
            (``PIP_…``, ``SSL_CERT_FILE``) take effect only where the Dockerfile names them with ``ARG``.
        files: name in the build context -> content. The certificates, when there are any, are to be copied to
            ``IMAGE_CERTIFICATES`` before the first step that uses the network.
    """

    build_args: dict[str, str] = field(default_factory=dict[str, str])
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])

    @property
    def dockerfile_lines(self) -> list[str]:
        """Lines that make the settings take effect, to stand right after ``FROM``."""
        named = sorted(name for name in self.build_args if name.upper() not in _PROXY_VARIABLES)
        copied = [f"COPY {CONTEXT_CERTIFICATES} {IMAGE_CERTIFICATES}"] if self.files else []
        return copied + [f"ARG {name}" for name in named]


def build_network_settings(environment: Mapping[str, str] | None = None) -> BuildNetworkSettings:
    """Read the settings from the environment variables that pip, curl and Docker themselves obey.

    Args:
        environment: variables to read instead of this process's own.

    Raises:
        EngineTrouble: a variable names a certificate bundle that cannot be read.
    """
    variables = os.environ if environment is None else environment
    build_args = {
        spelling: variables[spelling]
        for name in _PROXY_VARIABLES
        for spelling in (name, name.lower())
        if variables.get(spelling)
    }
    for name in _INDEX_VARIABLES:
        reachable = [url for url in variables.get(name, "").split() if urlsplit(url).scheme in ("http", "https")]
        if reachable:
            build_args[name] = " ".join(reachable)
    if variables.get("PIP_TRUSTED_HOST"):
        build_args["PIP_TRUSTED_HOST"] = variables["PIP_TRUSTED_HOST"]
    bundle = next((variables[name] for name in _BUNDLE_VARIABLES if variables.get(name)), None)
    if bundle is None:
        return BuildNetworkSettings(build_args)
    try:
        certificates = Path(bundle).read_bytes()
    except OSError as error:
        raise EngineTrouble(f"the environment names the certificate bundle {bundle}: {error.strerror}") from error
    build_args |= {"PIP_CERT": IMAGE_CERTIFICATES, "SSL_CERT_FILE": IMAGE_CERTIFICATES}
    return BuildNetworkSettings(build_args, {CONTEXT_CERTIFICATES: certificates})
