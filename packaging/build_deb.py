"""Build ``packaging/out/drydock_VERSION_ARCH.deb`` around the app folder that build_app.py made.

Only dpkg-deb and Qt (for the icons' sizes) are needed. The same sources and app folder give the same file, byte for
byte: owners, times and order are fixed.
"""

import argparse
import datetime
import functools
import gzip
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from build_app import APP, HERE, OUT, size_of, source_date
from desktop_libraries import UnknownLibraryError, needed_libraries, package_relations

ROOT = HERE.parent
PARTS = HERE / "deb"
APP_ID = "io.github.torch_drydock.Drydock"
ICON_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
INSTALLED = Path("opt/drydock")
_DPKG_LIMIT = 600.0


def app_version() -> str:
    """Return the version written in the package ``drydock``."""
    text = (ROOT / "app" / "drydock" / "__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "([^"]+)"', text, re.MULTILINE)
    if not found:
        sys.exit("app/drydock/__init__.py names no version")
    return found[1]


def debian_version(version: str) -> str:
    """Return a Python version so that Debian sorts it the same: ``1.0.0rc1`` comes before ``1.0.0``."""
    return re.sub(r"\.?(a|b|rc|dev)(\d+)", r"~\1\2", version)


def build(level: int, compression: str) -> Path:
    """Build the package and return its path.

    Raises:
        SystemExit: something that it needs is missing; the message says what.
    """
    if shutil.which("dpkg-deb") is None:
        sys.exit("Building the .deb needs dpkg-deb (package dpkg).")
    if not (APP / "drydock").is_file():
        sys.exit("There is no app folder yet: run packaging/build_app.py first.")
    architecture = ARCHITECTURES.get(platform.machine()) or sys.exit(f"no Debian name for {platform.machine()}")
    version = debian_version(app_version())
    target = OUT / f"drydock_{version}_{architecture}.deb"
    with tempfile.TemporaryDirectory(prefix="drydock-deb-") as scratch:
        root = Path(scratch) / "root"
        fill(root, version)
        write_control(root, version, architecture)
        settle(root)
        command = [
            "dpkg-deb", "--root-owner-group", f"-Z{compression}", f"-z{level}", "--build", str(root), str(target),
        ]  # fmt: skip
        environment = {**os.environ, "SOURCE_DATE_EPOCH": source_date()}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment, timeout=_DPKG_LIMIT)
    return target


def fill(root: Path, version: str) -> None:
    """Put every file in its place under ``root``."""
    (root / INSTALLED).parent.mkdir(parents=True)
    shutil.copytree(APP, root / INSTALLED, symlinks=True)
    share = root / "usr/share"
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/drydock").symlink_to(f"/{INSTALLED}/drydock")
    date = datetime.datetime.fromtimestamp(int(source_date()), datetime.UTC).date().isoformat()
    values = {
        "VERSION": version,
        "DATE": date,
        "RELEASE_TYPE": "development" if re.search(r"~|^0\.", version) else "stable",
        "COMMANDS": man_commands(),
    }
    desktop = share / f"applications/{APP_ID}.desktop"
    write(desktop, (PARTS / desktop.name).read_text("utf-8"))
    write(share / f"metainfo/{APP_ID}.metainfo.xml", filled(f"{APP_ID}.metainfo.xml.in", values))
    write_gzip(share / "man/man1/drydock.1.gz", filled("drydock.1.in", values))
    draw_icons(share / "icons/hicolor")
    document(share / "doc/drydock")


def filled(name: str, values: Mapping[str, str]) -> str:
    """Return a file of ``deb/`` with its ``@NAME@`` places filled."""
    return re.sub(r"@([A-Z_]+)@", lambda match: values[match[1]], (PARTS / name).read_text("utf-8"))


def man_commands() -> str:
    """Return the list of commands as the manual page writes it, from the app's own ``--help``."""
    answer = subprocess.run([APP / "drydock", "--help"], check=True, capture_output=True, text=True, timeout=60).stdout
    lines = answer.partition("Commands:")[2].splitlines()
    commands = [match for line in lines if (match := re.match(r"\s{2}(\S+)\s{2,}(.+)$", line))]
    return "\n".join(f".TP\n.B {match[1]}\n{match[2]}" for match in commands)


def draw_icons(theme: Path) -> None:
    """Write the app's mark as SVG and in every size."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QRectF, Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    source = ROOT / "resources/drydock_resources/icons/app.svg"
    write(theme / f"scalable/apps/{APP_ID}.svg", source.read_text("utf-8"))
    _application = QGuiApplication.instance() or QGuiApplication([])
    renderer = QSvgRenderer(str(source))
    for edge in ICON_SIZES:
        image = QImage(edge, edge, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        renderer.render(painter, QRectF(0, 0, edge, edge))
        painter.end()
        path = theme / f"{edge}x{edge}/apps/{APP_ID}.png"
        path.parent.mkdir(parents=True)
        if not image.save(str(path)):
            sys.exit(f"the icon of {edge} pixels could not be written")


def document(folder: Path) -> None:
    """Write what Debian wants under ``/usr/share/doc``: copyright, changes, and the licences of what is carried."""
    write_gzip(folder / "CHANGELOG.md.gz", (ROOT / "CHANGELOG.md").read_text("utf-8"))
    stanzas = [(PARTS / "copyright").read_text("utf-8").rstrip()]
    for name, version, licence, texts in carried():
        where = (
            f"its text lies in /usr/share/doc/drydock/licences/{name}" if texts else "it came without a text of its own"
        )
        places = " ".join(f"{INSTALLED}/_internal/{place}*" for place in places_of(name))
        stanzas.append(
            f"Files: {places}\nCopyright: the authors of {name}\nLicense: {licence}\n {name} {version}; {where}."
        )
        for text in texts:
            target = folder / "licences" / name / text.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(text, target)
    write(folder / "copyright", "\n\n".join(stanzas) + "\n")


def carried() -> Iterator[tuple[str, str, str, list[Path]]]:
    """Yield name, version, licence and licence files of each distribution that went into the app."""
    yield "Python", platform.python_version(), "PSF-2.0", python_licence()
    seen: set[str] = set()
    queue = ["torch-drydock"]
    while queue:
        distribution = metadata.distribution(queue.pop(0))
        name = distribution.metadata["Name"]
        if name in seen:
            continue
        seen.add(name)
        for line in distribution.requires or ():
            required = re.match(r"[A-Za-z0-9._-]+", line)
            # markers name extras, or systems that this package is not for
            if required and ";" not in line:
                queue.append(required[0])
        if name != "torch-drydock" and places_of(name):
            yield name, distribution.version, licence_of(distribution), licence_files(distribution)


@functools.cache
def modules_inside() -> frozenset[str]:
    """Return the top-level names of all modules in the app."""
    from PyInstaller.archive.readers import CArchiveReader

    reader: Any = CArchiveReader(str(APP / "drydock"))
    archive: Any = reader.open_embedded_archive("PYZ.pyz")
    folders = {path.name.partition(".")[0] for path in (APP / "_internal").iterdir()}
    return frozenset(name.partition(".")[0] for name in archive.toc) | folders


@functools.cache
def places_of(name: str) -> tuple[str, ...]:
    """Return the modules of a distribution that are in the app; none when it was left out."""
    if name == "Python":
        return ("python3", "libpython3", "base_library")
    owners = metadata.packages_distributions()
    same = canonical(name)
    return tuple(sorted(
        module for module, names in owners.items()
        if module in modules_inside() and same in {canonical(owner) for owner in names} and "__" not in module
    ))  # fmt: skip


def canonical(name: str) -> str:
    """Return a distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def python_licence() -> list[Path]:
    """Return the interpreter's licence, where this installation has it."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    places = (Path(sys.base_prefix) / "lib" / version / "LICENSE.txt", Path(f"/usr/share/doc/{version}/copyright"))
    return [place for place in places if place.is_file()][:1]


def licence_of(distribution: metadata.Distribution) -> str:
    """Return the licence in one line."""
    fields: Any = distribution.metadata
    declared: str = fields.get("License-Expression") or (fields.get("License") or "").partition("\n")[0].strip()
    classifiers: list[str] = [line for line in fields.get_all("Classifier") or () if line.startswith("License ::")]
    return declared or "; ".join(line.rpartition("::")[2].strip() for line in classifiers) or "see its package"


def licence_files(distribution: metadata.Distribution) -> list[Path]:
    """Return the files with licence texts that a distribution brought along."""
    files = [file for file in distribution.files or () if ".dist-info" in str(file)]
    return [Path(str(file.locate())) for file in files if re.match(r"(?i)(licen[cs]e|copying|notice)", file.name)]


def write_control(root: Path, version: str, architecture: str) -> None:
    """Write the package's own files: control and md5sums.

    Raises:
        SystemExit: the app needs a library that no known package brings.
    """
    try:
        relations = package_relations(*needed_libraries(root / INSTALLED))
    except UnknownLibraryError as error:
        sys.exit(str(error))
    values = {
        "VERSION": version,
        "ARCHITECTURE": architecture,
        "INSTALLED_KIB": str(-(-size_of(root) // 1024)),
        "DEPENDS": ", ".join(relations),
    }
    sums = [
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(root)}\n"
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    ]
    write(root / "DEBIAN/control", filled("control.in", values))
    write(root / "DEBIAN/md5sums", "".join(sums))


def settle(root: Path) -> None:
    """Give every file the same time and the usual permissions."""
    moment = int(source_date())
    for path in sorted([root, *root.rglob("*")], reverse=True):
        if not path.is_symlink():
            executable = path.is_dir() or path == root / INSTALLED / "drydock"
            path.chmod(0o755 if executable else 0o644)
        os.utime(path, (moment, moment), follow_symlinks=False)


def write(path: Path, text: str) -> None:
    """Write a text file, making its directory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def write_gzip(path: Path, text: str) -> None:
    """Write a compressed text file without name and time in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main() -> None:
    """Build, then print where and how large."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compression", choices=("xz", "zstd"), default="xz", help="zstd is quicker, and newer")
    parser.add_argument("--level", type=int, default=2, help="of compression")
    options = parser.parse_args()
    started = time.monotonic()
    package = build(options.level, options.compression)
    seconds = time.monotonic() - started
    print(f"{package.relative_to(ROOT)}: {package.stat().st_size / 1e6:.1f} MB, {seconds:.0f} s")


if __name__ == "__main__":
    main()
