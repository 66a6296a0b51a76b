"""Real registries (the docker-registry program) for tests, in variants, and certificates for them.

Everything listens on loopback only.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

PROGRAM = "docker-registry"
USER, PASSWORD = "captain", "right-horse"
# bcrypt of the password above: the only kind that the registry reads
HTPASSWD = f"{USER}:$2b$04$/7VrJs/jSbZiL0P8b8izruo2vQy3Wn1okpmUvl9/alrz8iqUyr7NO\n"

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
_START_SECONDS = 10


def need_programs() -> None:
    """Skip the test where the registry or openssl is not installed, or fail where an engine is required."""
    missing = [name for name in (PROGRAM, "openssl") if shutil.which(name) is None]
    if not missing:
        return
    if os.environ.get("DRYDOCK_REQUIRE_ENGINE") == "1":
        pytest.fail(f"not installed: {', '.join(missing)}", pytrace=False)
    pytest.skip(f"not installed: {', '.join(missing)}")


@dataclass(frozen=True)
class Certificates:
    """A certificate authority of the tests, and one server certificate by it."""

    authority: Path
    certificate: Path
    key: Path

    def server_context(self, client_authority: Path | None = None) -> ssl.SSLContext:
        """TLS settings of a server; with a client authority it wants a certificate of the client."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        if client_authority is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_authority)
        return context


def make_certificates(folder: Path, *names: str) -> Certificates:
    """Make an authority and a certificate for these host names; 127.0.0.1 and localhost are always among them."""
    folder.mkdir(parents=True, exist_ok=True)
    authority, authority_key = folder / "authority.crt", folder / "authority.key"
    request, certificate, key = folder / "server.csr", folder / "server.crt", folder / "server.key"
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl(
        "req", "-x509", *new_key, "-subj", "/CN=Tests", "-days", "2", "-out", authority, "-keyout", authority_key,
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip
    _openssl("req", "-new", *new_key, "-subj", "/CN=server", "-out", request, "-keyout", key)
    alternatives = ",".join(["IP:127.0.0.1", *(f"DNS:{name}" for name in ("localhost", *names))])
    extensions = folder / "extensions.txt"
    extensions.write_text(f"subjectAltName={alternatives}\nauthorityKeyIdentifier=keyid\n")
    _openssl(
        "x509", "-req", "-in", request, "-CA", authority, "-CAkey", authority_key, "-CAcreateserial", "-days", "2",
        "-extfile", extensions, "-out", certificate,
    )  # fmt: skip
    return Certificates(authority, certificate, key)


@contextlib.contextmanager
def running_registry(
    folder: Path, *, certificates: Certificates | None = None, with_login: bool = False
) -> Iterator[PlainRegistry]:
    """A fresh, empty registry that keeps everything in memory."""
    need_programs()
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    settings: dict[str, Any] = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"inmemory": {}, "delete": {"enabled": True}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    if certificates:
        settings["http"]["tls"] = {"certificate": str(certificates.certificate), "key": str(certificates.key)}
    if with_login:
        (folder / "htpasswd").write_text(HTPASSWD)
        settings["auth"] = {"htpasswd": {"realm": "Tests", "path": str(folder / "htpasswd")}}
    (folder / "registry.json").write_text(json.dumps(settings))
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, "serve", str(folder / "registry.json")], stdout=log, stderr=log, env={"PATH": os.environ["PATH"]}
        )
    try:
        _wait_for(port, process, folder / "registry.log")
        yield PlainRegistry(f"127.0.0.1:{port}", certificates, (USER, PASSWORD) if with_login else None)
    finally:
        process.terminate()
        process.wait(10)


