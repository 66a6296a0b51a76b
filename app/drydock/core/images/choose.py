"""The choice of an image: look, refuse what cannot be, let the gates decide, rank what is left, explain."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from drydock.core.images.catalogue import Catalogue, Confidence, Image
from drydock.core.images.coverage import cubin_for
from drydock.core.images.gates import (
    ALL,
    EXISTENCE,
    WISH,
    Gate,
    is_exempt,
    is_native,
    passes,
    sound,
    starts_under_strict_check,
    wanted_cuda,
    wanted_flavour,
    wanted_torch,
)
from drydock.core.images.machine import Gpu, Machine, Wish
from drydock.core.images.notes import image_notes, machine_notes
from drydock.core.images.rank import ranked, startable
from drydock.core.images.refuse import machine_refusal, wish_refusal
from drydock.core.images.result import (
    Choice,
    Coverage,
    GpuPlan,
    Reason,
    Recommendation,
    Refusal,
    Rejected,
)
from drydock.core.images.situation import Situation, look, with_wish
from drydock.core.images.support import support_of
from drydock.core.images.version import Version

# the parts of a wish that are given up to find the nearest image that works, one way after the other
_WAYS_OUT: tuple[tuple[str, ...], ...] = (
    ("cuda",),
    ("torch",),
    ("flavour",),
    ("cuda", "flavour"),
    ("torch", "cuda"),
    ("torch", "flavour"),
    ("torch", "cuda", "flavour"),
)
_PARTS: Mapping[str, Gate] = {"torch": wanted_torch, "cuda": wanted_cuda, "flavour": wanted_flavour}
_CONFIDENCE: tuple[Confidence, ...] = ("low", "medium", "high")
# what nothing can be done about: whatever else speaks against the image does not matter then
_HOPELESS = frozenset(("OTHER_PROCESSOR", "NO_CODE_FOR_GPU", "CUDNN_TOO_NEW_FOR_GPU", "TAG_NOT_IN_REGISTRY"))

_ABOUT_DRIVER = frozenset(("DRIVER_TOO_OLD_FOR_CUDA", "IMAGE_REQUIRES_NEWER_DRIVER"))


def recommend(machine: Machine, wish: Wish, catalogue: Catalogue) -> Recommendation:
    """Choose the image for a machine and a wish, or say why there is none.

    Raises:
        Trouble: the wish for torch or CUDA cannot be read.
    """
    situation = look(machine, wish, catalogue)
    existing = [image for image in catalogue.images if passes(image, situation, EXISTENCE)]
    plans = _plans(situation, existing)
    alone = bool(plans) and all(plan.choice for plan in plans)
    order, refusal = _decide(situation, existing, each_gpu_alone_fits=alone)
    return Recommendation(
        choice=_choice(order[0], situation) if order else None,
        refusal=refusal,
        rejected=tuple(_rejected(order, situation)),
        alternatives=tuple(image.reference for image in order[1:]),
        per_gpu=plans,
        notes=machine_notes(situation),
    )


def _decide(
    situation: Situation, existing: Sequence[Image], *, each_gpu_alone_fits: bool
) -> tuple[list[Image], Refusal | None]:
    """Return the images that fit, best first, or a refusal."""
    refusal = machine_refusal(situation)
    if refusal is not None:
        return [], refusal
    running = sound(existing, situation)
    order = _fitting(running, situation)
    if order:
        return order, None
    refusal = wish_refusal(situation, existing, running, each_gpu_alone_fits=each_gpu_alone_fits)
    nearest = _nearest(running, situation)
    return [], Refusal(refusal.code, refusal.values, next(iter(nearest), None), tuple(nearest[1:]))


def _fitting(running: Sequence[Image], situation: Situation) -> list[Image]:
    """Return those of the images that run on the machine which the wish admits, best first."""
    return _ordered([image for image in running if passes(image, situation, WISH)], situation)


def _ordered(fitting: Sequence[Image], situation: Situation, near: Version | None = None) -> list[Image]:
    return ranked(startable(fitting, situation), situation, near)


def _nearest(running: Sequence[Image], situation: Situation) -> list[Choice]:
    """Return what works when a part of the wish is given up; the least is given up first."""
    found: dict[str, Choice] = {}
    enough: list[frozenset[str]] = []
    given = {name for name in ("torch", "cuda", "flavour") if getattr(situation.wish, name)}
    meets = {part: [gate(image, situation) is None for image in running] for part, gate in _PARTS.items()}
    free = with_wish(situation, msgspec.structs.replace(situation.wish, flavour=None))
    by_task = [wanted_flavour(image, free) is None for image in running]
    for parts in _WAYS_OUT:
        if not running or not given.issuperset(parts) or any(done.issubset(parts) for done in enough):
            continue
        relaxed = with_wish(situation, msgspec.structs.replace(situation.wish, **dict.fromkeys(parts)))
        kept = [
            by_task if part in parts else met for part, met in meets.items() if part == "flavour" or part not in parts
        ]
        fitting = [image for image, *met in zip(running, *kept, strict=True) if all(met)]
        order = _ordered(fitting, relaxed, situation.torch.anchor if situation.torch and "torch" in parts else None)
        if order:
            enough.append(frozenset(parts))
            if order[0].reference not in found:
                found[order[0].reference] = _choice(order[0], relaxed)
    return list(found.values())


def _choice(image: Image, situation: Situation) -> Choice:
    shut = starts_under_strict_check(image, situation) is not None and not is_exempt(image, situation)
    known = [seen.architecture.confidence for seen in situation.gpus if seen.architecture]
    return Choice(
        reference=image.reference,
        torch=str(image.torch) if image.torch else None,
        cuda=str(image.cuda),
        cudnn=image.cudnn or (str(image.cudnn_major) if image.cudnn_major else None),
        nccl=image.nccl,
        triton=image.triton,
        python=image.python,
        flavour=image.flavour,
        compiler=image.compiler,
        native=is_native(image, situation),
        coverage=tuple(Coverage(seen.gpu, cubin_for(image, seen)) for seen in situation.gpus),
        environment={"NVIDIA_DISABLE_REQUIRE": "1"} if shut else {},
        why=image_notes(image, situation),
        support=support_of(image, situation),
        confidence=min([image.confidence, *known], key=_CONFIDENCE.index),
    )


def _rejected(order: list[Image], situation: Situation) -> Iterator[Rejected]:
    """Say of every image but the chosen one why not, with all reasons that apply."""
    ranks = {image.reference: rank for rank, image in enumerate(order)}
    for image in situation.catalogue.images:
        rank = ranks.get(image.reference)
        if rank == 0:
            continue
        if rank is not None:
            yield Rejected(image.reference, (Reason("OUTRANKED", {"by": order[0].reference}),))
            continue
        reasons = [reason for gate in (*ALL, starts_under_strict_check) if (reason := gate(image, situation))]
        if not situation.gpus:  # no driver helps where there is nothing to run on
            reasons = [reason for reason in reasons if reason.code not in _ABOUT_DRIVER]
        # nothing against the image itself: it is the machine that was refused, or a surer way to start was found
        yield Rejected(image.reference, tuple(_told(reasons)) or (Reason("MACHINE_REFUSED"),))


def _told(reasons: list[Reason]) -> list[Reason]:
    """Put what nothing can be done about first, and tell no way out of the rest then."""
    last_word = [reason for reason in reasons if reason.code in _HOPELESS and reason.values.get("way") != "others"]
    if not last_word:
        return reasons
    rest = [reason for reason in reasons if reason not in last_word]
    return [*last_word, *(Reason(reason.code, {**reason.values, "way": "none"}) for reason in rest)]


def _plans(whole: Situation, existing: Sequence[Image]) -> tuple[GpuPlan, ...]:
    """Return a plan for each group of equal GPUs and for each slice, when there is more than one."""
    groups = _groups(whole.machine)
    if len(groups) < 2:
        return ()
    decided: dict[frozenset[tuple[str, tuple[int, int]]], tuple[Choice | None, Refusal | None]] = {}
    plans: list[GpuPlan] = []
    for gpus in groups:
        kinds = frozenset((gpu.name, gpu.compute_capability) for gpu in gpus)
        if kinds not in decided:
            machine = msgspec.structs.replace(whole.machine, gpus=gpus)
            situation = look(machine, whole.wish, whole.catalogue)
            order, refusal = _decide(situation, existing, each_gpu_alone_fits=False)
            decided[kinds] = (_choice(order[0], situation) if order else None, refusal)
        choice, refusal = decided[kinds]
        uuids = [gpu.uuid for gpu in gpus if gpu.uuid]
        plans.append(
            GpuPlan(
                gpus=gpus,
                choice=_for(gpus, choice) if choice else None,
                refusal=refusal,
                device_request=f"device={','.join(uuids)}" if len(uuids) == len(gpus) else None,
                environment={"CUDA_DEVICE_ORDER": "PCI_BUS_ID"},
            )
        )
    return tuple(plans)


def _for(gpus: tuple[Gpu, ...], choice: Choice) -> Choice:
    """Return the choice with these GPUs in place of equal ones."""
    cubins = {(item.gpu.name, item.gpu.compute_capability): item.cubin for item in choice.coverage}
    coverage = tuple(Coverage(gpu, cubins[gpu.name, gpu.compute_capability]) for gpu in gpus)
    return msgspec.structs.replace(choice, coverage=coverage)


def _groups(machine: Machine) -> list[tuple[Gpu, ...]]:
    groups: dict[object, list[Gpu]] = {}
    for number, gpu in enumerate(machine.gpus):
        # CUDA shows a program one slice at most, so each has to be alone
        groups.setdefault(("slice", number) if gpu.is_slice else gpu.compute_capability, []).append(gpu)
    return [tuple(gpus) for gpus in groups.values()]
