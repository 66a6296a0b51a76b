"""The shape of a remedy, and what makes one."""

import shlex
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from drydock.core.facts import Snapshot
from drydock.core.findings import Finding
from drydock.core.remedies.steps import USER, RecipeStep, RunStep


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that would help.

    Attributes:
        id: stable identifier.
        title: what it does, in the imperative.
        commands: lines for a shell, in their order; those that need root begin with ``sudo``.
        privileged: whether a line needs root.
        note: what to know before.
        target: what it is applied to, where there are several.
        steps: what Drydock itself would do; none where only a person can do it.
        recheck: ids of checks to ask afterwards, besides that of the finding.
    """

    id: str
    title: str
    commands: tuple[str, ...]
    privileged: bool
    note: str = ""
    target: str = ""
    steps: tuple[RecipeStep, ...] = ()
    recheck: tuple[str, ...] = ()


Make: TypeAlias = Callable[[Finding, Snapshot], "Remedy | tuple[Remedy, ...] | None"]
"""Makes a remedy for a finding; None where it does not fit this machine."""


def _line(step: RunStep) -> str:
    words = ['"$USER"' if word == USER else shlex.quote(word) for word in step.argv]
    return ("sudo " if step.privileged else "") + " ".join(words)


def remedy(
    remedy_id: str,
    title: str,
    *commands: str,
    note: str = "",
    target: str = "",
    steps: tuple[RecipeStep, ...] = (),
    recheck: tuple[str, ...] = (),
) -> Remedy:
    """Make a remedy; it is privileged when a command uses sudo.

    Without commands, they are those of the steps, which must then all be programs to run.
    """
    commands = commands or tuple(_line(step) for step in steps if isinstance(step, RunStep))
    privileged = any("sudo " in command for command in commands)
    return Remedy(
        id=remedy_id,
        title=title,
        commands=commands,
        privileged=privileged,
        note=note,
        target=target,
        steps=steps,
        recheck=recheck,
    )
