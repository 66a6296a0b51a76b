"""What the Images page says of the chosen image, or of why there is none."""

from collections import Counter

import msgspec

from drydock.core.facts import LocalImage, Snapshot
from drydock.core.images import Catalogue, Choice, GpuPlan, Recommendation, Refusal, Wish
from drydock.data.reasons import text
from drydock.jobs.recommend import recommend_for
from drydock.qt.models.listed_name import listed_name

# shown by the card in other places than among the reasons
_TOLD_ELSEWHERE = frozenset(("HOLDS_CUBIN", "IN_PUBLISHED_RANGE", "NOT_CONFIRMED"))


def reasons(choice: Choice) -> tuple[str, ...]:
    """Return why the image was chosen and what to know about it, as sentences."""
    return tuple(text(note.code, note.values) for note in choice.why if note.code not in _TOLD_ELSEWHERE)


def machine_notes(answer: Recommendation) -> tuple[str, ...]:
    """Return what holds on the machine whichever image is chosen."""
    return tuple(text(note.code, note.values) for note in answer.notes)


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
    return find_local(reference, local) is not None


def find_local(reference: str, local: tuple[LocalImage, ...]) -> LocalImage | None:
    """Return the engine's image of this name; None when it has none."""
    wanted = listed_name(reference)
    return next((image for image in local if wanted in image.references or wanted in image.digests), None)


def nearest_wish(snapshot: Snapshot, wish: Wish, nearest: Choice, catalogue: Catalogue) -> Wish:
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
        choice = recommend_for(snapshot, changed, catalogue).choice
        if choice and choice.reference == nearest.reference:
            return changed
    return Wish(torch=nearest.torch, cuda=nearest.cuda, flavour=nearest.flavour)
