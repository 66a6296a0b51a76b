"""Puts images straight into the loopback registry over HTTP, without an engine."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import shutil
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import requests
from tests.support.engine.images import RECIPE_LABEL, TestImage, file_digest, image_configuration
from tests.support.engine.layers import layer_file

MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
CONFIGURATION_TYPE = "application/vnd.docker.container.image.v1+json"
LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_REQUEST_SECONDS = 120
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class PushedImage:
    """An image in the registry.

    Attributes:
        reference: ``address/repository:tag``, as ``docker pull`` takes it.
        digest: of its manifest.
        layer_bytes: compressed size of each layer, from the bottom up.
    """

    reference: str
    digest: str
    layer_bytes: tuple[int, ...]


@dataclass(frozen=True)
class Registry:
    """A registry that speaks plain HTTP on loopback; ``str()`` of it is its address."""

    address: str

    def __str__(self) -> str:
        return self.address

    def push_layers(
        self, repository: str, tag: str, layer_sizes: Sequence[int], *, seed: int = 0, base: Sequence[Path] = ()
    ) -> PushedImage:
        """Push an image of made-up layers.

        Args:
            repository: name without the registry's address.
            tag: its tag.
            layer_sizes: bytes of content for each layer. A quarter of a large layer is zeros, so that its
                compressed and uncompressed sizes differ as those of real layers do.
            seed: layers are the same for the same seed and size; give another to get layers no engine has.
            base: tar files of real layers to put underneath, if the image is to run.
        """
        with _Pusher(self.address, repository) as pusher:
            digests: list[str] = []
            entries: list[dict[str, Any]] = []
            for content in (*(path.read_bytes() for path in base), *_made_up(layer_sizes, seed)):
                digests.append(f"sha256:{hashlib.sha256(content).hexdigest()}")
                entries.append(pusher.blob(io.BytesIO(gzip.compress(content, 1, mtime=0)), LAYER_TYPE))
            config = {"Cmd": ["/bin/sh"], "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"]}
            return pusher.manifest(tag, entries, image_configuration(config, digests))

    def push_image(
        self, image: TestImage, repository: str, tag: str, cache: Path, *, new_layers: Sequence[int] = (), seed: int = 0
    ) -> PushedImage:
        """Push one of the test images under any name; quick when the registry holds exactly that already.

        Args:
            image: what to push.
            repository: name without the registry's address.
            tag: its tag.
            cache: ``EngineState.cache``, where its layers lie.
            new_layers: bytes of made-up layers to put on top, so that a pull has something to fetch: an engine
                that holds the very image already fetches nothing. The first such pull fetches the test image's own
                layers too, since the engine does not know its loaded layers by their compressed digests yet.
            seed: as for ``push_layers``.
        """
        with _Pusher(self.address, repository) as pusher:
            held = None if new_layers else pusher.held(tag, image.recipe.key, len(image.recipe.layers))
            if held is not None:
                return held
            layers = [layer_file(layer, cache) for layer in image.recipe.layers]
            entries: list[dict[str, Any]] = []
            for layer in layers:
                with _compressed(layer).open("rb") as file:
                    entries.append(pusher.blob(file, LAYER_TYPE))
            digests = [file_digest(layer) for layer in layers]
            for content in _made_up(new_layers, seed):
                digests.append(f"sha256:{hashlib.sha256(content).hexdigest()}")
                entries.append(pusher.blob(io.BytesIO(gzip.compress(content, 1, mtime=0)), LAYER_TYPE))
            return pusher.manifest(tag, entries, image_configuration(image.recipe.config, digests))

    def tags(self, repository: str) -> list[str]:
        """Tags of a repository; empty when there is no such repository."""
        answer = requests.get(f"http://{self.address}/v2/{repository}/tags/list", timeout=_REQUEST_SECONDS)
        return [] if answer.status_code == 404 else cast("list[str]", answer.json()["tags"] or [])


class _Pusher:
    def __init__(self, address: str, repository: str) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # loopback needs no proxy
        self._name = f"{address}/{repository}"
        self._url = f"http://{address}/v2/{repository}"

    def __enter__(self) -> _Pusher:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def blob(self, content: io.BufferedIOBase | io.BytesIO, media_type: str) -> dict[str, Any]:
        """Upload a blob unless it is there, and describe it as a manifest does."""
        digest = f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}"
        size = content.seek(0, io.SEEK_END)
        if self._session.head(f"{self._url}/blobs/{digest}", timeout=_REQUEST_SECONDS).status_code != 200:
            content.seek(0)
            begun = self._session.post(f"{self._url}/blobs/uploads/", timeout=_REQUEST_SECONDS)
            begun.raise_for_status()
            self._session.put(
                begun.headers["Location"],
                params={"digest": digest},
                data=content,
                headers={"Content-Type": "application/octet-stream"},
                timeout=_REQUEST_SECONDS,
            ).raise_for_status()
        return {"mediaType": media_type, "size": size, "digest": digest}

    def manifest(self, tag: str, layers: list[dict[str, Any]], configuration: bytes) -> PushedImage:
        """Push the configuration and the manifest that ties everything together."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": self.blob(io.BytesIO(configuration), CONFIGURATION_TYPE),
            "layers": layers,
        }
        answer = self._session.put(
            f"{self._url}/manifests/{tag}",
            data=json.dumps(manifest),
            headers={"Content-Type": MANIFEST_TYPE},
            timeout=_REQUEST_SECONDS,
        )
        answer.raise_for_status()
        return self._pushed(tag, answer.headers["Docker-Content-Digest"], layers)

    def held(self, tag: str, recipe_key: str, layer_count: int) -> PushedImage | None:
        """The image at ``tag`` if it was made from that recipe."""
        answer = self._session.get(
            f"{self._url}/manifests/{tag}", headers={"Accept": MANIFEST_TYPE}, timeout=_REQUEST_SECONDS
        )
        if answer.status_code != 200:
            return None
        manifest = answer.json()
        if len(manifest["layers"]) != layer_count:
            return None
        configuration = self._session.get(
            f"{self._url}/blobs/{manifest['config']['digest']}", timeout=_REQUEST_SECONDS
        ).json()
        labels = cast("dict[str, str]", configuration["config"].get("Labels") or {})
        if labels.get(RECIPE_LABEL) != recipe_key:
            return None
        return self._pushed(tag, answer.headers["Docker-Content-Digest"], manifest["layers"])

    def _pushed(self, tag: str, digest: str, layers: Iterable[dict[str, Any]]) -> PushedImage:
        return PushedImage(f"{self._name}:{tag}", digest, tuple(int(layer["size"]) for layer in layers))


def _made_up(sizes: Sequence[int], seed: int) -> Iterator[bytes]:
    for index, size in enumerate(sizes):
        yield _layer(f"layer-{index}", size, f"{seed}/{index}")


def _layer(name: str, size: int, seed: str) -> bytes:
    noise = random.Random(seed)
    blocks: list[bytes] = []
    for start in range(0, size, _BLOCK_BYTES):
        length = min(_BLOCK_BYTES, size - start)
        blocks.append(bytes(length) if len(blocks) % 4 == 3 else noise.randbytes(length))
    content = b"".join(blocks)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        member = tarfile.TarInfo(f"opt/{name}")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _compressed(layer: Path) -> Path:
    target = layer.with_suffix(".tar.gz")
    if not target.exists():
        unfinished = layer.with_suffix(".unfinished.gz")
        # a fixed time and no name: the same layer always has the same digest
        with (
            layer.open("rb") as plain,
            unfinished.open("wb") as out,
            gzip.GzipFile("", "wb", compresslevel=1, fileobj=out, mtime=0) as packed,
        ):
            shutil.copyfileobj(plain, packed, _BLOCK_BYTES)
        unfinished.replace(target)
    return target
