"""Build the packaged app as one folder, ``packaging/out/drydock``, and say how large it is."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from desktop_libraries import dynamic_section, elf_files

HERE = Path(__file__).resolve().parent
OUT = HERE / "out"
APP = OUT / "drydock"
_BUILD_LIMIT = 900.0


def build(log_level: str = "ERROR") -> Path:
    """Build the folder anew.

    Raises:
        SystemExit: PyInstaller is not installed, or it failed.
    """
    if shutil.which("objdump") is None:
        sys.exit("Building needs objdump: install the package binutils.")
    shutil.rmtree(APP, ignore_errors=True)
    command = [
        sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", log_level,
        "--distpath", str(OUT), "--workpath", str(OUT / "build"), str(HERE / "drydock.spec"),
    ]  # fmt: skip
    # the order of sets must not show in the archive; a caller's Qt settings must not either
    environment = {**os.environ, "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": source_date()}
    if subprocess.run(command, check=False, env=environment, timeout=_BUILD_LIMIT).returncode:
        sys.exit("PyInstaller could not build the app; its messages are above.")
    strip_python(APP)
    forget_build_machine(APP)
    return APP


def source_date() -> str:
    """Return ``SOURCE_DATE_EPOCH``: as set, else the time of the last commit, else the start of 2026."""
    told = os.environ.get("SOURCE_DATE_EPOCH")
    if told:
        return told
    git = ["git", "-C", str(HERE), "log", "-1", "--format=%ct"]
    try:
        answer = subprocess.run(git, check=False, capture_output=True, text=True, timeout=20).stdout.strip()
    except OSError:
        answer = ""
    return answer or "1767225600"


def strip_python(folder: Path) -> None:
    """Take debugging symbols out of the interpreter, which self-built ones carry. Wheels are left as they came."""
    if shutil.which("strip") is None:
        return
    internal = folder / "_internal"
    library = sysconfig.get_config_var("INSTSONAME")
    files = [*(internal / "lib-dynload").glob("*.so"), *internal.glob("python3*/lib-dynload/*.so")]
    if library and (internal / library).is_file():
        files.append(internal / library)
    for path in files:
        subprocess.run(["strip", "--strip-unneeded", str(path)], check=True, timeout=60)


def forget_build_machine(folder: Path) -> None:
    """Empty the library search paths that lead to a directory of the build machine, as a self-built Python has them.

    On another computer such a directory is nobody's, and whoever can make it could slip in a library.
    """
    for path in elf_files(folder):
        found = re.search(r"^\s+(?:RUNPATH|RPATH)\s+(\S+)", dynamic_section(path), re.MULTILINE)
        if found and not all(entry.startswith("$ORIGIN") for entry in found[1].split(":")):
            start, size = string_table(path)
            content = path.read_bytes()
            table = content[start : start + size]
            whole = b"\0" + found[1].encode() + b"\0"
            if whole not in table:
                sys.exit(f"the search path {found[1]} of {path.relative_to(folder)} cannot be taken out")
            path.write_bytes(content[:start] + table.replace(whole, bytes(len(whole))) + content[start + size :])


def string_table(path: Path) -> tuple[int, int]:
    """Return offset and size of the names that a library's dynamic section refers to."""
    command = ["objdump", "--section-headers", "--wide", "--section=.dynstr", str(path)]
    listing = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    fields = next(line.split() for line in listing.splitlines() if ".dynstr" in line)
    return int(fields[5], 16), int(fields[2], 16)


def size_of(folder: Path) -> int:
    """Return the bytes of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def main() -> None:
    """Build, then print where and how large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log-level", default="ERROR", help="of PyInstaller: INFO, WARN, ERROR")
    parser.add_argument("--largest", type=int, default=0, metavar="N", help="list the N largest files")
    options = parser.parse_args()
    started = time.monotonic()
    app = build(options.log_level)
    files = [path for path in app.rglob("*") if path.is_file() and not path.is_symlink()]
    seconds = time.monotonic() - started
    print(f"{app.relative_to(HERE.parent)}: {size_of(app) / 1e6:.1f} MB in {len(files)} files, {seconds:.0f} s")
    for path in sorted(files, key=lambda path: path.stat().st_size, reverse=True)[: options.largest]:
        print(f"{path.stat().st_size / 1e6:8.2f} MB  {path.relative_to(app)}")


if __name__ == "__main__":
    main()
