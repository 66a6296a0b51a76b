"""What a remedy is made of: programs to run, files to change, things to ask of the engine. Data only."""

from typing import Literal, TypeAlias

import msgspec

USER, UID, GID, HOME = "{user}", "{uid}", "{gid}", "{home}"
"""Stand for the person in arguments and paths; filled in when a plan is made."""


class MergeObject(msgspec.Struct, frozen=True, tag="merge"):
    """Put the members of this JSON object into the file's; what else stands there stays as it is written."""

    members: str


class PutText(msgspec.Struct, frozen=True, tag="put"):
    """Make this the whole content."""

    text: str


class TakeOutput(msgspec.Struct, frozen=True, tag="take"):
    """Make what a program prints the whole content; of several programs the first that is there is run."""

    programs: tuple[tuple[str, ...], ...]


class CorrectObject(msgspec.Struct, frozen=True, tag="correct"):
    """Mend the slips that keep the file from being JSON: commas, comments."""


class SetToml(msgspec.Struct, frozen=True, tag="toml"):
    """Give one setting of a TOML file this value; what else stands there stays as it is written."""

    table: str
    key: str
    value: bool | str


class DropFile(msgspec.Struct, frozen=True, tag="drop"):
    """Remove the file; a copy is kept."""


Edit: TypeAlias = MergeObject | PutText | TakeOutput | CorrectObject | SetToml | DropFile


class RunStep(msgspec.Struct, frozen=True, kw_only=True, tag="run"):
    """Run one program, never a shell.

    Attributes:
        title: what it does, in the imperative.
        limit: seconds it may take.
        undo: the program that takes it back; empty where nothing does.
        unless: a program that only looks; when it succeeds, this step has nothing to do.
        settles: it makes something read its settings anew; when they are put back, ``undo`` (or the same, where that is
            empty) follows as the last step.
    """

    title: str
    argv: tuple[str, ...]
    privileged: bool = False
    limit: float = 60.0
    undo: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    settles: bool = False


class EditStep(msgspec.Struct, frozen=True, kw_only=True, tag="edit"):
    """Change a file.

    Attributes:
        mode: permission bits of a file that was not there; one that was keeps its own, and its owner.
    """

    title: str
    path: str
    edit: Edit
    privileged: bool = False
    mode: int = 0o644


Act: TypeAlias = Literal["stop_container", "start_container", "remove_container", "remove_image", "clear_build_cache"]


class EngineStep(msgspec.Struct, frozen=True, kw_only=True, tag="engine"):
    """Ask the engine for one thing.

    Attributes:
        target: name or id of the container or image.
        size: bytes that it frees; None where that is not known.
        may_fail: going on without it does no harm.
    """

    title: str
    act: Act
    target: str = ""
    size: int | None = None
    may_fail: bool = False


RecipeStep: TypeAlias = RunStep | EditStep | EngineStep
