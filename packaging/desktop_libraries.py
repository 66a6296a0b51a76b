"""The shared libraries that the app leaves to the system it runs on, and the Debian packages that bring them.

They belong to the desktop, the display driver or the C run-time: bundled copies would be older than the system's own
and would be loaded in their place, by the display driver too. The app folder is built without them, and the .deb
depends on their packages, so both follow from this one table.
"""

import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

LIBRARIES: Mapping[str, str] = {
    # the C and C++ run-time
    "ld-linux-x86-64.so.2": "libc6",
    "libc.so.6": "libc6",
    "libdl.so.2": "libc6",
    "libm.so.6": "libc6",
    "libpthread.so.0": "libc6",
    "libresolv.so.2": "libc6",
    "librt.so.1": "libc6",
    "libutil.so.1": "libc6",
    "libgcc_s.so.1": "libgcc-s1",
    "libstdc++.so.6": "libstdc++6",
    # used by the display driver as well
    "libexpat.so.1": "libexpat1",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
    # fonts, settings, the session bus
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libgio-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    # drawing
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libdrm.so.2": "libdrm2",
    # X11
    "libICE.so.6": "libice6",
    "libSM.so.6": "libsm6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xinput.so.0": "libxcb-xinput0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    # Wayland
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
"""File name of a library → its package in Debian 12."""

RENAMED: Mapping[str, str] = {"libglib2.0-0": "libglib2.0-0t64"}
"""Package → its name since Debian 13 and Ubuntu 24.04, where time counts have 64 bits."""

OPTIONAL: tuple[str, ...] = ("libqgtk3.so",)
"""Plugins that Qt goes on without where their libraries are missing; nothing is asked for on their account."""

_NEEDED = re.compile(r"^\s+NEEDED\s+(\S+)", re.MULTILINE)
_GLIBC = re.compile(r"\bGLIBC_(\d+)\.(\d+)")


class UnknownLibraryError(Exception):
    """The app needs libraries that it does not carry and for which no package is known."""


def elf_files(folder: Path) -> list[Path]:
    """Return the programs and shared libraries in a folder, sorted; links are not followed."""
    found: list[Path] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    found.append(path)
    return found


def dynamic_section(path: Path) -> str:
    """Return what ``objdump -p`` says of a file."""
    return subprocess.run(
        ["objdump", "-p", str(path)], check=True, capture_output=True, text=True, timeout=60
    ).stdout  # fmt: skip


def needed_libraries(folder: Path) -> tuple[dict[str, list[str]], tuple[int, int]]:
    """Return what the files of an app need from outside.

    Returns:
        Library names, each with the files that need it, and the newest version of the GNU C library that any asks for.
    """
    files = elf_files(folder)
    carried = {path.name for path in folder.rglob("*.so*")}
    needed: dict[str, list[str]] = {}
    newest = (2, 17)
    for path in files:
        if path.name in OPTIONAL:
            continue
        text = dynamic_section(path)
        for name in _NEEDED.findall(text):
            if name not in carried:
                needed.setdefault(name, []).append(path.name)
        newest = max(newest, *((int(major), int(minor)) for major, minor in _GLIBC.findall(text)), newest)
    return needed, newest


def package_relations(needed: Iterable[str], glibc: tuple[int, int]) -> list[str]:
    """Return the entries of ``Depends`` for these libraries, sorted, each package once.

    Raises:
        UnknownLibraryError: some are not in the table.
    """
    names = sorted(needed)
    unknown = [name for name in names if name not in LIBRARIES]
    if unknown:
        raise UnknownLibraryError(f"no package is known for {', '.join(unknown)}: add them to {Path(__file__).name}")
    packages = {LIBRARIES[name] for name in names} | {"libc6"}
    return [_relation(package, glibc) for package in sorted(packages)]


def _relation(package: str, glibc: tuple[int, int]) -> str:
    if package == "libc6":
        return f"libc6 (>= {glibc[0]}.{glibc[1]})"
    return f"{RENAMED[package]} | {package}" if package in RENAMED else package