class PlainRegistry:
    """A registry that is pushed to by hand, manifest by manifest."""

    def __init__(self, address: str, certificates: Certificates | None, login: tuple[str, str] | None) -> None:
        self.address = address
        self._certificates = certificates
        self._login = login

    def __str__(self) -> str:
        return self.address

    def put_blob(self, repository: str, body: bytes, media_type: str) -> dict[str, Any]:
        """Upload a blob and return its descriptor."""
        digest = digest_of(body)
        _, begun = self._send("POST", f"/v2/{repository}/blobs/uploads/")
        location = begun["location"].split(self.address, 1)[-1]
        joint = "&" if "?" in location else "?"
        self._send("PUT", f"{location}{joint}digest={digest}", body, "application/octet-stream")
        return {"mediaType": media_type, "size": len(body), "digest": digest}

    def put_manifest(self, repository: str, tag: str, content: dict[str, Any], media_type: str) -> dict[str, Any]:
        """Push a manifest under a tag (or its digest) and return its descriptor."""
        body = json.dumps(content).encode()
        digest = digest_of(body)
        self._send("PUT", f"/v2/{repository}/manifests/{tag or digest}", body, media_type)
        return {"mediaType": media_type, "size": len(body), "digest": digest}

    def get_manifest(self, repository: str, reference: str) -> dict[str, Any]:
        """Read a manifest back."""
        body, _ = self._send("GET", f"/v2/{repository}/manifests/{reference}", accept=OCI_MANIFEST)
        return cast("dict[str, Any]", json.loads(body))

    def put_image(
        self,
        repository: str,
        tag: str = "",
        *,
        platform: str = "linux/amd64",
        config: Mapping[str, Any] | None = None,
        layers: tuple[bytes, ...] = (b"one", b"two"),
        oci: bool = True,
    ) -> dict[str, Any]:
        """Push a whole image; its descriptor comes back, with the platform."""
        operating_system, architecture, variant = [*platform.split("/"), ""][:3]
        content = configuration(platform, config or {}, layers)
        blobs = [self.put_blob(repository, layer, OCI_LAYER) for layer in layers]
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST if oci else DOCKER_MANIFEST,
            "config": self.put_blob(repository, content, OCI_CONFIG if oci else DOCKER_CONFIG),
            "layers": blobs,
        }
        descriptor = self.put_manifest(repository, tag, manifest, manifest["mediaType"])
        named = {"os": operating_system, "architecture": architecture, **({"variant": variant} if variant else {})}
        return {**descriptor, "platform": named}

    def put_index(self, repository: str, tag: str, entries: list[dict[str, Any]], *, oci: bool = True) -> str:
        """Push an index of images and return its digest."""
        media_type = OCI_INDEX if oci else DOCKER_LIST
        content = {"schemaVersion": 2, "mediaType": media_type, "manifests": entries}
        return str(self.put_manifest(repository, tag, content, media_type)["digest"])

    def _send(
        self, method: str, path: str, body: bytes = b"", kind: str = "", accept: str = ""
    ) -> tuple[bytes, dict[str, str]]:
        host, port = self.address.split(":")
        if self._certificates:
            context = ssl.create_default_context(cafile=str(self._certificates.authority))
            connection = http.client.HTTPSConnection(host, int(port), timeout=10, context=context)
        else:
            connection = http.client.HTTPConnection(host, int(port), timeout=10)
        headers = {name: value for name, value in (("Content-Type", kind), ("Accept", accept)) if value}
        if self._login:
            headers["Authorization"] = basic(*self._login)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status >= 300:
                raise AssertionError(f"{method} {path}: {answer.status} {text!r}")
            return text, {name.lower(): value for name, value in answer.getheaders()}


def configuration(platform: str, config: Mapping[str, Any], layers: tuple[bytes, ...] = ()) -> bytes:
    """The configuration of an image, as it is stored."""
    operating_system, architecture, variant = [*platform.split("/"), ""][:3]
    content: dict[str, Any] = {
        "architecture": architecture,
        "os": operating_system,
        "created": "2025-06-01T00:00:00Z",
        "config": dict(config),
        "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]},
        "history": [{"created_by": f"step {place}"} for place, _ in enumerate(layers)],
    }
    if variant:
        content["variant"] = variant
    return json.dumps(content).encode()


def digest_of(body: bytes) -> str:
    """The digest by which a registry knows something."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def basic(user: str, password: str) -> str:
    """An Authorization header."""
    import base64

    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _openssl(*arguments: str | Path) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"{PROGRAM} did not come up: {log.read_text(errors='replace')[-2000:]}")
