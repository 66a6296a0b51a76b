"""The tests' side of the GPU hook stand-in: what was asked for, and the switches."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class GpuRequest:
    """What one container asked of the GPU stand-in.

    Attributes:
        container_id: the container's full id.
        visible_devices: ``all``, indices or UUIDs joined by commas, as the engine put it.
        capabilities: driver capabilities joined by commas; None when the container named none.
        through: ``hook`` for a device request, ``runtime`` for ``--runtime nvidia``.
    """

    container_id: str
    visible_devices: str | None
    capabilities: str | None
    through: str


@dataclass(frozen=True)
class GpuStandIn:
    """The directory through which tests and the stand-in talk."""

    directory: Path

    def requests(self, container_id: str | None = None) -> list[GpuRequest]:
        """Requests in the order they came, of one container or of all since the engine's state was made."""
        log = self.directory / "requests.jsonl"
        lines = log.read_text().splitlines() if log.exists() else []
        found = [GpuRequest(**json.loads(line)) for line in lines]
        return [request for request in found if container_id in (None, request.container_id)]

    @contextlib.contextmanager
    def failing(self, text: str) -> Generator[None]:
        """Refuse every GPU request meanwhile, with ``text`` as the driver's words on stderr."""
        yield from self._switched("fail", text)

    @contextlib.contextmanager
    def injecting(self, files: Mapping[str, Path]) -> Generator[None]:
        """Bind files into every container that asks for GPUs meanwhile.

        Args:
            files: absolute path in the container -> file on this machine.
        """
        yield from self._switched("inject.json", json.dumps({inside: str(path) for inside, path in files.items()}))

    def _switched(self, name: str, content: str) -> Generator[None]:
        switch = self.directory / name
        arriving = self.directory / f".{name}.new"
        arriving.write_text(content)
        arriving.replace(switch)
        try:
            yield
        finally:
            switch.unlink(missing_ok=True)
