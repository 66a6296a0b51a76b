"""The shape of a check, and the words its answer is made of."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias, cast, get_args

import msgspec

from drydock.core.facts import Known, Missing, Snapshot, missing_text
from drydock.core.findings import Evidence, Rung, State
from drydock.core.images.catalogue import Catalogue
from drydock.core.trouble import Value

Subject: TypeAlias = Literal[
    "host",
    "disks",
    "driver",
    "setup",
    "kernel_log",
    "wsl",
    "nvml",
    "engine",
    "engine_setup",
    "engine_contents",
    "network",
    "toolkit",
    "ports",
    "host_torch",
    "container",
    "inside",
    "inside_network",
    "torch",
    "kernels",
    "load",
]
"""What is looked at in one go; each has a collector of this name, or is a step of the walk through a container."""

SUBJECTS: tuple[Subject, ...] = get_args(Subject)

INNER_SUBJECTS: tuple[Subject, ...] = ("container", "inside", "inside_network", "torch", "kernels", "load")
"""The steps of the walk, in their order. A quick look takes none of them."""

BLOCKED = "blocked"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a check says of a snapshot; the fields become those of its :class:`~drydock.core.findings.Finding`."""

    state: State
    variant: str
    values: dict[str, Value] = {}
    evidence: tuple[Evidence, ...] = ()


Ask: TypeAlias = Callable[[Snapshot], Answer]
AskImages: TypeAlias = Callable[[Snapshot, Catalogue], Answer]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One question.

    Attributes:
        ask: gives the answer; a check that needs to know which images exist has ``ask_images`` instead.
        reads: the subjects whose facts it looks at; it is asked as soon as they are there.
        needs: checks that must not be broken (nor blocked themselves); if one is, this one is not asked and its
            answer is *not tested*, variant ``blocked``, so that a consequence never looks like a cause.
        variants: every variant that may be answered; each has a text in the knowledge base.
    """

    id: str
    rung: Rung
    ask: Ask | None = None
    ask_images: AskImages | None = None
    reads: tuple[Subject, ...]
    needs: tuple[str, ...] = ()
    variants: tuple[str, ...]

    def answer(self, snapshot: Snapshot, catalogue: Catalogue) -> Answer:
        """Ask this check."""
        if self.ask_images:
            return self.ask_images(snapshot, catalogue)
        assert self.ask, f"{self.id} has nothing to ask"
        return self.ask(snapshot)

    @property
    def all_variants(self) -> tuple[str, ...]:
        """The variants, with ``blocked`` where another check can block this one."""
        return (*self.variants, BLOCKED) if self.needs else self.variants


def ok(*evidence: Evidence, variant: str = "ok", **values: Value) -> Answer:
    """Answer that all is well."""
    return Answer(state="ok", variant=variant, values=values, evidence=evidence)


def attention(variant: str, *evidence: Evidence, **values: Value) -> Answer:
    """Answer that something works but deserves a look."""
    return Answer(state="attention", variant=variant, values=values, evidence=evidence)


def broken(variant: str, *evidence: Evidence, **values: Value) -> Answer:
    """Answer that something does not work."""
    return Answer(state="broken", variant=variant, values=values, evidence=evidence)


def not_tested(variant: str, *evidence: Evidence, **values: Value) -> Answer:
    """Answer that it was not tested; the variant says why."""
    return Answer(state="not_tested", variant=variant, values=values, evidence=evidence)


def unknown(source: str, fact: Missing) -> Answer:
    """Answer that a fact could not be read; the text gets ``{why}``."""
    return not_tested("unknown", seen(source, fact), why=fact.detail or missing_text(fact))


def seen(source: str, fact: Known[Any] | Missing) -> Evidence:
    """Make evidence of a fact: its value, or why there is none."""
    if isinstance(fact, Missing):
        words = missing_text(fact)
        return Evidence(source, f"{words}: {fact.detail}" if fact.detail else words)
    value: object = fact.value
    if isinstance(value, tuple):
        items = cast("tuple[object, ...]", value)
        return Evidence(source, ", ".join(str(item) for item in items) or "(none)")
    return Evidence(source, str(value))
