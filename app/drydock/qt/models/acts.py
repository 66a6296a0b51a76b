"""Whether anything can be done on the machine that is shown, and if not, why."""

from drydock.core.findings import Diagnosis
from drydock.data.knowledge import finding_article


def why_no_engine(diagnosis: Diagnosis | None, *, recorded: bool) -> str:
    """Return why the engine cannot be used, as one sentence; empty when it can."""
    if recorded:
        return "This is a recorded machine: it can be looked at, and nothing can be done to it."
    if diagnosis is None:
        return "This machine is still being looked at."
    if diagnosis.snapshot.engine.reach.kind == "ready":
        return ""
    broken = next(
        (finding for finding in diagnosis.findings if finding.rung == "engine" and finding.state == "broken"), None
    )
    return finding_article(broken).text if broken else "The container engine does not answer."
