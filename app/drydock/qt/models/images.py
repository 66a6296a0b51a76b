"""What the Images page says: the chosen image in words, every other with why not, and what the engine holds."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from drydock.core.facts import LocalImage, Snapshot
from drydock.core.findings import State
from drydock.core.images import Catalogue, Choice, GpuPlan, Recommendation, Refusal, Wish
from drydock.core.images.catalogue import Image
from drydock.core.launch.service_image import LABEL_PARENT, LABEL_SERVICE_IMAGE, LABEL_SERVICES
from drydock.data.reasons import text
from drydock.jobs.recommend import recommend_for
from drydock.qt.models.pull import size_text

Verdict: TypeAlias = Literal["recommended", "works", "not_wished", "not_proven", "cpu_only", "cannot_run", "not_judged"]

VERDICT_WORDS: Mapping[Verdict, str] = {
    "recommended": "Recommended",
    "works": "Works too",
    "not_wished": "Not asked for",
    "not_proven": "May not exist",
    "cpu_only": "On the CPU only",
    "cannot_run": "Cannot run here",
    "not_judged": "Not judged",
}
VERDICT_STATES: Mapping[Verdict, State] = {
    "recommended": "ok",
    "works": "ok",
    "not_wished": "attention",
    "not_proven": "not_tested",
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
# shown by the card in other places than among the reasons
_TOLD_ELSEWHERE = frozenset(("HOLDS_CUBIN", "IN_PUBLISHED_RANGE", "NOT_CONFIRMED"))


class CatalogueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One image of the catalogue, judged for this machine and wish.

    Attributes:
        why: every reason, in words.
        here: the engine has it.
    """

    reference: str
    torch: str
    cuda: str
    flavour: str
    verdict: Verdict
    why: tuple[str, ...]
    here: bool

    @property
    def name(self) -> str:
        """The tag alone for the official repository, which nearly all rows are of."""
        return self.reference.removeprefix("pytorch/pytorch:")


class LocalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One name of an image that the engine has.

    Attributes:
        key: what removes exactly this name: a reference, or the id of an image without any.
        size: bytes, unpacked.
        made: date.
        kind: what it is to Drydock.
    """

    key: str
    name: str
    size: int
    made: str
    kind: str

    @property
    def size_text(self) -> str:
        """The size for the eyes."""
        return size_text(self.size)


def reasons(choice: Choice) -> tuple[str, ...]:
    """Return why the image was chosen and what to know about it, as sentences."""
    return tuple(text(note.code, note.values) for note in choice.why if note.code not in _TOLD_ELSEWHERE)


def machine_notes(answer: Recommendation) -> tuple[str, ...]:
    """Return what holds on the machine whichever image is chosen."""
    return tuple(text(note.code, note.values) for note in answer.notes)


def confirmation(choice: Choice) -> str:
    """Return how sure the catalogue is of the image; empty where nothing is to be said."""
    return next((text(note.code, note.values) for note in choice.why if note.code == "NOT_CONFIRMED"), "")


def refusal_text(refusal: Refusal | None) -> str:
    """Return why there is no image."""
    return text(refusal.code, refusal.values) if refusal else "No image fits this machine."


def contents(choice: Choice) -> tuple[tuple[str, str], ...]:
    """Return what is inside, as name and value."""
    found = (
        ("torch", choice.torch),
        ("CUDA", choice.cuda),
        ("Python", choice.python),
        ("cuDNN", choice.cudnn),
        ("NCCL", choice.nccl),
        ("Triton", choice.triton),
        ("Flavour", choice.flavour),
        ("C compiler", "inside" if choice.compiler else "none"),
    )
    return tuple((name, value) for name, value in found if value)


def gpu_code(choice: Choice) -> tuple[tuple[str, str], ...]:
    """Return which compiled code each kind of GPU runs, as name and sentence."""
    kinds = Counter(
        (found.gpu.name.removeprefix("NVIDIA "), found.gpu.compute_capability, found.cubin) for found in choice.coverage
    )
    rows: list[tuple[str, str]] = []
    for (name, capability, cubin), count in kinds.items():
        own = "{}.{}".format(*capability)
        words = f"runs the code for {cubin}" if cubin else "lies in the range that the publisher supports"
        rows.append((f"{count}x {name}" if count > 1 else name, f"Compute capability {own}, {words}"))
    return tuple(rows)


def plan_title(plan: GpuPlan) -> str:
    """Return the GPUs of a plan, equal names counted."""
    names = Counter(gpu.name.removeprefix("NVIDIA ") for gpu in plan.gpus)
    return " and ".join(f"{count}x {name}" if count > 1 else name for name, count in names.items())


def is_here(reference: str, local: tuple[LocalImage, ...]) -> bool:
    """Whether the engine has an image of this name."""
    return any(reference in image.references for image in local)


def nearest_wish(snapshot: Snapshot, wish: Wish, nearest: Choice) -> Wish:
    """Return the wish, as close to the old one as can be, that is answered with ``nearest``."""
    exact = {"torch": nearest.torch, "cuda": nearest.cuda, "flavour": nearest.flavour}
    given = [name for name in exact if getattr(wish, name)]
    ways = [
        {name: exact[name] for name in given},
        {name: None for name in given if getattr(wish, name) != exact[name]},
        dict(exact),
        dict.fromkeys(given),
    ]
    for way in ways:
        changed = msgspec.structs.replace(wish, **way)
        choice = recommend_for(snapshot, changed).choice
        if choice and choice.reference == nearest.reference:
            return changed
    return Wish(torch=nearest.torch, cuda=nearest.cuda, flavour=nearest.flavour)


def catalogue_rows(
    answer: Recommendation, catalogue: Catalogue, local: tuple[LocalImage, ...]
) -> tuple[CatalogueRow, ...]:
    """Return every image of the catalogue: those that work, best first, then the others, newest first."""
    here = {reference for image in local for reference in image.references}
    against = {image.reference: image.why for image in answer.rejected}
    order = {reference: rank for rank, reference in enumerate(answer.alternatives, start=1)}
    if answer.choice:
        order[answer.choice.reference] = 0
    images = sorted(catalogue.images, key=lambda image: image.recency, reverse=True)
    images.sort(key=lambda image: (image.repository != "pytorch/pytorch", order.get(image.reference, len(order) + 1)))
    images.sort(key=lambda image: order.get(image.reference, len(order) + 1))
    no_gpu = answer.refusal is not None and answer.refusal.code == "NO_NVIDIA_GPU"
    rows: list[CatalogueRow] = []
    for image in images:
        why = sorted(against.get(image.reference, ()), key=lambda reason: _gravity(reason.code))
        codes = tuple(reason.code for reason in why)
        verdict = _verdict(codes, no_gpu=no_gpu)
        rows.append(_row(image, verdict, tuple(text(r.code, r.values) for r in why), image.reference in here))
    return tuple(rows)


def local_rows(local: tuple[LocalImage, ...], catalogue: Catalogue, recommended: str = "") -> tuple[LocalRow, ...]:
    """Return what the engine holds, one row a name."""
    known = {image.reference for image in catalogue.images}
    rows: list[LocalRow] = []
    for image in local:
        for reference in image.references or ("",):
            rows.append(
                LocalRow(
                    key=reference or image.id,
                    name=reference or f"(no name) {image.id.removeprefix('sha256:')[:12]}",
                    size=image.size,
                    made=image.created[:10],
                    kind=_kind(image, reference, known, recommended),
                )
            )
    return tuple(rows)


def _row(image: Image, verdict: Verdict, why: tuple[str, ...], here: bool) -> CatalogueRow:
    return CatalogueRow(
        reference=image.reference,
        torch=(f"{image.torch} (development)" if image.alpha else str(image.torch)) if image.torch else "?",
        cuda=str(image.cuda),
        flavour=image.flavour,
        verdict=verdict,
        why=why,
        here=here,
    )


def _gravity(code: str) -> int:
    """Order reasons: what no wish can change comes first."""
    return 2 if code in _WISHES else 1 if code == "TAG_NOT_PROVEN" else 0


def _verdict(codes: tuple[str, ...], *, no_gpu: bool) -> Verdict:
    if not codes:
        return "recommended"
    if codes == ("OUTRANKED",):
        return "works"
    if codes == ("MACHINE_REFUSED",):
        return "not_judged"
    rest = [code for code in codes if code not in _WISHES]
    if not rest:
        return "not_wished"
    if no_gpu:
        rest = [code for code in rest if code not in _DRIVERS]
        if not rest:
            return "cpu_only"
    return "not_proven" if rest == ["TAG_NOT_PROVEN"] else "cannot_run"


def _kind(image: LocalImage, reference: str, known: set[str], recommended: str) -> str:
    if LABEL_SERVICE_IMAGE in image.labels:
        services = image.labels.get(LABEL_SERVICES, "services").replace(",", ", ")
        return f"Made by Drydock: {image.labels.get(LABEL_PARENT, 'an image')} with {services}"
    if reference and reference == recommended:
        return "Recommended for this machine"
    if reference in known:
        return "In the catalogue"
    return ""
