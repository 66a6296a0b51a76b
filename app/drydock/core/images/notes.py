"""What a person should know about the chosen image, and about the machine whichever image is chosen."""

import re
from collections.abc import Callable, Iterator

from drydock.core.images.catalogue import Image
from drydock.core.images.coverage import covers, cubin_for
from drydock.core.images.gates import ALL, is_exempt, is_native, passes, starts_under_strict_check
from drydock.core.images.machine import Gpu
from drydock.core.images.result import Note
from drydock.core.images.situation import Situation, is_consumer
from drydock.core.images.version import Version
from drydock.core.trouble import Value

_TRITON_FLOOR = Version((7, 0))
_LITTLE_MEMORY = 5 << 30
_SLICE_MEMORY = re.compile(r"\bMIG \d+[cg][^ ]*?\.(\d+)gb", re.IGNORECASE)
_PUSHED_FOR_ARM = Version((2, 3, 0))  # pytorch/pytorch issue 125094


def image_notes(image: Image, situation: Situation) -> tuple[Note, ...]:
    """Return why the image was chosen and what to know about it."""
    return tuple(note for source in _IMAGE for note in source(image, situation))


def machine_notes(situation: Situation) -> tuple[Note, ...]:
    """Return what holds on this machine for every image."""
    return tuple(note for source in _MACHINE for note in source(situation))


def _compile(_image: Image, situation: Situation) -> Iterator[Note]:
    """Say before all else when what the image is wanted for cannot work in any."""
    if situation.wish.task != "compile":
        return
    works = ", ".join(seen.gpu.name for seen in situation.kinds if seen.capability >= _TRITON_FLOOR)
    for seen in situation.kinds:
        if seen.capability < _TRITON_FLOOR:
            values = {"gpu": seen.gpu.name, "capability": str(seen.capability)}
            yield Note("COMPILE_CANNOT_WORK", values | ({"others": works, "cause": "others"} if works else {}))


def _newest(image: Image, situation: Situation) -> Iterator[Note]:
    if image.torch is None or image.alpha:
        return
    if situation.wish.torch:
        yield Note("MEETS_TORCH_WISH", {"torch": str(image.torch), "wanted": situation.wish.torch})
    else:
        code = "NEWEST_THAT_FITS" if _is_newest(image, situation) else "FITS"
        yield Note(code, {"torch": str(image.torch), "cuda": str(image.cuda)})


def _is_newest(image: Image, situation: Situation) -> bool:
    """Whether it leads the ranking: what is proposed in place of a wish may be older."""
    return not any(
        other.recency > image.recency and passes(other, situation, ALL) for other in situation.catalogue.images
    )


def _driver(image: Image, situation: Situation) -> Iterator[Note]:
    values = {
        "cuda": str(image.cuda),
        "native": str(situation.native or "?"),
        "driver": situation.machine.driver or "?",
    }
    yield Note("NATIVE_CUDA" if is_native(image, situation) else "MINOR_COMPATIBILITY", values)


def _code(image: Image, situation: Situation) -> Iterator[Note]:
    for seen in situation.kinds:
        cubin = cubin_for(image, seen)
        values = {"gpu": seen.gpu.name, "capability": str(seen.capability), "cubin": str(cubin or "")}
        yield Note("HOLDS_CUBIN" if cubin else "IN_PUBLISHED_RANGE", values)


def _start_check(image: Image, situation: Situation) -> Iterator[Note]:
    if starts_under_strict_check(image, situation) is None:
        return
    values = {"cuda": str(image.cuda), "native": str(situation.native or "?")}
    yield Note("START_CHECK_EXEMPT" if is_exempt(image, situation) else "START_CHECK_TURNED_OFF", values)
    yield Note("START_CHECK_BY_MODE", values)
    if any(map(is_consumer, situation.kinds)):
        yield Note("FORWARD_COMPATIBILITY_REFUSED", values)


def _last_release(image: Image, situation: Situation) -> Iterator[Note]:
    """Say so when newer releases have no code for a GPU any more."""
    if image.torch is None or image.alpha:
        return
    newer = [other for other in situation.catalogue.images if not other.alpha and other.recency > image.recency]
    for seen in situation.kinds:
        if newer and not any(covers(other, seen) for other in newer):
            yield Note("LAST_RELEASE_FOR_GPU", {"gpu": seen.gpu.name, "torch": str(image.torch)})
            return


