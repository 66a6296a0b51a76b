"""The newest tag lists that registries gave, kept so that a choice made offline knows them too."""

from pathlib import Path

import msgspec

from drydock.core.facts import TagList
from drydock.store.regular import read_regular

SCHEMA = 1
_SIZE_LIMIT = 8 << 20


class _File(msgspec.Struct, frozen=True, kw_only=True):
    schema: int
    lists: tuple[TagList, ...]


def read_tag_lists(path: Path) -> tuple[tuple[TagList, ...], tuple[str, ...]]:
    """Read the kept lists; what is not readable counts as none, as it can be asked for again.

    Returns:
        The lists, and a line for what was wrong.
    """
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            return (), (f"{path} is larger than any tag list; it is not used",)
        kept = msgspec.json.decode(read_regular(path), type=_File)
    except FileNotFoundError:
        return (), ()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return (), (f"{path} cannot be read ({error}); the tags are asked for again when wanted",)
    return (kept.lists, ()) if kept.schema == SCHEMA else ((), ())


def write_tag_lists(path: Path, lists: tuple[TagList, ...]) -> None:
    """Replace the file in one step.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(_File(schema=SCHEMA, lists=lists)))
    fresh.replace(path)
