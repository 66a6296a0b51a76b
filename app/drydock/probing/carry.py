"""The probe programs as files: found beside the app, never imported by it."""

import functools
import hashlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

Probe: TypeAlias = Literal["environment", "kernels", "bench", "container", "features", "load", "loader"]

PACKAGE = "drydock_probes"


def probes_directory() -> Path:
    """Return the directory of the package with the probes (in a packaged app they lie there as data).

    Raises:
        FileNotFoundError: this installation is incomplete.
    """
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(place) / "kernels.py").is_file():
            return Path(place)
    raise FileNotFoundError(f"the files of {PACKAGE} are missing from this installation")


@functools.cache
def probe_files() -> Mapping[str, bytes]:
    """Return the package's sources, each by its path: ``drydock_probes/kernels.py`` …."""
    root = probes_directory()
    return {f"{PACKAGE}/{path.relative_to(root).as_posix()}": path.read_bytes() for path in sorted(root.rglob("*.py"))}


@functools.cache
def content_key() -> str:
    """Return a name that changes whenever a probe's source does."""
    digest = hashlib.sha256()
    for name, content in probe_files().items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]
