"""A remedy, worked out for this computer: exactly what will be run and written, and what takes it back. Pure."""

import difflib
import hashlib
import json
import shlex
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

import msgspec

from drydock.core.remedies.json_text import corrected, merged
from drydock.core.remedies.remedy import Remedy
from drydock.core.remedies.steps import (
    GID,
    HOME,
    UID,
    USER,
    Act,
    CorrectObject,
    DropFile,
    EditStep,
    EngineStep,
    MergeObject,
    PutText,
    RunStep,
    SetToml,
)
from drydock.core.remedies.toml_text import with_setting
from drydock.core.trouble import Trouble


class WriteStep(msgspec.Struct, frozen=True, kw_only=True, tag="write"):
    """Write a file, if it is still as it was seen.

    Attributes:
        before: its content as it was seen; None where there was no file. Bytes that are no UTF-8 are surrogates.
        after: its content then; None removes it.
        mode: permission bits of a file that was not there.
    """

    title: str
    path: str
    before: str | None
    after: str | None
    mode: int = 0o644
    privileged: bool = False

    @property
    def diff(self) -> str:
        """What changes, as a unified diff."""
        return unified(self.path, self.before, self.after)


Step: TypeAlias = RunStep | WriteStep | EngineStep


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What of this computer a plan depends on.

    Attributes:
        user: the person's login name; ``home`` their directory.
        root: directory that all paths lie below; empty is the computer itself.
        contents: present content of each file that a remedy edits; None where it is not there.
        outputs: what the programs printed whose output becomes a file.
        satisfied: programs that only look, and succeeded.
        sizes: bytes held by containers, by name.
    """

    user: str
    uid: int
    gid: int
    home: str
    root: str = ""
    contents: Mapping[str, str | None] = {}
    outputs: Mapping[tuple[str, ...], str] = {}
    satisfied: frozenset[tuple[str, ...]] = frozenset()
    sizes: Mapping[str, int] = {}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is shown and agrees to.

    Attributes:
        remedy: id of the remedy.
        target: what it is applied to, where there are several.
        note: what to know before.
        commands: lines for a shell that do the same by hand.
        recheck: ids of the checks to ask afterwards.
        undoes: id of the entry in the log that this takes back; empty for a remedy.
    """

    remedy: str
    target: str = ""
    title: str
    note: str = ""
    steps: tuple[Step, ...]
    commands: tuple[str, ...] = ()
    recheck: tuple[str, ...] = ()
    undoes: str = ""

    @property
    def privileged(self) -> bool:
        """Whether a step needs root."""
        return any(not isinstance(step, EngineStep) and step.privileged for step in self.steps)

    @property
    def lasting(self) -> tuple[Step, ...]:
        """The steps that nothing takes back."""
        return tuple(step for step in self.steps if inverse_of(step) is None)

    @property
    def frees(self) -> int:
        """Bytes that it frees, as far as they are known."""
        return sum(step.size or 0 for step in self.steps if isinstance(step, EngineStep))

    @property
    def fingerprint(self) -> str:
        """What consent is given to: another plan has another one."""
        # the standard encoder writes lone surrogates, which stand for bytes that are no UTF-8
        text = json.dumps([self.remedy, self.target, msgspec.to_builtins(self.steps)])
        return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def plan_of(remedy: Remedy, ground: Ground) -> Plan:
    """Work a remedy out for this computer.

    Raises:
        Trouble: ``mend-by-hand``, ``mend-file-not-json``, ``mend-file-not-toml``, ``mend-not-correctable``,
            ``mend-nothing-to-do``.
    """
    if not remedy.steps:
        raise Trouble("mend-by-hand", title=remedy.title, note=remedy.note, commands="\n".join(remedy.commands))
    steps: list[Step] = []
    for step in remedy.steps:
        if isinstance(step, RunStep):
            if not step.unless or _filled(step.unless, ground) not in ground.satisfied:
                steps.append(_run(step, ground))
        elif isinstance(step, EngineStep):
            steps.append(_sized(step, ground))
        elif (written := _write(step, ground)) is not None:
            steps.append(written)
    settled = all(isinstance(step, RunStep) and step.settles for step in remedy.steps)
    if not settled and all(isinstance(step, RunStep) and step.settles for step in steps):
        raise Trouble("mend-nothing-to-do", title=remedy.title)
    return Plan(
        remedy=remedy.id,
        target=remedy.target,
        title=remedy.title,
        note=remedy.note,
        steps=tuple(steps),
        commands=remedy.commands,
        recheck=remedy.recheck,
    )


def place_of(path: str, ground: Ground) -> str:
    """Return where a file of a remedy lies."""
    return ground.root.rstrip("/") + _filled((path,), ground)[0]


def _filled(argv: tuple[str, ...], ground: Ground) -> tuple[str, ...]:
    values = {USER: ground.user, UID: str(ground.uid), GID: str(ground.gid), HOME: ground.home}
    filled: list[str] = []
    for word in argv:
        for name, value in values.items():
            word = word.replace(name, value)  # noqa: PLW2901
        filled.append(word)
    return tuple(filled)


