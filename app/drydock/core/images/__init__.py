"""Which PyTorch image runs on a machine, and why not the others."""

from drydock.core.images.catalogue import Catalogue
from drydock.core.images.choose import recommend
from drydock.core.images.described import Described, describe
from drydock.core.images.judged import Judgement, Verdict, judge
from drydock.core.images.live import with_tags
from drydock.core.images.machine import Gpu, Machine, Wish
from drydock.core.images.result import (
    Choice,
    Coverage,
    GpuPlan,
    Note,
    Reason,
    Recommendation,
    Refusal,
    Rejected,
)

__all__ = [
    "Catalogue",
    "Choice",
    "Coverage",
    "Described",
    "Gpu",
    "GpuPlan",
    "Judgement",
    "Machine",
    "Note",
    "Reason",
    "Recommendation",
    "Refusal",
    "Rejected",
    "Verdict",
    "Wish",
    "describe",
    "judge",
    "recommend",
    "with_tags",
]
