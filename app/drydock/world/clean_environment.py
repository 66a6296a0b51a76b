"""The environment that a child process gets: the user's own, without what a packaged app added to it."""

from collections.abc import Mapping

_BOOTLOADER_PREFIXES = ("_PYI_", "_MEIPASS")
"""Names that PyInstaller's bootloader uses between its own processes."""

_ORIGINAL = "_ORIG"
"""PyInstaller keeps a variable that it overwrites under its name with this ending."""

_LISTS = frozenset(
    {
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "LIBPATH",
        "PATH",
        "PYTHONPATH",
        "QT_PLUGIN_PATH",
        "QML2_IMPORT_PATH",
        "QML_IMPORT_PATH",
        "XDG_DATA_DIRS",
        "XDG_CONFIG_DIRS",
        "GI_TYPELIB_PATH",
        "GST_PLUGIN_PATH",
    }
)


def clean_environment(environment: Mapping[str, str], frozen: str, separator: str = ":") -> dict[str, str]:
    """Return the environment as the user set it.

    Args:
        environment: the present variables.
        frozen: directory that a packaged app was unpacked into; empty when the app runs from source, in which case
            nothing was added and everything is kept.
        separator: what stands between the entries of a path list.

    Returns:
        The variables without those of the bootloader, with overwritten ones put back, and without values (or entries
        of path lists) that lead into the package: ``QT_PLUGIN_PATH``, ``GIO_MODULE_DIR``, ``SSL_CERT_FILE`` and such.
    """
    if not frozen:
        return dict(environment)
    clean: dict[str, str] = {}
    for name, value in {**_put_back(environment), **environment}.items():
        if name.startswith(_BOOTLOADER_PREFIXES) or _is_backup(name, environment):
            continue
        kept = _without_package(name, environment.get(name + _ORIGINAL, value), frozen, separator)
        if kept or (kept is not None and name not in _LISTS):
            clean[name] = kept
    return clean


def _put_back(environment: Mapping[str, str]) -> dict[str, str]:
    """Return path lists of which only the backup is left."""
    bases = {name.removesuffix(_ORIGINAL): value for name, value in environment.items() if name.endswith(_ORIGINAL)}
    return {name: value for name, value in bases.items() if name in _LISTS}


def _is_backup(name: str, environment: Mapping[str, str]) -> bool:
    base = name.removesuffix(_ORIGINAL)
    return base != name and (base in environment or base in _LISTS)


def _without_package(name: str, value: str, frozen: str, separator: str) -> str | None:
    """Return the value without parts that lie in the package; None when nothing of it is the user's."""
    if name in _LISTS:
        entries = [entry for entry in value.split(separator) if not _inside(entry, frozen)]
        return separator.join(entries) if entries else None
    return None if _inside(value, frozen) else value


def _inside(path: str, frozen: str) -> bool:
    root = frozen.rstrip("/\\")
    return bool(root) and (path == root or path.startswith((root + "/", root + "\\")))
