"""Image files (tar archives) looked at before the engine is given them, and after it has written one."""

import os
import stat
import tarfile
from pathlib import Path

import msgspec

from drydock.core.trouble import Trouble

# how files that are compressed as a whole begin
_MAGIC = {
    b"\x1f\x8b": "gz",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zst",
}
# the lists of contents that archives of images have: Docker's, OCI's, and Docker's before version 1.10
_CONTENTS = ("manifest.json", "index.json", "repositories")
# a list of contents has a few hundred bytes for each image
_CONTENTS_LIMIT = 4 << 20
_BLOCK = 512


class ImageArchive(msgspec.Struct, frozen=True, kw_only=True):
    """An image file that looks like one.

    Attributes:
        size: bytes of the file.
        packed: it is compressed as a whole, so that only its beginning was looked at.
        references: names of the images in it, as far as they were read.
    """

    path: str
    size: int
    packed: bool
    references: tuple[str, ...] = ()


class _DockerImage(msgspec.Struct, rename="pascal"):
    repo_tags: tuple[str, ...] | None = None


class _OciManifest(msgspec.Struct):
    annotations: dict[str, str] | None = None


class _OciIndex(msgspec.Struct):
    manifests: tuple[_OciManifest, ...] | None = None


def look_into(path: str) -> ImageArchive:
    """Make sure that a file can be read and is an archive of images.

    Raises:
        Trouble: ``image-archive-missing``, ``image-archive-unreadable`` or ``image-archive-not-an-image``.
    """
    try:
        size, head = _beginning(path)
        packing = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")
        if packing:
            # this Python may have no decoder for zstd; the engine will say what it thinks of the content
            if packing != "zst":
                _look_at_first(path)
            return ImageArchive(path=path, size=size, packed=True)
        return ImageArchive(path=path, size=size, packed=False, references=_look_at_all(path))
    except FileNotFoundError as error:
        raise Trouble("image-archive-missing", path=path) from error
    except (tarfile.TarError, EOFError) as error:
        raise Trouble("image-archive-not-an-image", path=path, text=str(error) or "it ends too soon") from error
    except OSError as error:
        raise Trouble("image-archive-unreadable", path=path, text=error.strerror or str(error)) from error
    except ValueError as error:
        raise Trouble("image-archive-unreadable", path=path, text=str(error)) from error


def ends_properly(path: str) -> bool:
    """Return whether an uncompressed archive ends as a whole one does, with a block of zeros."""
    with Path(path).open("rb") as file:
        if file.seek(0, os.SEEK_END) < _BLOCK:
            return False
        file.seek(-_BLOCK, os.SEEK_END)
        return not any(file.read(_BLOCK))


def _beginning(path: str) -> tuple[int, bytes]:
    # without O_NONBLOCK, opening a FIFO would wait for a writer
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    try:
        told = os.fstat(descriptor)
        if not stat.S_ISREG(told.st_mode):
            raise OSError("it is a directory or a device, not a file")
        return told.st_size, os.read(descriptor, _BLOCK)
    finally:
        os.close(descriptor)


def _look_at_first(path: str) -> None:
    with tarfile.open(path, "r|*") as archive:
        if archive.next() is None:
            raise tarfile.ReadError("it is empty")


def _look_at_all(path: str) -> tuple[str, ...]:
    with tarfile.open(path, "r:") as archive:
        found: dict[str, tarfile.TarInfo] = {}
        for member in archive:
            name = member.name.removeprefix("./")
            if name in _CONTENTS and member.isfile():
                found[name] = member
        for name in _CONTENTS:
            if name in found:
                return _names(archive, found[name])
    raise tarfile.ReadError("it has neither manifest.json nor index.json")


def _names(archive: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[str, ...]:
    file = archive.extractfile(member)
    content = file.read(_CONTENTS_LIMIT) if file else b""
    try:
        if member.name.endswith("manifest.json"):
            images = msgspec.json.decode(content, type=tuple[_DockerImage, ...])
            return tuple(name for image in images for name in image.repo_tags or ())
        if member.name.endswith("index.json"):
            index = msgspec.json.decode(content, type=_OciIndex)
            told = (manifest.annotations or {} for manifest in index.manifests or ())
            return tuple(name for one in told if (name := one.get("io.containerd.image.name", "")))
    except msgspec.MsgspecError as error:
        raise tarfile.ReadError(f"its {member.name} cannot be read: {error}") from error
    return ()
