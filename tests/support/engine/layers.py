"""Makes the layers of test images: Debian root file systems and an installed CPU torch.

Needs a Debian mirror and a Python package index, which the machine's own apt and pip settings name; no image
registry and no container engine.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.engine.state import EngineTrouble

DEBIAN_SUITE = "bookworm"
DEBIAN_PYTHON = "3.11"
DIST_PACKAGES = f"usr/local/lib/python{DEBIAN_PYTHON}/dist-packages"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# pieces of the torch wheel that neither `import torch` nor training needs; the headers (torch/include) are for
# compiling extensions and for torch.compile on the CPU, which also want a compiler that this image lacks
TORCH_LEFT_OUT = ("torch/test/", "torch/include/", "torch/bin/test_", "torch/bin/protoc")
_MAKE_SECONDS = 600


@dataclass(frozen=True)
class DebianLayer:
    """A root file system of Debian packages.

    Attributes:
        variant: of mmdebstrap: ``extract`` unpacks the packages without installing them, ``minbase`` is a
            small whole system with a working apt.
        packages: names of the packages to include; their dependencies follow.
        finish: shell script that runs with the new root as ``$1``.
    """

    variant: str
    packages: tuple[str, ...]
    finish: str

    def make(self, target: Path) -> None:
        """Write the layer to the tar file ``target``."""
        excluded = [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("doc", "man", "locale", "lintian")]
        _run(
            "mmdebstrap",
            "--quiet",
            f"--variant={self.variant}",
            f"--include={','.join(self.packages)}",
            *(excluded if self.variant != "extract" else []),
            # an extracted system gets no further than its extract hooks
            f"--{'extract' if self.variant == 'extract' else 'customize'}-hook={self.finish}",
            "--format=tar",
            DEBIAN_SUITE,
            str(target),
            f"deb [signed-by={KEYRING}] {debian_mirror()} {DEBIAN_SUITE} main",
        )


@dataclass(frozen=True)
class TorchLayer:
    """CPU torch, as pip installs it for Debian's Python."""

    requirements: tuple[str, ...]
    left_out: tuple[str, ...] = TORCH_LEFT_OUT

    def make(self, target: Path) -> None:
        """Write the layer to the tar file ``target``."""
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            site = Path(folder) / "site"
            try:
                self._install(site)
            except EngineTrouble as trouble:
                raise EngineTrouble(
                    f"{trouble}\nThe image that plays PyTorch needs {self.requirements[0]}; "
                    "name an index that has the CPU build in PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS."
                ) from None
            self._pack(site, target)

    def _install(self, site: Path) -> None:
        wanted_python = ("--python-version", DEBIAN_PYTHON, "--implementation", "cp", "--only-binary", ":all:")
        options = ("--quiet", "--no-compile", "--target", str(site), *wanted_python)
        _run(sys.executable, "-m", "pip", "install", *options, *self.requirements)

    def _pack(self, site: Path, target: Path) -> None:
        def kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
            inside = member.name.removeprefix(f"{DIST_PACKAGES}/")
            if f"{inside}/".startswith(self.left_out) or inside.startswith(self.left_out):
                return None
            member.uid = member.gid = 0
            member.uname = member.gname = "root"
            return member

        with tarfile.open(target, "w") as tar:
            for entry in sorted(site.iterdir()):
                # pip --target puts scripts and shared data beside the packages
                place = f"usr/local/{entry.name}" if entry.name in ("bin", "share") else f"{DIST_PACKAGES}/{entry.name}"
                if entry.name == "bin":
                    _repair_shebangs(entry)
                tar.add(entry, place, filter=kept)


Layer = DebianLayer | TorchLayer


def layer_key(layer: Layer) -> str:
    """A name that changes whenever the layer's recipe does."""
    text = json.dumps([type(layer).__name__, DEBIAN_SUITE, asdict(layer)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def layer_file(layer: Layer, cache: Path) -> Path:
    """The layer as an uncompressed tar file below ``cache``, made now if it is not there.

    Raises:
        EngineTrouble: mmdebstrap or pip failed; the text holds the end of what they said.
    """
    path = cache / f"{layer_key(layer)}.tar"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = cache / f"{path.stem}.unfinished.tar"
        unfinished.unlink(missing_ok=True)
        layer.make(unfinished)
        unfinished.replace(path)
    return path


def debian_mirror() -> str:
    """The mirror that this machine's apt uses, or ``DRYDOCK_TEST_DEBIAN_MIRROR``.

    Raises:
        EngineTrouble: none is known.
    """
    named = os.environ.get("DRYDOCK_TEST_DEBIAN_MIRROR")
    if named:
        return named
    folder = Path("/etc/apt/sources.list.d")
    for source in (*sorted(folder.glob("*.sources")), Path("/etc/apt/sources.list"), *sorted(folder.glob("*.list"))):
        if source.exists():
            lines = (line for line in source.read_text().splitlines() if not line.startswith("#"))
            found = re.search(r"https?://\S+/debian/?(?=\s|$)", "\n".join(lines))
            if found:
                return found.group()
    raise EngineTrouble("no Debian mirror found below /etc/apt; name one in DRYDOCK_TEST_DEBIAN_MIRROR")


def _repair_shebangs(folder: Path) -> None:
    for script in folder.iterdir():
        content = script.read_bytes() if script.is_file() else b""
        if content.startswith(b"#!") and b"python" in content.partition(b"\n")[0]:
            script.write_bytes(b"#!/usr/bin/python3\n" + content.partition(b"\n")[2])


def _run(*command: str) -> None:
    if shutil.which(command[0]) is None:
        raise EngineTrouble(f"{command[0]} is not installed")
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_MAKE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise EngineTrouble(f"{command[0]} did not end within {_MAKE_SECONDS} s") from late
    if done.returncode != 0:
        raise EngineTrouble(f"{' '.join(command[:4])} … failed ({done.returncode}):\n{done.stdout[-3000:]}")
