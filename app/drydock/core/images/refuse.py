"""Why no image fits, in the order in which a person can do something about it."""

from collections.abc import Callable, Sequence

from drydock.core.images.advice import advised_driver, keeper, last_branch
from drydock.core.images.catalogue import Image
from drydock.core.images.coverage import TEGRA_UNITED, covers, cudnn_fits
from drydock.core.images.gates import CODE, WISH, passes, wanted_torch
from drydock.core.images.result import Refusal
from drydock.core.images.situation import SeenGpu, Situation, is_dropped, is_too_new
from drydock.core.images.version import Version, driver_text
from drydock.core.trouble import Value

_FIRST_SBSA_JETSON = Version((11, 0))
_ORIN = Version((8, 7))
# what a Jetson gives as its driver: the release of L4T, or the driver that came with it
_JETPACK_OF = {32: "jetpack4", 35: "jetpack5", 36: "jetpack6", 540: "jetpack6"}
_LAST_JETPACK = {Version((5, 3)): "jetpack4", Version((6, 2)): "jetpack4", Version((7, 2)): "jetpack5"}


def machine_refusal(situation: Situation) -> Refusal | None:
    """Return why nothing can run on this machine, whatever is wished, as far as that is certain."""
    return next((refusal for question in _QUESTIONS if (refusal := question(situation))), None)


def _no_gpu(situation: Situation) -> Refusal | None:
    return None if situation.kinds else Refusal("NO_NVIDIA_GPU")


def _jetson(situation: Situation) -> Refusal | None:
    """Jetson boards up to JetPack 6 need images of their own; from 7.2 (Orin) and with Thor they are ordinary."""
    old = [seen for seen in situation.kinds if _is_old_tegra(seen, situation)]
    if not old and (situation.kinds or situation.machine.os != "jetson"):
        return None
    values: dict[str, Value] = {"gpu": old[0].gpu.name if old else "This machine"}
    jetpack = _jetpack(old[0] if old else None, situation)
    tags = situation.catalogue.integrated
    if tags:
        values |= {"first": f"{tags.first}-py3{tags.suffix}", "last": f"{tags.last}-py3{tags.suffix}"}
    cause = jetpack if tags or jetpack in ("jetpack4", "jetpack5") else "no_tags"
    return Refusal("JETSON", values | ({"cause": cause} if cause else {}))


def _jetpack(seen: SeenGpu | None, situation: Situation) -> str:
    """Return which software it is, by the last one there is for the board or by the driver; empty when not known."""
    told = _JETPACK_OF.get(situation.driver[0], "") if situation.driver else ""
    if seen and seen.capability in _LAST_JETPACK:
        return _LAST_JETPACK[seen.capability]
    return "jetpack5_orin" if told == "jetpack5" and seen and seen.capability == _ORIN else told


def _no_processor(situation: Situation) -> Refusal | None:
    if situation.machine.arch != "other":
        return None
    return Refusal("NO_IMAGE_FOR_PROCESSOR", {"arch": situation.machine.processor or "this kind of"})


def _is_old_tegra(seen: SeenGpu, situation: Situation) -> bool:
    if situation.machine.arch != "arm64" or seen.capability >= _FIRST_SBSA_JETSON:
        return False
    if seen.architecture is None or not seen.architecture.tegra:
        return situation.machine.os == "jetson"
    return seen.capability != _ORIN or situation.native is None or situation.native < TEGRA_UNITED


def _too_ancient_gpu(situation: Situation) -> Refusal | None:
    oldest = min(situation.catalogue.architectures)
    for seen in situation.kinds:
        if seen.capability < oldest:
            return _no_build(seen)
    return None


def _no_driver(situation: Situation) -> Refusal | None:
    if situation.driver is not None or situation.native is not None:
        return None
    if situation.machine.driver:
        return Refusal("DRIVER_TOO_OLD_FOR_ANY", {"cause": "unreadable", "driver": situation.machine.driver})
    return Refusal("DRIVER_TOO_OLD_FOR_ANY", {"driver": "", **_advice("absent", situation)})


def _driver_too_old(situation: Situation) -> Refusal | None:
    oldest = min(map(situation.minimum, situation.catalogue.drivers.families))
    if situation.driver is None or situation.driver >= oldest:
        return None
    values = {"driver": str(situation.machine.driver), "needed": driver_text(oldest), **_advice("oldest", situation)}
    return Refusal("DRIVER_TOO_OLD_FOR_ANY", values)


def _advice(cause: str, situation: Situation) -> dict[str, Value]:
    """Return the driver to install. The cause has another ending where that is the last branch for a GPU."""
    bound = keeper(situation)
    values: dict[str, Value] = {"cause": cause, "advised": advised_driver(situation)}
    if bound is None:
        return values
    return values | {"cause": f"{cause}_last", "keeper": bound.gpu.name} | _apart(situation)


def _apart(situation: Situation) -> dict[str, Value]:
    """Return two GPUs that no driver serves together, if there are such; with the cause ``apart``."""
    bound = keeper(situation)
    if bound is None:
        return {}
    last = last_branch(bound)
    newer = [seen for seen in situation.kinds if seen.first_driver and seen.first_driver.driver[0] > last]
    if not newer:
        return {}
    names = {"keeper": bound.gpu.name, "last": last}
    return {"cause": "apart", "newcomer": newer[0].gpu.name, "first": _first(newer[0], situation), **names}


def _unknown_gpu(situation: Situation) -> Refusal | None:
    for seen in situation.kinds:
        if seen.architecture is None:
            return Refusal("UNKNOWN_GPU", {"gpu": seen.gpu.name, "capability": str(seen.capability)})
    return None