def _build(image: Image, situation: Situation) -> Iterator[Note]:
    if image.experimental:
        yield Note("EXPERIMENTAL_BUILD", {"cuda": str(image.cuda)})
    if situation.wish.task == "extensions" and image.flavour == "runtime" and not image.alpha:
        yield Note("NO_CUDA_COMPILER_FOR_TASK", {"torch": str(image.torch)})
    # where Triton cannot work, a compiler would not help it
    if not image.compiler and any(seen.capability >= _TRITON_FLOOR for seen in situation.kinds):
        code = "NO_COMPILER_FOR_TASK" if situation.wish.task == "compile" else "NO_COMPILER"
        yield Note(code, {"torch": str(image.torch)})
    if image.system_python:
        yield Note("SYSTEM_PYTHON", {"python": image.python or "?"})
    if image.torch == _PUSHED_FOR_ARM:
        yield Note("ASK_FOR_AMD64", {"tag": image.tag})
    if image.alpha:
        yield Note("ALPHA_TORCH", {"torch": str(image.torch or "?")})
        if situation.wish.flavour:
            yield Note("ONE_FLAVOUR", {"wanted": situation.wish.flavour})
    yield Note("NOT_CONFIRMED", {"made": situation.catalogue.made, "confidence": image.confidence})


def _triton(situation: Situation) -> Iterator[Note]:
    if situation.wish.task == "compile":
        return  # the choice says it first
    for seen in situation.kinds:
        if seen.capability < _TRITON_FLOOR:
            yield Note("TRITON_CANNOT_WORK", {"gpu": seen.gpu.name, "capability": str(seen.capability)})


def _slices(situation: Situation) -> Iterator[Note]:
    for seen in situation.kinds:
        if seen.gpu.is_slice:
            memory = _memory(seen.gpu)
            values: dict[str, Value] = {"gpu": seen.gpu.name, "capability": str(seen.capability)}
            yield Note("MIG_SLICE", values | ({"mib": memory >> 20, "cause": "memory"} if memory else {}))


def _memory(gpu: Gpu) -> int | None:
    """Return the memory, of a slice by its profile where nothing else told it: ``MIG 1g.10gb`` has 10 GiB at most."""
    profile = _SLICE_MEMORY.search(gpu.name)
    return gpu.memory if gpu.memory is not None or profile is None else int(profile[1]) << 30


def _last_branch(situation: Situation) -> Iterator[Note]:
    for seen in situation.kinds:
        if seen.architecture and seen.architecture.last_branch:
            yield Note("KEEP_DRIVER_BRANCH", {"gpu": seen.gpu.name, "branch": seen.architecture.last_branch})


def _uncertain_gpus(situation: Situation) -> Iterator[Note]:
    for seen in situation.kinds:
        if seen.architecture and seen.architecture.confidence == "low":
            yield Note("GPU_NOT_VERIFIED", {"gpu": seen.gpu.name, "capability": str(seen.capability)})


def _hardware(situation: Situation) -> Iterator[Note]:
    for seen in situation.kinds:
        if seen.capability == (7, 5) and re.search(r"\bGTX 16\d\d|\bMX\d", seen.gpu.name):
            yield Note("NO_TENSOR_CORES", {"gpu": seen.gpu.name})
        memory = _memory(seen.gpu)
        if memory is not None and memory <= _LITTLE_MEMORY:
            yield Note("LITTLE_MEMORY", {"gpu": seen.gpu.name, "mib": memory >> 20})
        if seen.capability == (12, 1):
            yield Note("CAPABILITY_WARNING_HARMLESS", {"gpu": seen.gpu.name})


def _system(situation: Situation) -> Iterator[Note]:
    if situation.windows:
        yield Note("WINDOWS_DRIVER_COUNTS", {"driver": situation.machine.driver or "?"})
    elif any(seen.capability[0] in (10, 12) for seen in situation.kinds):
        yield Note("OPEN_MODULES_NEEDED")


_IMAGE: tuple[Callable[[Image, Situation], Iterator[Note]], ...] = (
    _compile,
    _newest,
    _driver,
    _code,
    _start_check,
    _last_release,
    _build,
)
_MACHINE: tuple[Callable[[Situation], Iterator[Note]], ...] = (
    _triton,
    _slices,
    _last_branch,
    _uncertain_gpus,
    _hardware,
    _system,
)
