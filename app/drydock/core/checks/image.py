"""Checks of whether any image runs on this driver and these GPUs, by the rules of the image choice."""

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok
from drydock.core.checks.situation import has_gpu, is_tegra, is_wsl
from drydock.core.facts import Gpu as WholeGpu
from drydock.core.facts import Known, Missing, Snapshot, known_or
from drydock.core.findings import Evidence
from drydock.core.images.catalogue import Catalogue
from drydock.core.images.choose import recommend
from drydock.core.images.machine import Gpu, Machine, Os, Processor, Wish
from drydock.core.images.result import Recommendation, Refusal
from drydock.core.trouble import Value

_DRIVER_VARIANTS = {
    "DRIVER_TOO_OLD_FOR_ANY": "too_old",
    "DRIVER_TOO_OLD_FOR_GPU": "too_old_for_gpu",
    "DRIVER_DROPPED_GPU": "dropped",
}
_GPU_VARIANTS = {"JETSON": "jetson", "UNKNOWN_GPU": "unknown_gpu", "MIXED_GPUS": "mixed"}


def machine_of(snapshot: Snapshot) -> Machine:
    """Return what the image choice needs to know of a machine.

    GPUs whose compute capability is unknown are left out: nothing can be said about them. In place of a GPU that is cut
    into slices (MIG) stand its slices, which is what programs see of it.
    """
    return Machine(
        gpus=tuple(seen for gpu in snapshot.gpus for seen in _visible(gpu)),
        driver=known_or(snapshot.driver.version, None),
        cuda_driver=known_or(snapshot.driver.cuda, None),
        os=_os(snapshot),
        arch=_arch(snapshot),
        processor=snapshot.host.architecture,
    )


def _visible(gpu: WholeGpu) -> tuple[Gpu, ...]:
    if not isinstance(gpu.compute_capability, Known):
        return ()
    name = known_or(gpu.name, f"GPU {gpu.index}")
    capability = gpu.compute_capability.value
    if known_or(gpu.mig, default=False) and gpu.mig_devices:
        return tuple(Gpu(f"{name} MIG slice", capability, uuid=uuid) for uuid in gpu.mig_devices)
    return (Gpu(name, capability, uuid=known_or(gpu.uuid, None), memory=known_or(gpu.memory_total, None)),)


def _os(snapshot: Snapshot) -> Os:
    if is_wsl(snapshot):
        return "wsl2"
    if snapshot.host.system == "windows":
        return "windows"
    return "jetson" if is_tegra(snapshot) else "linux"


def _arch(snapshot: Snapshot) -> Processor:
    match snapshot.host.architecture:
        case "amd64" | "arm64" as known:
            return known
        case _:
            return "other"


def _judge(snapshot: Snapshot, catalogue: Catalogue) -> Recommendation | Answer:
    if has_gpu(snapshot) is False:
        return not_tested("no_gpu")
    if snapshot.host.architecture not in ("amd64", "arm64"):
        return not_tested(
            "unknown", why=f"images exist for amd64 and arm64, not for {snapshot.host.architecture or '?'}"
        )
    machine = machine_of(snapshot)
    if not machine.gpus:
        return not_tested("unknown", why="no GPU told its compute capability")
    if machine.driver is None and machine.cuda_driver is None:
        return not_tested("unknown", why="the driver did not tell its version")
    return recommend(machine, Wish(), catalogue)


def _evidence(snapshot: Snapshot) -> tuple[Evidence, ...]:
    machine = machine_of(snapshot)
    gpus = tuple(
        Evidence(gpu.name, f"compute capability {gpu.compute_capability[0]}.{gpu.compute_capability[1]}")
        for gpu in machine.gpus
    )
    return (Evidence("driver version", f"{machine.driver} ({machine.os}, {machine.arch})"), *gpus)


def _values(refusal: Refusal) -> dict[str, Value]:
    return dict(refusal.values)


def ask_driver(snapshot: Snapshot, catalogue: Catalogue) -> Answer:
    """Ask whether the driver is new enough for any image, and of a branch that knows these GPUs."""
    judged = _judge(snapshot, catalogue)
    if isinstance(judged, Answer):
        return judged
    refusal = judged.refusal
    variant = _DRIVER_VARIANTS.get(refusal.code) if refusal else None
    if refusal and refusal.values.get("cause") == "unreadable":
        return not_tested("unknown", *_evidence(snapshot), why="the driver's version is no version number")
    if refusal and variant:
        return broken(variant, *_evidence(snapshot), **_values(refusal))
    return ok(*_evidence(snapshot), version=known_or(snapshot.driver.version, "unknown"))


def ask_gpu(snapshot: Snapshot, catalogue: Catalogue) -> Answer:
    """Ask whether an image holds code for every GPU."""
    judged = _judge(snapshot, catalogue)
    if isinstance(judged, Answer):
        return judged
    evidence = _evidence(snapshot)
    refusal = judged.refusal
    mute = [gpu for gpu in snapshot.gpus if isinstance(gpu.compute_capability, Missing)]
    if judged.choice and mute:
        return not_tested("unknown", *evidence, why=f"GPU {mute[0].index} did not tell its compute capability")
    if judged.choice:
        return ok(*evidence, reference=judged.choice.reference)
    if refusal and refusal.code in _GPU_VARIANTS:
        return attention(_GPU_VARIANTS[refusal.code], *evidence, **_values(refusal))
    if refusal and refusal.code == "NO_BUILD_FOR_GPU":
        return broken("no_build", *evidence, **_values(refusal))
    return not_tested("unknown", *evidence, why=refusal.code if refusal else "the image choice gave no answer")
