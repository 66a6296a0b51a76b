"""Reading an image from a server: index, manifest, configuration, each checked against its digest."""

import threading
from collections import OrderedDict

import msgspec

from drydock.core.facts import ImageConfig, Layer
from drydock.core.trouble import Trouble
from drydock.registry.failures import trouble_of_unreadable
from drydock.registry.manifests import (
    ACCEPTED,
    CONFIG_LIMIT,
    MANIFEST_LIMIT,
    Entry,
    Index,
    Manifest,
    Unreadable,
    digest_of,
    read_config,
    read_manifest,
)
from drydock.registry.platforms import best_of
from drydock.registry.reference import Reference, valid_digest
from drydock.registry.talk import Talk

_DEPTH_LIMIT = 3
"""Indexes within indexes."""
_LOOK_LIMIT = 8
"""Manifests to look into because their index does not say what they are for."""
_SHELF_LIMIT = 16 << 20
_TOO_MANY = 429
_ACCEPT = {"Accept": ", ".join(ACCEPTED)}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An image as a server has it; the parts are those of ``PublishedImage``."""

    digest: str
    platforms: tuple[str, ...]
    platform: str
    layers: tuple[Layer, ...] = ()
    config: ImageConfig | None = None


class Shelf:
    """Keeps what was read, by digest: it cannot change, and Docker Hub counts each reading of a manifest as a pull."""

    def __init__(self, limit: int = _SHELF_LIMIT) -> None:
        self._limit = limit
        self._size = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def get(self, digest: str) -> bytes | None:
        """Return what has this digest, if it is here."""
        with self._lock:
            if digest in self._kept:
                self._kept.move_to_end(digest)
            return self._kept.get(digest)

    def put(self, digest: str, body: bytes) -> None:
        """Keep something whose digest was checked; what was not used for longest goes."""
        with self._lock:
            if digest not in self._kept:
                self._kept[digest] = body
                self._size += len(body)
            while self._size > self._limit:
                self._size -= len(self._kept.popitem(last=False)[1])


class Reading:
    """Reads one image by its reference."""

    def __init__(self, talk: Talk, reference: Reference, shelf: Shelf) -> None:
        self._talk = talk
        self._reference = reference
        self._shelf = shelf

    def image(self, platform: str) -> Found:
        """Read the image for a platform, whose name is normalised; empty takes the only one there is.

        Raises:
            Trouble: it is not there, or not what it should be.
            Unanswered: the server does not answer.
        """
        digest = self._digest_now()
        digest, document = self._document(digest or self._reference.wanted)
        if isinstance(document, Manifest):
            return self._single(digest, document, platform)
        entries = self._flat(document, 1)
        platforms = tuple(dict.fromkeys(entry.platform for entry in entries))
        if not platform and len(platforms) != 1:
            return Found(digest=digest, platforms=platforms, platform="")
        place = best_of(platform, (entry.platform for entry in entries)) if platform else 0
        if place is None:
            raise self._missing(platforms)
        _, manifest = self._document(entries[place].digest)
        if not isinstance(manifest, Manifest):
            raise self._nonsense("an index in place of a manifest")
        return Found(
            digest=digest,
            platforms=platforms,
            platform=entries[place].platform,
            layers=manifest.layers,
            config=self._config(manifest),
        )

    def _single(self, digest: str, manifest: Manifest, platform: str) -> Found:
        config = self._config(manifest)
        if platform and best_of(platform, (config.platform,)) is None:
            raise self._missing((config.platform,))
        return Found(
            digest=digest,
            platforms=(config.platform,),
            platform=config.platform,
            layers=manifest.layers,
            config=config,
        )

    def _flat(self, index: Index, depth: int) -> list[Entry]:
        """List the manifests of an index and of the indexes in it, with the platform of each."""
        if depth > _DEPTH_LIMIT:
            raise self._nonsense("indexes within indexes without end")
        entries = [entry for entry in index.entries if entry.platform]
        unsaid = [entry for entry in index.entries if not entry.platform]
        for entry in unsaid[:_LOOK_LIMIT]:
            _, document = self._document(entry.digest)
            if isinstance(document, Index):
                entries += self._flat(document, depth + 1)
            else:
                entries.append(msgspec.structs.replace(entry, platform=self._config(document).platform))
        return entries

    def _digest_now(self) -> str:
        """Return what the tag means now; empty when the server does not tell so without sending it all."""
        if self._reference.digest:
            return self._reference.digest
        answer = self._talk.ask(
            f"/manifests/{self._reference.tag}", method="HEAD", headers=_ACCEPT, limit=0, patient=False
        )
        if answer.status == _TOO_MANY:
            raise self._talk.trouble(answer)
        digest = answer.header("docker-content-digest")
        return digest if answer.status == 200 and valid_digest(digest) else ""

    def _document(self, wanted: str) -> tuple[str, Index | Manifest]:
        body, content_type, digest = self._shelf.get(wanted), "", wanted
        if body is None:
            answer = self._talk.ask(f"/manifests/{wanted}", headers=_ACCEPT, limit=MANIFEST_LIMIT)
            if answer.status != 200:
                raise self._talk.trouble(answer)
            body, content_type = answer.body, answer.header("content-type")
            if not valid_digest(wanted):
                digest = answer.header("docker-content-digest")
        try:
            document = read_manifest(body, content_type)
        except Unreadable as error:
            raise trouble_of_unreadable(error, self._talk.server.host, self._reference.text) from error
        digest = digest if valid_digest(digest) else digest_of(body)
        self._check(body, digest, "manifest")
        return digest, document

    def _config(self, manifest: Manifest) -> ImageConfig:
        body = self._shelf.get(manifest.config)
        if body is None:
            if manifest.config_size > CONFIG_LIMIT:
                raise self._nonsense(f"a configuration of {manifest.config_size} bytes")
            answer = self._talk.ask(f"/blobs/{manifest.config}", limit=CONFIG_LIMIT)
            if answer.status != 200:
                raise self._talk.trouble(answer)
            body = answer.body
            self._check(body, manifest.config, "configuration")
        try:
            return read_config(body)
        except Unreadable as error:
            raise trouble_of_unreadable(error, self._talk.server.host, self._reference.text) from error

    def _check(self, body: bytes, digest: str, what: str) -> None:
        if digest_of(body, digest) != digest:
            text = f"the {what} that {self._talk.server.host} sent is not the one with the digest {digest}"
            raise Trouble("pull-corrupt", reference=self._reference.text, text=text)
        self._shelf.put(digest, body)

    def _missing(self, platforms: tuple[str, ...]) -> Trouble:
        there = ", ".join(platforms) or "no platform at all"
        return Trouble("platform-missing", reference=self._reference.text, text=f"it is published for {there}")

    def _nonsense(self, what: str) -> Trouble:
        text = f"{self._talk.server.host} sent {what}"
        return Trouble("registry-error", reference=self._reference.text, text=text)
