"""Clean Debian roots to install the package in."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

TOOLS = ("mmdebstrap", "unshare", "chroot", "apt-get")


def archives() -> dict[str, str]:
    """Return this machine's own Debian archive: code name of a release → address."""
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI) $(ORIGIN)", "Created-By: Packages"],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout  # fmt: skip
    found: dict[str, str] = {}
    for line in sorted(set(listing.splitlines())):
        codename, address, origin = [*line.split(" ", 2), "", ""][:3]
        if origin in ("Debian", "Ubuntu") and "-" not in codename:
            found[codename] = address
    return found


def suites() -> list[str]:
    """Return the releases to install in: as told, else Debian 12 and 13."""
    return os.environ.get("DRYDOCK_TEST_PACKAGE_SUITES", "bookworm trixie").split()


class Root:
    """A small Debian in a directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(
        self, *command: str, code: int | None = 0, environment: Mapping[str, str] | None = None, limit: float = 120
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command inside, with its own /proc that is gone afterwards, and a bare environment."""
        enter: Sequence[str] = (
            "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c",
            'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"', str(self.path),
        )  # fmt: skip
        proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
        base = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            [*enter, *command], check=False, capture_output=True, text=True, timeout=limit, stdin=subprocess.DEVNULL,
            env={**base, **proxies, **(environment or {})},
        )  # fmt: skip
        said = f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        assert code in (None, done.returncode), said
        assert "Traceback" not in done.stderr, said
        return done

    def files(self) -> set[str]:
        """Return the paths of all files below, but those that only package managers and caches keep."""
        kept = ("var/", "proc/", "tmp/", "root/", "dev/", "run/", "etc/ld.so.cache")
        found = (str(path.relative_to(self.path)) for path in self.path.rglob("*"))
        return {name for name in found if not name.startswith(kept)}


def make_root(path: Path, suite: str) -> Root:
    """Make a root with the essential packages and apt, from this machine's archive; skips where that cannot be."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        pytest.skip("a clean Debian root needs " + (", ".join(missing) or "root"))
    known = archives()
    # another release of the same archive lies beside this machine's own
    address = known.get(suite) or next(iter(known.values()), None)
    if address is None:
        pytest.skip("this machine names no Debian archive")
    source = f"deb {address} {suite} main"
    command = ["mmdebstrap", "--quiet", "--variant=minbase", suite, str(path), source]
    made = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)
    assert made.returncode == 0, made.stderr
    path.chmod(0o755)
    if Path("/etc/resolv.conf").is_file():
        shutil.copyfile("/etc/resolv.conf", path / "etc/resolv.conf")
    return Root(path)
