"""Why no image fits, in the order in which a person can do something about it."""

from collections.abc import Callable

import msgspec

from drydock.core.images.catalogue import Image
from drydock.core.images.coverage import TEGRA_UNITED
from drydock.core.images.gates import CODE, EXISTENCE, WISH, passes, wanted_torch
from drydock.core.images.result import Refusal
from drydock.core.images.situation import SeenGpu, Situation, is_dropped, is_too_new
from drydock.core.images.version import Version, driver_text

_FIRST_SBSA_JETSON = Version((11, 0))
_FIRST_IGPU, _LAST_IGPU = "24.01", "26.02"  # NVIDIA's tags with the suffix -igpu


def machine_refusal(situation: Situation) -> Refusal | None:
    """Return why nothing can run on this machine, whatever is wished, as far as that is certain."""
    return next((refusal for question in _QUESTIONS if (refusal := question(situation))), None)


def _no_gpu(situation: Situation) -> Refusal | None:
    return None if situation.kinds else Refusal("NO_NVIDIA_GPU")


def _jetson(situation: Situation) -> Refusal | None:
    """Jetson boards up to JetPack 6 need images of their own; from 7.2 (Orin) and with Thor they are ordinary."""
    on_jetson = situation.machine.os == "jetson"
    names = [seen.gpu.name for seen in situation.kinds if _is_old_tegra(seen, situation)]
    if on_jetson and not situation.kinds:
        names.append("This machine")
    if not names:
        return None
    return Refusal("JETSON", {"gpu": names[0], "first": _FIRST_IGPU, "last": _LAST_IGPU})


def _is_old_tegra(seen: SeenGpu, situation: Situation) -> bool:
    if situation.machine.arch != "arm64" or seen.capability >= _FIRST_SBSA_JETSON:
        return False
    if seen.architecture is None or not seen.architecture.tegra:
        return situation.machine.os == "jetson"
    return seen.capability != (8, 7) or situation.native is None or situation.native < TEGRA_UNITED


def _too_ancient_gpu(situation: Situation) -> Refusal | None:
    oldest = min(situation.catalogue.architectures)
    for seen in situation.kinds:
        if seen.capability < oldest:
            return _no_build(seen)
    return None


def _no_driver(situation: Situation) -> Refusal | None:
    if situation.driver is not None or situation.native is not None:
        return None
    cause = "unreadable" if situation.machine.driver else "absent"
    values = {"cause": cause, "driver": situation.machine.driver or "", "advised": advised_driver(situation)}
    return Refusal("DRIVER_TOO_OLD_FOR_ANY", values)


def _driver_too_old(situation: Situation) -> Refusal | None:
    oldest = min(map(situation.minimum, situation.catalogue.drivers.families))
    if situation.driver is None or situation.driver >= oldest:
        return None
    values = {
        "driver": str(situation.machine.driver),
        "needed": driver_text(oldest),
        "advised": advised_driver(situation),
    }
    return Refusal("DRIVER_TOO_OLD_FOR_ANY", values)


def _unknown_gpu(situation: Situation) -> Refusal | None:
    for seen in situation.kinds:
        if seen.architecture is None:
            return Refusal("UNKNOWN_GPU", {"gpu": seen.gpu.name, "capability": str(seen.capability)})
    return None


def _driver_older_than_gpu(situation: Situation) -> Refusal | None:
    for seen in situation.kinds:
        if seen.first_driver and is_too_new(seen, situation):
            values = {"gpu": seen.gpu.name, "driver": str(situation.machine.driver), "first": _first(seen, situation)}
            return Refusal("DRIVER_TOO_OLD_FOR_GPU", values)
    return None


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
                "driver": str(situation.machine.driver),
                "branch": seen.architecture.last_branch,
            }
            return Refusal("DRIVER_DROPPED_GPU", values)
    return None


def _no_build_at_all(situation: Situation) -> Refusal | None:
    existing = [image for image in situation.catalogue.images if passes(image, situation, EXISTENCE)]
    bare = _not_covered_by_any(existing, situation)
    return _no_build(bare[0]) if bare else None


def _not_covered_by_any(images: list[Image], situation: Situation) -> list[SeenGpu]:
    return [
        seen
        for seen in situation.kinds
        if not any(passes(image, msgspec.structs.replace(situation, kinds=(seen,)), CODE) for image in images)
    ]


def _no_build(seen: SeenGpu, wish: str = "") -> Refusal:
    values = {"gpu": seen.gpu.name, "capability": str(seen.capability)}
    return Refusal("NO_BUILD_FOR_GPU", values | ({"cause": "wish", "wish": wish} if wish else {}))


_QUESTIONS: tuple[Callable[[Situation], Refusal | None], ...] = (
    _jetson,
    _no_gpu,
    _too_ancient_gpu,
    _no_driver,
    _driver_too_old,
    _unknown_gpu,
    _driver_older_than_gpu,
    _driver_dropped_gpu,
)


def wish_refusal(situation: Situation, *, each_gpu_alone_fits: bool) -> Refusal:
    """Return why no image meets the wish, on a machine against which nothing certain speaks."""
    hopeless = None if each_gpu_alone_fits else _no_build_at_all(situation)
    if hopeless is not None:
        return hopeless
    existing = [image for image in situation.catalogue.images if passes(image, situation, EXISTENCE)]
    if not any(passes(image, situation, (wanted_torch,)) for image in existing):
        return Refusal("TORCH_NOT_AVAILABLE", {"cause": _why_no_torch(situation), "wish": _wish_text(situation)})
    wanted = [image for image in existing if passes(image, situation, WISH)]
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
    values = {
        "cause": "driver",
        "wish": _wish_text(situation),
        "driver": situation.machine.driver or "?",
        "needed": driver_text(min(map(situation.minimum, families))) if families else "?",
        "advised": advised_driver(situation),
    }
    if situation.torch and not situation.cuda:
        return Refusal("TORCH_NOT_AVAILABLE", values)
    return Refusal("DRIVER_TOO_OLD_FOR_ANY", values | {"cause": "wish" if values["wish"] else "driver"})


def _why_no_torch(situation: Situation) -> str:
    wanted = situation.torch
    if wanted is None or situation.machine.arch == "arm64":
        return "alpha"
    released = any(wanted.admits(release.version) for release in situation.catalogue.releases)
    return "no_image" if released else "no_release"


def _builds(existing: list[Image], situation: Situation) -> str:
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


def advised_driver(situation: Situation) -> str:
    """Return the driver branch to install: the newest CUDA family's, unless a GPU's last branch is older."""
    lasts = [seen.architecture.last_branch for seen in situation.kinds if seen.architecture]
    known = [last for last in lasts if last]
    if known:
        return str(min(known))
    newest = max(situation.catalogue.drivers.families, key=lambda family: family.family)
    firsts = [seen.first_driver.driver for seen in situation.kinds if seen.first_driver]
    return driver_text(max([situation.minimum(newest), *firsts]))
