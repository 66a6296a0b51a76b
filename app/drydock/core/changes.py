"""What changed on a computer between two moments, as candidates for why something no longer works.

Only what both moments know is compared: a fact that could not be read now is a consequence, not a change.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from drydock.core.checks.driver import library_versions
from drydock.core.checks.situation import pci_gpus
from drydock.core.facts import Fact, Known, Snapshot, known_or
from drydock.core.findings import Change, Diagnosis, Finding, Past, Rung, State

KEPT_STATES = 6
"""How many states of this computer are kept besides the last one in which nothing was broken."""

_Named: TypeAlias = Mapping[str, str] | None
"""Values by name, the empty one where there is only one value; None where it is not known what there is."""


class KeptMachine(msgspec.Struct, frozen=True, kw_only=True):
    """This computer in one state: it stayed the same, as far as is compared, between two moments.

    Attributes:
        first: when it was first seen so; ISO 8601, UTC. ``last`` likewise.
        states: the state of every finding, by its check's id.
        snapshot: as it was read last.
    """

    first: str
    last: str
    states: dict[str, State]
    snapshot: Snapshot

    @property
    def good(self) -> bool:
        """Whether nothing was broken."""
        return "broken" not in self.states.values()


def _one(fact: Fact[str]) -> _Named:
    if isinstance(fact, Known):
        return {"": fact.value} if fact.value else {}
    return {} if fact.why == "absent" else None


def _driver(snapshot: Snapshot) -> _Named:
    # while module and library differ NVML tells no version, but the library's file name does
    driver = snapshot.driver
    libraries = library_versions(known_or(driver.library_files, ()))
    if libraries:
        return {"": libraries[0]}
    if isinstance(driver.version, Known):
        return {"": driver.version.value}
    return {} if isinstance(driver.library_files, Known) else None


def _flavour(snapshot: Snapshot) -> _Named:
    fact = snapshot.driver.flavour
    return {"": str(fact.value)} if isinstance(fact, Known) else None


def _system(snapshot: Snapshot) -> _Named:
    fact = snapshot.host.distribution
    return {"": fact.value.pretty} if isinstance(fact, Known) else None


def _secure_boot(snapshot: Snapshot) -> _Named:
    fact = snapshot.setup.secure_boot
    return {"": "on" if fact.value else "off"} if isinstance(fact, Known) else None


def _gpus(snapshot: Snapshot) -> _Named:
    if not isinstance(snapshot.driver.pci_gpus, Known):
        return None
    return {gpu.address: f"10de:{gpu.device_id}" for gpu in pci_gpus(snapshot)}


def _holders(snapshot: Snapshot) -> _Named:
    if not isinstance(snapshot.driver.pci_gpus, Known):
        return None
    return {gpu.address: gpu.driver.value for gpu in pci_gpus(snapshot) if isinstance(gpu.driver, Known)}


def _mig(snapshot: Snapshot) -> _Named:
    if not snapshot.gpus:
        return None
    return {
        str(gpu.index): f"on, {len(gpu.mig_devices)} slices" if gpu.mig.value else "off"
        for gpu in snapshot.gpus
        if isinstance(gpu.mig, Known)
    }


def _address(snapshot: Snapshot) -> _Named:
    engine = snapshot.engine
    return {"": f"{engine.endpoint} ({engine.chosen_by})"} if engine.endpoint else None


def _engine(snapshot: Snapshot) -> _Named:
    version, product = snapshot.engine.version, known_or(snapshot.engine.product, "")
    return {"": f"{product} {version.value}".strip()} if isinstance(version, Known) else None


def _runtimes(snapshot: Snapshot) -> _Named:
    fact = snapshot.engine.runtimes
    return dict.fromkeys(fact.value, "there") if isinstance(fact, Known) else None


def _data_root(snapshot: Snapshot) -> _Named:
    return _one(snapshot.engine.data_root) or None


def _specs(snapshot: Snapshot) -> _Named:
    fact = snapshot.toolkit.cdi_specs
    if not isinstance(fact, Known):
        return None
    return {
        spec.path: f"driver {known_or(spec.driver_version, 'unknown')}, {len(spec.devices)} devices"
        for spec in fact.value
    }


def _images(snapshot: Snapshot) -> _Named:
    fact = snapshot.engine.images
    if not isinstance(fact, Known):
        return None
    return {name: (image.digests or (image.id,))[0] for image in fact.value for name in image.references}


def _walked(snapshot: Snapshot) -> _Named:
    fact = snapshot.container
    if not isinstance(fact, Known):
        return None
    return {"": f"{fact.value.image} ({fact.value.digest})" if fact.value.digest else fact.value.image}


def _variables(snapshot: Snapshot) -> _Named:
    return None if snapshot.host.system == "other" else snapshot.host.environment


def _groups(snapshot: Snapshot) -> _Named:
    user = snapshot.host.user
    return {name: "member" for name in user.value.groups if name == "docker"} if isinstance(user, Known) else None


_OF_ENGINE = frozenset({"engine", "runtime", "data-root", "image"})
"""Comparable only while it is the same engine."""

_ALWAYS = ("changed", "appeared", "gone")
_SUBJECTS: tuple[tuple[str, tuple[str, ...], Callable[[Snapshot], _Named]], ...] = (
    ("driver", _ALWAYS, _driver),
    ("module", ("changed",), lambda snapshot: _one(snapshot.driver.module_version)),
    ("flavour", ("changed",), _flavour),
    ("kernel", ("changed",), lambda snapshot: _one(snapshot.host.kernel)),
    ("holder", ("changed",), _holders),
    ("secure-boot", ("changed",), _secure_boot),
    ("gpu", _ALWAYS, _gpus),
    ("mig", ("changed",), _mig),
    ("address", ("changed",), _address),
    ("group", ("appeared", "gone"), _groups),
    ("engine", ("changed",), _engine),
    ("data-root", ("changed",), _data_root),
    ("runtime", ("appeared", "gone"), _runtimes),
    ("toolkit", _ALWAYS, lambda snapshot: _one(snapshot.toolkit.version)),
    ("cdi", _ALWAYS, _specs),
    ("variable", _ALWAYS, _variables),
    ("system", ("changed",), _system),
    ("image", _ALWAYS, _images),
    ("walked", ("changed",), _walked),
)
CHANGES: tuple[tuple[str, str], ...] = tuple((subject, kind) for subject, kinds, _ in _SUBJECTS for kind in kinds)
"""Every subject with every kind of change that it may have; each has a text."""

NEAR: dict[Rung, tuple[str, ...]] = {
    "host": ("kernel", "system", "variable"),
    "gpu": ("gpu", "holder", "mig", "driver", "module", "kernel", "variable"),
    "driver": ("driver", "module", "kernel", "flavour", "secure-boot", "holder", "gpu", "variable"),
    "engine": ("address", "group", "engine", "data-root", "variable", "system"),
    "toolkit": ("toolkit", "runtime", "cdi", "engine", "driver", "address"),
    "image": ("driver", "gpu", "image", "mig"),
    "container": ("walked", "image", "runtime", "cdi", "toolkit", "driver", "engine", "variable"),
    "torch": ("walked", "image", "driver", "gpu", "variable"),
    "load": ("driver", "gpu", "kernel", "walked", "image"),
    "work": ("image", "variable", "engine", "driver"),
}
"""What most often breaks a rung, the likeliest first; anything else that changed is named after it."""


def compared(snapshot: Snapshot) -> dict[str, _Named]:
    """Return everything that is compared, by subject."""
    return {subject: look(snapshot) for subject, _, look in _SUBJECTS}


def changes_since(good: KeptMachine, later: Sequence[KeptMachine], rung: Rung) -> tuple[Change, ...]:
    """Say what is otherwise in the last of ``later`` (oldest first, not empty) than it was in ``good``.

    Args:
        good: when it worked.
        later: the states since then; the last one is now.
        rung: of what is broken, which decides what is named first.
    """
    trail = [(kept.first, kept.last, compared(kept.snapshot)) for kept in (good, *later)]
    before, after = trail[0][2], trail[-1][2]
    same_engine = before["address"] == after["address"]
    found: list[Change] = []
    for subject, kinds, _ in _SUBJECTS:
        was, now = before[subject], after[subject]
        if was is None or now is None or (subject in _OF_ENGINE and not same_engine):
            continue
        for name in dict.fromkeys((*was, *now)):
            kind = _kind(was.get(name), now.get(name))
            if kind and kind in kinds:
                since, seen = _when(trail, subject, name)
                if subject == "driver":
                    since, seen = _logged(later[-1].snapshot, since, seen)
                values = {"before": was.get(name, ""), "after": now.get(name, "")}
                found.append(Change(subject=subject, kind=kind, name=name, since=since, seen=seen, **values))
    return tuple(sorted(found, key=lambda change: _distance(change.subject, rung)))


def _kind(was: str | None, now: str | None) -> Literal["changed", "appeared", "gone"] | None:
    if was == now:
        return None
    if was is None:
        return "appeared"
    return "gone" if now is None else "changed"


def _distance(subject: str, rung: Rung) -> int:
    near = NEAR[rung]
    return near.index(subject) if subject in near else len(near)


def _when(trail: Sequence[tuple[str, str, dict[str, _Named]]], subject: str, name: str) -> tuple[str, str]:
    """Return when a value was last seen otherwise, and when first as it is now."""
    now = trail[-1][2][subject] or {}
    since, seen = trail[0][1], trail[-1][0]
    # backwards from now to the newest state in which it was known to be otherwise
    for first, last, values in reversed(trail):
        was = values[subject]
        if was is None:
            continue
        if was.get(name) != now.get(name):
            return last, seen
        seen = first
    return since, seen


def _logged(snapshot: Snapshot, since: str, seen: str) -> tuple[str, str]:
    """Narrow the time of a driver's change to the day that the package manager's log tells, if it lies within."""
    change = snapshot.setup.last_change
    day = change.value.when[:10] if isinstance(change, Known) else ""
    return (day, day) if len(day) == 10 and since[:10] <= day <= seen[:10] else (since, seen)


def past_of(root: Finding | None, history: Sequence[KeptMachine], now: KeptMachine) -> Past | None:
    """Look up when the root cause was last whole, and what changed since.

    Args:
        root: what is broken now; None when nothing is.
        history: earlier states, oldest first.
        now: the present one.
    """
    if root is None:
        return None
    for place in range(len(history) - 1, -1, -1):
        kept = history[place]
        if kept.states.get(root.id) in ("ok", "attention"):
            changes = changes_since(kept, (*history[place + 1 :], now), root.rung)
            return Past(finding=root.id, worked_at=kept.last, changes=changes)
    return None


def kept_of(diagnosis: Diagnosis) -> KeptMachine:
    """Return a diagnosis as it is kept."""
    states: dict[str, State] = {finding.id: finding.state for finding in diagnosis.findings}
    at = diagnosis.snapshot.taken_at
    return KeptMachine(first=at, last=at, states=states, snapshot=diagnosis.snapshot)


def _same(one: KeptMachine, other: KeptMachine) -> bool:
    def told(kept: KeptMachine, name: str) -> bool:
        return kept.states.get(name, "not_tested") != "not_tested"

    both = [name for name in one.states if told(one, name) and told(other, name)]
    alike = all(one.states[name] == other.states[name] for name in both)
    return alike and _told_of_both(compared(one.snapshot), compared(other.snapshot))


def _told_of_both(one: dict[str, _Named], other: dict[str, _Named]) -> bool:
    # a look at the host alone walks through no image, and says nothing against the one before it
    return all(
        one[subject] == other[subject] or (subject == "walked" and None in (one[subject], other[subject]))
        for subject in one
    )


def remembered(history: Sequence[KeptMachine], now: KeptMachine) -> tuple[KeptMachine, ...]:
    """Return the history with ``now`` in it: a state that did not change only lasts longer, and old ones go."""
    newest = history[-1] if history else None
    if newest and _same(newest, now):
        # what this look did not test is still known from the one before
        tested = {name: state for name, state in now.states.items() if state != "not_tested"}
        states = {**now.states, **newest.states, **tested}
        snapshot = now.snapshot
        if not isinstance(snapshot.container, Known):
            snapshot = msgspec.structs.replace(snapshot, container=newest.snapshot.container)
        now = msgspec.structs.replace(now, first=newest.first, states=states, snapshot=snapshot)
        kept = (*history[:-1], now)
    else:
        kept = (*history, now)
    recent = kept[-KEPT_STATES:]
    older = [machine for machine in kept[:-KEPT_STATES] if machine.good]
    return recent if any(machine.good for machine in recent) else (*older[-1:], *recent)
