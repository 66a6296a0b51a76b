"""What would help against a finding, to look at first. Nothing here performs anything."""

from drydock.core.facts import Snapshot
from drydock.core.findings import Finding
from drydock.core.remedies.fit import Packages, in_container, packages_of
from drydock.core.remedies.remedy import Remedy
from drydock.core.remedies.table import MAKERS

__all__ = ["OFFERED", "Packages", "Remedy", "packages_of", "remedies_for"]


def remedies_for(finding: Finding, snapshot: Snapshot) -> tuple[Remedy, ...]:
    """Return what would help against a finding, best first; empty where only a person can decide."""
    found: list[Remedy] = []
    for make in MAKERS.get((finding.id, finding.variant), ()):
        made = make(finding, snapshot)
        found += made if isinstance(made, tuple) else [made] if made else []
    if in_container(snapshot):
        # root of a container cannot mend the computer that it runs on
        found = [remedy for remedy in found if not remedy.privileged]
    return tuple(found)


OFFERED: frozenset[tuple[str, str]] = frozenset(MAKERS)
"""(check id, variant) of every finding that a remedy may be offered for."""