def _driver_older_than_gpu(situation: Situation) -> Refusal | None:
    for seen in situation.kinds:
        if seen.first_driver and is_too_new(seen, situation):
            values: dict[str, Value] = {"gpu": seen.gpu.name, "driver": situation.machine.driver or _native(situation)}
            bound = keeper(situation)
            limit = {"cause": "last", "keeper": bound.gpu.name, "last": last_branch(bound)} if bound else {}
            ways = limit | _apart(situation) | {"first": _first(seen, situation)}
            return Refusal("DRIVER_TOO_OLD_FOR_GPU", values | ways)
    return None


def _native(situation: Situation) -> str:
    """Return how to call a driver that told its CUDA and not its version."""
    return f"with CUDA {situation.native}"


def _first(seen: SeenGpu, situation: Situation) -> str:
    if seen.first_driver is None:
        return "?"
    first = seen.first_driver.driver
    return str(first[0]) if situation.windows else driver_text(first)


def _driver_dropped_gpu(situation: Situation) -> Refusal | None:
    for seen in situation.kinds:
        if seen.architecture and seen.architecture.last_branch and is_dropped(seen, situation):
            values = {
                "gpu": seen.gpu.name,
                "driver": situation.machine.driver or _native(situation),
                "branch": seen.architecture.last_branch,
                **_apart(situation),
            }
            return Refusal("DRIVER_DROPPED_GPU", values)
    return None


def _not_covered_by_any(images: Sequence[Image], situation: Situation) -> list[SeenGpu]:
    return [
        seen for seen in situation.kinds if not any(covers(image, seen) and cudnn_fits(image, seen) for image in images)
    ]


def _no_build(seen: SeenGpu, wish: str = "") -> Refusal:
    values = {"gpu": seen.gpu.name, "capability": str(seen.capability)}
    return Refusal("NO_BUILD_FOR_GPU", values | ({"cause": "wish", "wish": wish} if wish else {}))


_QUESTIONS: tuple[Callable[[Situation], Refusal | None], ...] = (
    _jetson,
    _no_gpu,
    _no_processor,
    _too_ancient_gpu,
    _no_driver,
    _driver_too_old,
    _unknown_gpu,
    _driver_older_than_gpu,
    _driver_dropped_gpu,
)


def wish_refusal(
    situation: Situation, existing: Sequence[Image], running: Sequence[Image], *, each_gpu_alone_fits: bool
) -> Refusal:
    """Return why no image meets the wish, on a machine against which nothing certain speaks.

    Only ``existing`` images are asked: those that exist for the machine, whatever is wished.
    ``running`` are those of them that run on it.
    """
    bare = [] if running or each_gpu_alone_fits else _not_covered_by_any(existing, situation)
    if bare:
        return _no_build(bare[0])
    of_torch = [image for image in existing if wanted_torch(image, situation) is None]
    if not of_torch:
        return Refusal("TORCH_NOT_AVAILABLE", {"cause": _why_no_torch(situation), "wish": _wish_text(situation)})
    wanted = [image for image in of_torch if passes(image, situation, WISH)]
    if not wanted:
        cause = "torch" if situation.torch else "cuda"
        values = {"cause": cause, "wish": _wish_text(situation), "builds": _builds(existing, situation)}
        return Refusal("NO_SUCH_TAG", values)
    if each_gpu_alone_fits:
        return Refusal("MIXED_GPUS", {"gpus": _gpu_names(situation), "wish": _wish_text(situation)})
    if not any(passes(image, situation, CODE) for image in wanted):
        bare = _not_covered_by_any(wanted, situation) or list(situation.kinds)
        return _no_build(bare[0], _wish_text(situation))
    return _driver_in_the_way(situation, wanted)


def _driver_in_the_way(situation: Situation, wanted: list[Image]) -> Refusal:
    usable = [image for image in wanted if passes(image, situation, CODE)]
    families = [family for image in usable if (family := situation.family(image.cuda[0]))]
    wish = _wish_text(situation)
    values: dict[str, Value] = {
        "wish": wish,
        "driver": situation.machine.driver or _native(situation),
        "needed": driver_text(min(map(situation.minimum, families))) if families else "",
    }
    if situation.torch and not situation.cuda:
        return Refusal("TORCH_NOT_AVAILABLE", values | _advice("driver", situation))
    return Refusal("DRIVER_TOO_OLD_FOR_ANY", values | _advice("wish" if wish else "driver", situation))


def _why_no_torch(situation: Situation) -> str:
    wanted = situation.torch
    if any(image.assumed and passes(image, situation, (wanted_torch,)) for image in situation.catalogue.images):
        return "newer"
    if wanted is None or situation.machine.arch == "arm64":
        return "alpha" if wanted is None or wanted.exact else "alpha_range"
    released = any(wanted.admits(release.version) for release in situation.catalogue.releases)
    return "no_image" if released else "no_release"


def _builds(existing: Sequence[Image], situation: Situation) -> str:
    builds = {image.cuda for image in existing if wanted_torch(image, situation) is None}
    return ", ".join(map(str, sorted(builds)))


def _wish_text(situation: Situation) -> str:
    wish = situation.wish
    parts = [f"{name} {value}" for name, value in (("torch", wish.torch), ("CUDA", wish.cuda)) if value]
    if wish.flavour:
        parts.append(wish.flavour)
    return ", ".join(parts)


def _gpu_names(situation: Situation) -> str:
    return ", ".join(dict.fromkeys(f"{seen.gpu.name} ({seen.capability})" for seen in situation.kinds))
