"""The images of the tests, made here without any image registry, and the engine's cache of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import docker
import docker.errors
from tests.support.engine.layers import DebianLayer, Layer, TorchLayer, layer_file, layer_key
from tests.support.engine.state import EngineState

RECIPE_LABEL = "drydock-test.recipe"
TORCH_VERSION = "2.13.0"
CREATED = "2025-01-01T00:00:00Z"
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LOAD_SECONDS = 300
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Recipe:
    """How an image is made.

    Attributes:
        reference: repository and tag that the finished image gets.
        layers: from the bottom up.
        environment: variables of its containers.
        command: what a container runs unless told otherwise.
        folder: where it runs.
    """

    reference: str
    layers: tuple[Layer, ...]
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": _SYSTEM_PATH})
    command: tuple[str, ...] = ("/bin/sh",)
    folder: str = "/"

    @property
    def key(self) -> str:
        """Changes whenever anything of the recipe does."""
        parts = [[layer_key(layer) for layer in self.layers], self.environment, self.command, self.folder]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def config(self) -> dict[str, Any]:
        """The ``config`` object of the image's OCI configuration."""
        return {
            "Env": [f"{name}={value}" for name, value in self.environment.items()],
            "Cmd": list(self.command),
            "WorkingDir": self.folder,
            "Labels": {RECIPE_LABEL: self.key},
        }


@dataclass(frozen=True)
class TestImage:
    """An image that the private engine holds.

    Attributes:
        reference: its name, as ``docker run`` takes it.
        id: digest of its configuration, ``sha256:…``.
        size_bytes: size on disk, uncompressed.
        recipe: what it was made from.
    """

    __test__ = False

    reference: str
    id: str
    size_bytes: int
    recipe: Recipe


_BUSYBOX = """set -e
cd "$1"
mkdir -p bin etc root home var/tmp
[ -e bin/busybox ] || cp usr/bin/busybox bin/busybox
for name in $(bin/busybox --list); do [ -e "bin/$name" ] || ln -s busybox "bin/$name"; done
printf 'root:x:0:0:root:/root:/bin/sh\\nnobody:x:65534:65534:nobody:/:/bin/sh\\n' > etc/passwd
printf 'root:x:0:\\nnogroup:x:65534:\\n' > etc/group
chmod 1777 tmp var/tmp
rm -rf usr/share/doc usr/share/man usr/share/locale usr/share/lintian usr/share/initramfs-tools
"""
_PYTHON_LINKS = """
ln -sf python3.11 usr/bin/python3
ln -sf python3.11 usr/bin/python
rm -rf usr/lib/x86_64-linux-gnu/gconv usr/bin/dpkg* usr/share/dpkg usr/share/perl5
"""

TINY = Recipe("drydock-test/tiny:latest", (DebianLayer("extract", ("busybox-static",), _BUSYBOX),))
PYTHON = Recipe(
    "drydock-test/python:latest",
    (
        DebianLayer(
            "extract",
            ("busybox-static", "python3.11-minimal", "libpython3.11-stdlib", "zlib1g"),
            _BUSYBOX + _PYTHON_LINKS,
        ),
    ),
)
# plays pytorch/pytorch:*-runtime: torch in the system's Python, its variables, and neither Jupyter, sshd nor a compiler
TORCH = Recipe(
    f"drydock-test/pytorch-cpu:{TORCH_VERSION}-cpu-runtime",
    (
        DebianLayer(
            "minbase",
            ("ca-certificates", "libgomp1", "libstdc++6", "python-is-python3", "python3", "python3-pip"),
            'rm -rf "$1"/var/cache/apt/*.bin "$1"/var/log/* && mkdir -p "$1"/workspace',
        ),
        TorchLayer((f"torch=={TORCH_VERSION}+cpu", "numpy")),
    ),
    environment={
        "PATH": f"/usr/local/nvidia/bin:/usr/local/cuda/bin:{_SYSTEM_PATH}",
        "LD_LIBRARY_PATH": "/usr/local/nvidia/lib:/usr/local/nvidia/lib64",
        "NVIDIA_VISIBLE_DEVICES": "all",
        "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
        "PYTORCH_VERSION": TORCH_VERSION,
    },
    command=("/bin/bash",),
    folder="/workspace",
)
RECIPES = (TINY, PYTHON, TORCH)


def ensure(state: EngineState, recipe: Recipe) -> TestImage:
    """The image of ``recipe``, made and loaded only when the engine does not hold exactly that.

    Raises:
        EngineTrouble: a layer could not be made.
        docker.errors.APIError: the engine refused the image.
    """
    with (
        state.locked("images", wait_seconds=900),
        contextlib.closing(docker.DockerClient(base_url=state.docker_host, timeout=_LOAD_SECONDS)) as client,
    ):
        with contextlib.suppress(docker.errors.ImageNotFound):
            held = client.images.get(recipe.reference)
            if held.labels.get(RECIPE_LABEL) == recipe.key:
                return TestImage(recipe.reference, str(held.id), int(held.attrs["Size"]), recipe)
        layers = [layer_file(layer, state.cache) for layer in recipe.layers]
        client.images.load(cast("Any", archive(recipe, layers)))  # sent in chunks
        held = client.images.get(recipe.reference)
        return TestImage(recipe.reference, str(held.id), int(held.attrs["Size"]), recipe)


def image_configuration(config: dict[str, Any], layer_digests: Sequence[str]) -> bytes:
    """The OCI configuration of an amd64 Linux image whose uncompressed layers have these digests."""
    return json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": CREATED,
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": list(layer_digests)},
            "history": [{"created": CREATED, "created_by": f"layer {i}"} for i in range(len(layer_digests))],
        },
        sort_keys=True,
    ).encode()


def archive(recipe: Recipe, layers: Sequence[Path]) -> Iterator[bytes]:
    """The image as ``docker load`` takes it, in pieces of at most 1 MiB; a layer is never held whole."""
    digests = [file_digest(path) for path in layers]
    configuration = image_configuration(recipe.config, digests)
    config_name = f"{hashlib.sha256(configuration).hexdigest()}.json"
    names = [f"{digest.removeprefix('sha256:')}/layer.tar" for digest in digests]
    manifest = [{"Config": config_name, "RepoTags": [recipe.reference], "Layers": names}]
    for name, content in ((config_name, configuration), ("manifest.json", json.dumps(manifest).encode())):
        yield _tar_header(name, len(content)) + content + _tar_padding(len(content))
    for name, path in zip(names, layers, strict=True):
        size = path.stat().st_size
        yield _tar_header(name, size)
        yield from _pieces(path)
        yield _tar_padding(size)
    yield bytes(2 * tarfile.BLOCKSIZE)


def file_digest(path: Path) -> str:
    """``sha256:…`` of a file."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            yield piece


def _tar_header(name: str, size: int) -> bytes:
    header = tarfile.TarInfo(name)
    header.size = size
    return header.tobuf(tarfile.PAX_FORMAT)


def _tar_padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)
