"""Checks of the disk that the engine keeps images on: its file system, its files, what could be freed."""

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen, unknown
from drydock.core.checks.engine import IMAGE_WANTS
from drydock.core.checks.engine_situation import NETWORK_KINDS, mount_of
from drydock.core.checks.situation import gigabytes, is_docker_desktop
from drydock.core.facts import Known, Missing, Snapshot, known_or
from drydock.core.findings import Evidence

_WINDOWS_KINDS = frozenset({"9p", "drvfs"})
_FOREIGN_KINDS = frozenset({"vfat", "exfat", "ntfs", "ntfs3", "fuseblk", "hfsplus"})


def ask_filesystem(snapshot: Snapshot) -> Answer:
    """Ask whether the engine keeps images on a file system that is made for it."""
    engine = snapshot.engine
    if engine.remote or is_docker_desktop(snapshot) or snapshot.host.system != "linux":
        return not_tested("elsewhere")
    root = engine.data_root
    if isinstance(root, Missing):
        return unknown("engine's data directory", root)
    mount = mount_of(snapshot, root.value)
    if mount is None:
        why = snapshot.engine_setup.mounts
        return unknown("file systems", why if isinstance(why, Missing) else Missing("absent", "none holds it"))
    evidence = (
        Evidence(root.value, f"on {mount.path}, {mount.kind}{', read-only' if mount.read_only else ''}"),
        seen("backing file system", engine.backing_filesystem),
        seen("keeps file types", engine.file_types),
        seen("storage driver", engine.storage_driver),
    )
    values = {"path": root.value, "kind": mount.kind}
    if mount.read_only:
        return broken("read_only", *evidence, **values)
    if mount.kind in NETWORK_KINDS:
        return attention("network", *evidence, **values)
    if mount.kind in _WINDOWS_KINDS or mount.kind in _FOREIGN_KINDS:
        return attention("foreign", *evidence, **values)
    if mount.kind == "tmpfs":
        return attention("memory", *evidence, **values)
    if known_or(engine.file_types, default=True) is False:
        return attention("no_types", *evidence, **values)
    return ok(*evidence, **values)


FILES_NEEDED = 100_000
"""Files in a PyTorch image, an estimate: its Python packages alone are some ten thousands."""

FILES_LEAST = 20_000


def ask_files(snapshot: Snapshot) -> Answer:
    """Ask whether the file system can hold the many files of an image; room in bytes does not help when it cannot."""
    told = snapshot.engine.data_root_inodes
    if isinstance(told, Missing):
        if told.why == "not_supported":
            return ok(seen("files that fit", told), variant="as_they_come")
        return unknown("files that fit", told)
    most, free = told.value
    evidence = Evidence("files", f"{free} more of {most}")
    path = known_or(snapshot.engine.data_root, "the engine's data directory")
    if free < FILES_LEAST:
        return broken("full", evidence, free=free, path=path)
    if free < FILES_NEEDED:
        return attention("few", evidence, free=free, path=path)
    return ok(evidence, free=free, path=path)


MUCH = 20 * 10**9
"""Bytes that nothing uses and that are worth a look on any disk."""

SOME = 2 * 10**9
"""Bytes that are worth a look where room is short."""


def ask_leftovers(snapshot: Snapshot) -> Answer:
    """Ask how much of the engine's disk is held by what nothing uses."""
    images, contents = snapshot.engine.images, snapshot.engine_contents
    if isinstance(images, Missing):
        return unknown("images", images)
    unnamed = [image for image in images.value if not image.references]
    cache = contents.value.build_cache if isinstance(contents, Known) else Missing("not_asked")
    ended = len(contents.value.ended) if isinstance(contents, Known) else 0
    total = sum(image.size for image in unnamed) + known_or(cache, 0)
    evidence = (
        Evidence("images without a name", f"{len(unnamed)}, {sum(image.size for image in unnamed)} bytes"),
        seen("unused bytes of the build cache", cache),
        Evidence("containers that ended", str(ended)),
    )
    values = {
        "total": gigabytes(total),
        "images": str(len(unnamed)),
        "cache": gigabytes(known_or(cache, 0)),
        "ended": str(ended),
    }
    short = known_or(snapshot.engine.data_root_free, IMAGE_WANTS) < IMAGE_WANTS
    if total > MUCH or (short and total > SOME):
        return attention("much", *evidence, **values)
    return ok(*evidence, variant="ok" if total else "none", **values)
