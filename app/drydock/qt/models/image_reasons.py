"""Why not, and what would make it possible, in words."""

from drydock.core.findings import State
from drydock.core.images import Reason
from drydock.data.reasons import text, way
from drydock.qt.models.image_confirm import Line
from drydock.qt.models.image_rows import VERDICT_STATES, CatalogueRow, is_wish


def why_and_way(reason: Reason) -> str:
    """Return a reason, followed by what would help where anything would."""
    why, help_ = text(reason.code, reason.values), way(reason.code, reason.values)
    return f"{why} {help_}".strip()


def reason_lines(row: CatalogueRow) -> tuple[Line, ...]:
    """Return every reason against an image of the catalogue, the gravest first."""
    grave = VERDICT_STATES[row.verdict]

    def state(reason: Reason) -> State:
        return "attention" if is_wish(reason) and grave == "broken" else grave

    return tuple(Line(state(reason), why_and_way(reason)) for reason in row.reasons)
