"""What is concluded from a snapshot: findings, each with its evidence, in four states."""

from typing import Literal, TypeAlias

import msgspec

from drydock.core.facts import Snapshot
from drydock.core.trouble import Value

State: TypeAlias = Literal["ok", "attention", "broken", "not_tested"]
Rung: TypeAlias = Literal["host", "gpu", "driver", "engine", "toolkit", "image", "container", "torch", "load", "work"]

RUNGS: tuple[Rung, ...] = ("host", "gpu", "driver", "engine", "toolkit", "image", "container", "torch", "load", "work")


class Evidence(msgspec.Struct, frozen=True):
    """What was asked, and what came back, raw."""

    source: str
    text: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of one check.

    Attributes:
        id: the check's stable id; the key of its article under resources/knowledge.
        rung: the step of the ladder it belongs to.
        state: ok, attention, broken or not tested.
        variant: which of the article's texts applies (``ok``, ``not_running`` …).
        values: what the text's placeholders are filled with.
    """

    id: str
    rung: Rung
    state: State
    variant: str
    values: dict[str, Value] = {}
    evidence: tuple[Evidence, ...] = ()


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Something of this computer that is no longer as it was when a thing still worked.

    Attributes:
        subject: what it is (``driver``, ``kernel``, ``image`` …); with ``kind`` the key of its text.
        name: which one, where there are several: a variable, a path, an address.
        since: when it was last seen as it was; ISO 8601, UTC.
        seen: when it was first seen as it is now; likewise. Both lie around the moment of the change.
    """

    subject: str
    kind: Literal["changed", "appeared", "gone"]
    name: str = ""
    before: str = ""
    after: str = ""
    since: str
    seen: str


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the time when something that is broken now was not.

    Attributes:
        finding: id of what is broken now.
        worked_at: when it was last seen whole; ISO 8601, UTC.
        changes: what changed since then, the likeliest cause first.
    """

    finding: str
    worked_at: str
    changes: tuple[Change, ...] = ()


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot with what was concluded from it, in reading order.

    Attributes:
        past: what changed since the root cause was last seen whole; None where that is not known.
    """

    snapshot: Snapshot
    findings: tuple[Finding, ...]
    past: Past | None = None

    @property
    def root_cause(self) -> Finding | None:
        """The first broken finding in reading order: mend this one first."""
        return next((finding for finding in self.findings if finding.state == "broken"), None)

    @property
    def worst(self) -> State:
        """The gravest state among the findings; ``ok`` when there are none."""
        states = {finding.state for finding in self.findings}
        order: tuple[State, ...] = ("broken", "attention", "not_tested")
        for state in order:
            if state in states:
                return state
        return "ok"