def _run(step: RunStep, ground: Ground) -> RunStep:
    return msgspec.structs.replace(
        step, argv=_filled(step.argv, ground), undo=_filled(step.undo, ground), unless=_filled(step.unless, ground)
    )


def _sized(step: EngineStep, ground: Ground) -> EngineStep:
    size = ground.sizes.get(step.target) if step.act == "remove_container" else None
    return step if size is None else msgspec.structs.replace(step, size=size)


def _write(step: EditStep, ground: Ground) -> WriteStep | None:
    path = place_of(step.path, ground)
    before = ground.contents.get(path)
    after = _edited(step, path, before, ground)
    if after == before:
        return None
    return WriteStep(
        title=step.title, path=path, before=before, after=after, mode=step.mode, privileged=step.privileged
    )


def _edited(step: EditStep, path: str, before: str | None, ground: Ground) -> str | None:
    edit = step.edit
    if isinstance(edit, DropFile):
        return None
    if isinstance(edit, PutText):
        return edit.text
    if isinstance(edit, SetToml):
        try:
            return with_setting(before or "", edit.table, edit.key, edit.value)
        except ValueError as error:
            raise Trouble("mend-file-not-toml", path=path, problem=str(error)) from error
    if isinstance(edit, MergeObject):
        try:
            return merged(before or "", cast("dict[str, Any]", json.loads(edit.members)))
        except ValueError as error:
            raise Trouble("mend-file-not-json", path=path, problem=str(error)) from error
    if isinstance(edit, CorrectObject):
        fixed = corrected(before or "")
        if fixed is None:
            raise Trouble("mend-not-correctable", path=path)
        return fixed
    return next(ground.outputs[argv] for argv in edit.programs if argv in ground.outputs)


_BACK: dict[Act, Act] = {"stop_container": "start_container", "start_container": "stop_container"}


def inverse_of(step: Step) -> Step | None:
    """Return the step that takes one back; None where nothing does."""
    if isinstance(step, WriteStep):
        return msgspec.structs.replace(step, title=f"Put {step.path} back", before=step.after, after=step.before)
    if isinstance(step, EngineStep):
        back = _BACK.get(step.act)
        verb = "Start" if back == "start_container" else "Stop"
        return EngineStep(title=f"{verb} the container {step.target}", act=back, target=step.target) if back else None
    if step.settles:
        again = "Restart the engine" if "restart" in step.undo else step.title
        return msgspec.structs.replace(step, title=again, argv=step.undo or step.argv, undo=step.argv, unless=())
    if step.undo:
        title = f"Take back: {step.title}"
        return msgspec.structs.replace(step, title=title, argv=step.undo, undo=step.argv, unless=())
    return None


def backwards(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return what takes steps back, last one first; what makes settings count follows when all are put back."""
    inverses = [inverse for step in reversed(steps) if (inverse := inverse_of(step)) is not None]
    ending = [step for step in inverses if isinstance(step, RunStep) and step.settles]
    return (*(step for step in inverses if step not in ending), *dict.fromkeys(ending))


def command_line(step: RunStep) -> str:
    """Return a step as a line for a shell."""
    return ("sudo " if step.privileged else "") + shlex.join(step.argv)


def unified(path: str, before: str | None, after: str | None) -> str:
    """Return the difference of two contents as a unified diff, without line ends that a terminal would obey."""
    lines = difflib.unified_diff(
        _lines(before),
        _lines(after),
        fromfile=path if before is not None else "/dev/null",
        tofile=path if after is not None else "/dev/null",
        lineterm="",
    )
    return "\n".join(lines)


def _lines(content: str | None) -> list[str]:
    if not content:
        return []
    shown = "".join(_shown(letter) for letter in content)
    lines = shown.split("\n")
    if lines[-1]:
        return [*lines[:-1], f"{lines[-1]}  (no line end)"]
    return lines[:-1]


def _shown(letter: str) -> str:
    if letter in "\n\t" or letter.isprintable():
        return letter
    code = ord(letter)
    return f"\\x{code & 0xFF:02x}" if code < 0x100 or 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def preview(plan: Plan) -> str:
    """Return everything that will be done, as text."""
    lines = [plan.title]
    if plan.note:
        lines.append(plan.note)
    for number, step in enumerate(plan.steps, 1):
        lines += ["", f"{number}. {step.title}{_size_words(step)}"]
        if isinstance(step, RunStep):
            lines.append(f"   $ {command_line(step)}")
        elif isinstance(step, WriteStep):
            lines.append(f"   {step.path}{' (as root)' if step.privileged else ''}")
            lines += [f"   {line}" for line in step.diff.split("\n")]
    lasting = plan.lasting
    lines.append("")
    if not lasting:
        lines.append("All of it can be taken back.")
    elif len(lasting) == len(plan.steps):
        lines.append("None of it can be taken back.")
    else:
        lines.append("Cannot be taken back: " + "; ".join(step.title for step in lasting) + ".")
    return "\n".join(lines)


def _size_words(step: Step) -> str:
    if not isinstance(step, EngineStep) or step.size is None:
        return ""
    return f" ({step.size / 1e9:.1f} GB)" if step.size >= 10**8 else f" ({step.size / 1e6:.1f} MB)"
