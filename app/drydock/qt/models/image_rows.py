"""The list of the catalogue: every image with its verdict for this machine and wish, and why not."""

import functools
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from drydock.core.facts import LocalImage
from drydock.core.findings import State
from drydock.core.images import Catalogue, Reason, Recommendation
from drydock.core.images.catalogue import Image
from drydock.core.images.version import Version
from drydock.data.reasons import text

Verdict: TypeAlias = Literal[
    "recommended", "works", "newer", "not_wished", "not_proven", "not_listed", "cpu_only", "cannot_run", "not_judged"
]

VERDICT_WORDS: Mapping[Verdict, str] = {
    "recommended": "Recommended",
    "works": "Works too",
    "newer": "Newer than the catalogue",
    "not_wished": "Not asked for",
    "not_proven": "May not exist",
    "not_listed": "Not in the registry",
    "cpu_only": "On the CPU only",
    "cannot_run": "Cannot run here",
    "not_judged": "Not judged",
}
VERDICT_STATES: Mapping[Verdict, State] = {
    "recommended": "ok",
    "works": "ok",
    "newer": "attention",
    "not_wished": "attention",
    "not_proven": "not_tested",
    "not_listed": "broken",
    "cpu_only": "not_tested",
    "cannot_run": "broken",
    "not_judged": "not_tested",
}
# what speaks against an image only because of the driver; without a GPU no driver is needed
_DRIVERS = frozenset(("DRIVER_TOO_OLD_FOR_CUDA", "CUDA_FAMILY_NOT_KNOWN", "IMAGE_REQUIRES_NEWER_DRIVER"))
# what speaks against an image only because of the wish; it would run
_WISHES = frozenset((
    "OTHER_TORCH",
    "OTHER_CUDA",
    "OTHER_FLAVOUR",
    "NO_COMPILER_INSIDE",
    "NVIDIA_IMAGE_NOT_NEEDED",
    "TORCH_NOT_KNOWN",
    "TORCH_IS_ALPHA",
))  # fmt: skip
# reasons are told in this order: what no wish can change comes first
_LATE = {"CODE_ASSUMED": 1, "TAG_NOT_PROVEN": 2}
_HUB = "pytorch/pytorch"


class CatalogueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One image of the catalogue, judged for this machine and wish.

    Attributes:
        series: major and minor of torch, for the filter; empty where it is not known.
        reasons: every reason against it, the gravest first.
        here: the engine has it.
    """

    reference: str
    torch: str
    series: str
    cuda: str
    flavour: str
    verdict: Verdict
    reasons: tuple[Reason, ...]
    here: bool

    @property
    def name(self) -> str:
        """The tag alone for the official repository, which nearly all rows are of."""
        return self.reference.removeprefix(f"{_HUB}:")

    @property
    def why(self) -> tuple[str, ...]:
        """Every reason, in words."""
        return tuple(text(reason.code, reason.values) for reason in self.reasons)

    @property
    def first(self) -> str:
        """The gravest reason, in words; empty where none keeps the image from being used."""
        if not self.reasons or self.verdict == "works":
            return ""
        return text(self.reasons[0].code, self.reasons[0].values)


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What the filters of the list offer: torch series and CUDA versions, newest first."""

    series: tuple[str, ...] = ()
    cuda: tuple[str, ...] = ()


def catalogue_rows(
    answer: Recommendation, catalogue: Catalogue, local: tuple[LocalImage, ...]
) -> tuple[CatalogueRow, ...]:
    """Return every image of the catalogue: those that work, best first, then the others, newest first."""
    here = {reference for image in local for reference in image.references}
    against = {image.reference: image.why for image in answer.rejected}
    order = {reference: rank for rank, reference in enumerate(answer.alternatives, start=1)}
    if answer.choice:
        order[answer.choice.reference] = 0
    last = len(order) + 1
    named = [(order.get(image.reference, last), image.reference, image) for image in _newest_first(catalogue)]
    named.sort(key=lambda entry: entry[0])
    no_gpu = answer.refusal is not None and answer.refusal.code == "NO_NVIDIA_GPU"
    return tuple(
        _row(image, reference, against.get(reference, ()), here=reference in here, no_gpu=no_gpu)
        for _, reference, image in named
    )


def is_wish(reason: Reason) -> bool:
    """Whether a reason speaks against an image only because something else was asked for."""
    return reason.code in _WISHES


def filter_choices(rows: tuple[CatalogueRow, ...]) -> Choices:
    """Return what the rows can be narrowed to."""

    def newest_first(texts: set[str]) -> tuple[str, ...]:
        return tuple(sorted(texts - {""}, key=lambda one: Version.find(one) or (), reverse=True))

    return Choices(
        series=newest_first({row.series for row in rows}),
        cuda=newest_first({row.cuda for row in rows}),
    )


@functools.lru_cache(maxsize=2)
def _in_order(images: "_ById") -> tuple[Image, ...]:
    ordered = sorted(images.images, key=lambda image: image.recency, reverse=True)
    ordered.sort(key=lambda image: image.repository != _HUB)
    return tuple(ordered)


class _ById:
    """Images compared by which object they are: a hash of every image would cost more than the sorting."""

    def __init__(self, images: tuple[Image, ...]) -> None:
        self.images = images

    def __hash__(self) -> int:
        return id(self.images)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.images is self.images


def _newest_first(catalogue: Catalogue) -> tuple[Image, ...]:
    return _in_order(_ById(catalogue.images))


def _row(image: Image, reference: str, against: tuple[Reason, ...], *, here: bool, no_gpu: bool) -> CatalogueRow:
    reasons = against
    if len(against) > 1:
        reasons = tuple(sorted(against, key=lambda reason: 3 if reason.code in _WISHES else _LATE.get(reason.code, 0)))
    torch = image.torch
    return CatalogueRow(
        reference=reference,
        torch=(f"{torch} (development)" if image.alpha else str(torch)) if torch else "?",
        series=f"{torch[0]}.{torch[1]}" if torch and len(torch) > 1 else "",
        cuda=str(image.cuda),
        flavour=image.flavour,
        verdict=_verdict(tuple(reason.code for reason in reasons), no_gpu=no_gpu),
        reasons=reasons,
        here=here,
    )


def _verdict(codes: tuple[str, ...], *, no_gpu: bool) -> Verdict:
    if not codes:
        return "recommended"
    if codes == ("OUTRANKED",):
        return "works"
    if codes == ("MACHINE_REFUSED",):
        return "cpu_only" if no_gpu else "not_judged"
    if "TAG_NOT_IN_REGISTRY" in codes:
        return "not_listed"
    rest = [code for code in codes if code not in _WISHES]
    if not rest:
        return "cpu_only" if no_gpu else "not_wished"
    if no_gpu:
        rest = [code for code in rest if code not in _DRIVERS]
        if not rest:
            return "cpu_only"
    if rest == ["CODE_ASSUMED"]:
        return "newer"
    return "not_proven" if rest == ["TAG_NOT_PROVEN"] else "cannot_run"
