"""Whether an image runs on a machine, by what it says of itself."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal, get_args

import msgspec

from drydock.core.images.catalogue import Arch, Catalogue, Image
from drydock.core.images.coverage import covers, cubin_for
from drydock.core.images.described import Described
from drydock.core.images.gates import CODE, driver_starts_family, is_native
from drydock.core.images.live import parse_tag
from drydock.core.images.machine import Machine, Wish
from drydock.core.images.notes import machine_notes
from drydock.core.images.refuse import machine_refusal
from drydock.core.images.requirement import Demand, GpuFacts, alternative_text, brands_of
from drydock.core.images.result import Note, Reason, Refusal
from drydock.core.images.situation import SeenGpu, Situation, is_consumer, look
from drydock.core.images.version import Version

_JETSON = re.compile(r"-igpu\b|\b(?:l4t|jetson|jetpack)\b", re.IGNORECASE)

Verdict = Literal["runs", "may_run", "cannot_run", "cannot_tell"]


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be expected of an image on a machine.

    Attributes:
        verdict: ``runs`` when its code was measured and the driver starts it; ``may_run`` when a part of that is
            assumed; ``cannot_run`` when what ``against`` holds is certain; ``cannot_tell`` when it is what is missing.
        against: what speaks against it, or what is not known.
        notes: what to know about it.
        environment: variables the container needs to start.
    """

    verdict: Verdict
    against: tuple[Reason, ...] = ()
    notes: tuple[Note, ...] = ()
    environment: Mapping[str, str] = {}


def judge(described: Described, machine: Machine, catalogue: Catalogue) -> Judgement:
    """Say whether an image runs on a machine."""
    situation = look(machine, Wish(), catalogue)
    image = _as_image(described)
    met = _demand_met(described, situation)
    certain = tuple(_certain(described, image, met, situation))
    open_questions = tuple(_open(described, image, situation))
    assumed = (
        described.torch_doubtful
        or described.cubins_from == "assumed"
        or described.cuda is None
        or met is not True
        or not (image and all(cubin_for(image, seen) for seen in situation.kinds))
    )
    verdict: Verdict = "may_run" if assumed else "runs"
    return Judgement(
        verdict="cannot_run" if certain else "cannot_tell" if open_questions else verdict,
        against=certain or open_questions,
        notes=tuple(_notes(described, image, met, situation)),
        environment={} if certain else _environment(described, met, situation),
    )


def _as_image(described: Described) -> Image | None:
    """Put an image whose CUDA is known in the terms of the catalogue, for the gates to look at."""
    if described.cuda is None:
        return None
    repository, _, tag = described.reference.partition("@")[0].rpartition(":")
    major = described.cudnn.partition(".")[0]
    return Image(
        repository=repository or tag,
        tag=tag if repository else "latest",
        torch=described.torch,
        recency=described.torch or Version((0,)),
        cuda=described.cuda,
        cudnn=described.cudnn or None,
        cudnn_major=int(major) if major.isdigit() else None,
        nccl=described.nccl or None,
        triton=None,
        flavour=described.flavour or "runtime",
        archs=tuple(_archs(described)),
        cubins=described.cubins,
        range=None if described.cubins else described.range,
        alpha=described.alpha,
        assumed=described.cubins_from == "assumed",
        compiler=bool(described.compiler),
        requires_native=False,
        confidence="medium",
    )


def _archs(described: Described) -> Iterator[Arch]:
    for platform in described.platforms or (described.platform,):
        system, _, processor = platform.partition("/")
        for arch in get_args(Arch):
            if system == "linux" and processor.partition("/")[0] == arch:
                yield arch


def _certain(described: Described, image: Image | None, met: bool | None, situation: Situation) -> Iterator[Reason]:
    yield from _other_platform(described, situation)
    refusal = machine_refusal(situation)
    if refusal is not None and not _is_open(refusal, described):
        yield Reason(refusal.code, refusal.values)
    if described.rocm:
        yield Reason("TORCH_FOR_AMD", {"torch": described.torch_text or "?"})
    elif described.cpu_only:
        named = {"torch": described.torch_text} if described.torch_text else {"cause": "unnamed"}
        yield Reason("TORCH_WITHOUT_CUDA", named)
    elif refusal is None:
        yield from _shut_gates(described, image, situation)
        if met is False and not described.demand_off and _is_about_hardware(described.demand, situation):
            yield Reason("REQUIREMENT_NOT_MET", {"demand": _short(described.demand), "cause": "hardware"})


def _is_open(refusal: Refusal, described: Described) -> bool:
    """Whether what stops every image of the catalogue need not stop this one."""
    for_jetson = _JETSON.search(f"{described.reference} {described.made_from}") is not None
    return refusal.code == "UNKNOWN_GPU" or (refusal.code == "JETSON" and for_jetson)


def _other_platform(described: Described, situation: Situation) -> Iterator[Reason]:
    platforms = [platform for platform in described.platforms or (described.platform,) if platform]
    processors: set[str] = set(_archs(described))
    if platforms and situation.machine.arch not in processors:
        host = situation.machine.processor or situation.machine.arch
        yield Reason("OTHER_PLATFORM", {"arch": host, "platforms": ", ".join(platforms)})


def _shut_gates(described: Described, image: Image | None, situation: Situation) -> Iterator[Reason]:
    """Return what the driver and the code inside speak against; of an unknown CUDA, what speaks against all of them."""
    if image is not None:
        reason = driver_starts_family(image, situation)
        if reason is not None and reason.code != "CUDA_FAMILY_NOT_KNOWN":
            yield reason
        if _code_is_sure(described) and not _in_range(described, situation):
            yield from (reason for gate in CODE if (reason := gate(image, situation)))
        return
    candidates = _candidates(described, situation)
    reasons = [_against_build(candidate, situation) for candidate in candidates]
    if candidates and all(reasons):
        yield from reasons[-1]


def _code_is_sure(described: Described) -> bool:
    return described.cubins_from in ("catalogue", "image")


def _in_range(described: Described, situation: Situation) -> bool:
    """Whether its publisher says that all GPUs are supported, whatever else the image names."""
    if described.range is None or described.cuda is None:
        return False
    image = _as_image(msgspec.structs.replace(described, cubins=()))
    return image is not None and all(covers(image, seen) for seen in situation.kinds)


def _candidates(described: Described, situation: Situation) -> list[Image]:
    """Return a build for each CUDA that this torch was published for, when the image does not tell which it is."""
    if described.torch is None or described.alpha or described.cuda is not None:
        return []
    builds = {
        image.cuda: image
        for image in situation.catalogue.images
        if image.torch == described.torch and not image.alpha and not image.assumed
    }
    return [builds[cuda] for cuda in sorted(builds)]


def _against_build(build: Image, situation: Situation) -> list[Reason]:
    gates = (driver_starts_family, *CODE)
    return [reason for gate in gates if (reason := gate(build, situation))]


def _open(described: Described, image: Image | None, situation: Situation) -> Iterator[Reason]:
    """Return what would have to be known to judge the image."""
    if not described.platform and not described.platforms:
        yield Reason("PLATFORM_NOT_TOLD")
    refusal = machine_refusal(situation)
    if refusal is not None and _is_open(refusal, described):
        yield Reason("MADE_FOR_JETSON" if refusal.code == "JETSON" else refusal.code, refusal.values)
    if described.framework != "torch":
        code = "OTHER_FRAMEWORK" if described.framework else "NO_TORCH_NAMED"
        yield Reason(code, {"framework": described.framework} if described.framework else {})
    elif image is None:
        yield from _unknown_cuda(described, situation)
    else:
        yield from _unknown_code(described, image, situation)


def _unknown_cuda(described: Described, situation: Situation) -> Iterator[Reason]:
    candidates = _candidates(described, situation)
    if candidates and not any(_against_build(candidate, situation) for candidate in candidates):
        return
    values = {"torch": described.torch_text or "?"}
    if candidates:
        builds = ", ".join(str(candidate.cuda) for candidate in candidates)
        yield Reason("CUDA_NOT_TOLD", {**values, "builds": builds, "cause": "some"})
    else:
        yield Reason("CUDA_NOT_TOLD", values)


def _unknown_code(described: Described, image: Image, situation: Situation) -> Iterator[Reason]:
    family = driver_starts_family(image, situation)
    if family is not None and family.code == "CUDA_FAMILY_NOT_KNOWN":
        yield family
    if not described.cubins and described.range is None:
        yield Reason("CODE_NOT_KNOWN", {"torch": described.torch_text or "?"})
    elif not _code_is_sure(described):
        yield from (reason for gate in CODE if (reason := gate(image, situation)))


def _facts(situation: Situation, seen: SeenGpu) -> list[GpuFacts]:
    """Return what the demand is asked with for one GPU: once for each brand that drivers may report for it."""
    brands = brands_of(seen.gpu.name) or (None,)
    return [GpuFacts(situation.native, situation.driver, brand, seen.capability) for brand in brands]


def _demand_met(described: Described, situation: Situation) -> bool | None:
    """Whether the toolkit's question would be answered with yes for every GPU; None when that cannot be told."""
    if described.demand is None or described.demand_off:
        return True
    outcomes = {
        _agreed({clause.met_by(facts) for facts in _facts(situation, seen)})
        for seen in situation.kinds
        for clause in described.demand.clauses
    }
    if False in outcomes:
        return False
    return None if None in outcomes else True


def _agreed(outcomes: set[bool | None]) -> bool | None:
    """Return what holds under every brand that drivers report for a GPU; None when that differs."""
    return outcomes.pop() if len(outcomes) == 1 else None


def _is_about_hardware(demand: Demand | None, situation: Situation) -> bool:
    """Whether a clause that is not met asks for another GPU, and for no driver that could be had instead."""
    return demand is not None and any(
        not any(condition.subject in ("cuda", "driver") for part in clause.alternatives for condition in part)
        and any(clause.met_by(facts) is False for seen in situation.kinds for facts in _facts(situation, seen))
        for clause in demand.clauses
    )


def _short(demand: Demand | None) -> str:
    """Write the first alternative of each clause: the rest are exceptions, and there are dozens."""
    clauses = demand.clauses if demand else ()
    return ", ".join(alternative_text(clause.alternatives[0]) for clause in clauses)


def _notes(described: Described, image: Image | None, met: bool | None, situation: Situation) -> Iterator[Note]:
    if image is not None and described.framework == "torch" and not described.cpu_only and not described.rocm:
        yield from _about_driver(image, situation)
        yield from _about_code(described, image, situation)
    builds = [str(candidate.cuda) for candidate in _candidates(described, situation)]
    if builds and not described.cpu_only and not described.rocm and not any(_unknown_cuda(described, situation)):
        yield Note("EVERY_BUILD_RUNS", {"torch": described.torch_text, "builds": ", ".join(builds)})
    yield from _about_demand(described, met, situation)
    yield from _about_inside(described)
    yield from _about_start(described, situation)
    yield from machine_notes(situation)


def _about_driver(image: Image, situation: Situation) -> Iterator[Note]:
    if situation.native is None:
        return
    values = {
        "cuda": str(image.cuda),
        "native": str(situation.native),
        "driver": situation.machine.driver or "?",
    }
    yield Note("NATIVE_CUDA" if is_native(image, situation) else "MINOR_COMPATIBILITY", values)


def _about_code(described: Described, image: Image, situation: Situation) -> Iterator[Note]:
    for seen in situation.kinds:
        cubin = cubin_for(image, seen)
        values = {"gpu": seen.gpu.name, "capability": str(seen.capability), "cubin": str(cubin or "")}
        if cubin:
            yield Note("HOLDS_CUBIN", values)
        elif _in_range(described, situation):
            yield Note("IN_PUBLISHED_RANGE", values)
    holds = ", ".join(map(str, described.cubins))
    values = {"torch": described.torch_text, "cuda": str(image.cuda), "holds": holds}
    code = {"catalogue": "CODE_FROM_CATALOGUE", "image": "CODE_BY_ITS_OWN_WORD", "assumed": "CODE_OF_NEAREST_BUILD"}
    if described.cubins_from and described.cubins:
        yield Note(code[described.cubins_from], values)


def _about_demand(described: Described, met: bool | None, situation: Situation) -> Iterator[Note]:
    demand = described.demand
    if demand is None or not demand.clauses:
        return
    if described.demand_off:
        yield Note("REQUIREMENT_TURNED_OFF", {"demand": _short(demand)})
    elif met:
        yield Note("REQUIREMENT_MET", {"met": _met(demand, situation)})
    elif demand.unreadable:
        yield Note("REQUIREMENT_UNREADABLE", {"unreadable": ", ".join(demand.unreadable)[:200]})
    elif met is False:
        values = {"demand": _short(demand), "native": str(situation.native or "?")}
        yield Note("REQUIREMENT_NOT_MET", {**values, "driver": situation.machine.driver or "?"})
    else:
        yield Note("REQUIREMENT_OPEN", {"demand": _short(demand)})


def _met(demand: Demand, situation: Situation) -> str:
    """Write the alternatives that are met: the first of each clause for each kind of GPU, and each once."""
    found: dict[str, None] = {}
    for clause in demand.clauses:
        for seen in situation.kinds:
            alternative = clause.first_met(_facts(situation, seen)[0])
            if alternative:
                found[alternative_text(alternative)] = None
    return ", ".join(found) or _short(demand)


def _about_inside(described: Described) -> Iterator[Note]:
    if described.torch_doubtful:
        yield Note("TORCH_MAY_BE_REPLACED", {"torch": described.torch_text or "?"})
    tag = parse_tag(described.reference.partition("@")[0].rpartition(":")[2])
    if tag and described.torch and tag.torch != described.torch:
        yield Note("TAG_SAYS_OTHERWISE", {"named": str(tag.torch), "torch": str(described.torch)})
    if described.alpha and described.torch:
        yield Note("ALPHA_TORCH", {"torch": str(described.torch)})
    if described.compiler is False:
        yield Note("NO_COMPILER", {"torch": described.torch_text})
    if described.user not in ("", "0", "root", "0:0", "root:root"):
        yield Note("RUNS_AS_USER", {"user": described.user})


def _about_start(described: Described, situation: Situation) -> Iterator[Note]:
    if described.compat_first:
        consumer = any(map(is_consumer, situation.kinds))
        values = {"path": described.library_path[0]}
        yield Note("COMPAT_LIBRARY_FIRST", {**values, "cause": "consumer"} if consumer else values)
    if _lacks_compute(described):
        yield Note("NO_COMPUTE_CAPABILITY", {"capabilities": ",".join(described.capabilities)})


def _lacks_compute(described: Described) -> bool:
    return bool(described.capabilities) and not {"compute", "all"}.intersection(described.capabilities)


def _environment(described: Described, met: bool | None, situation: Situation) -> dict[str, str]:
    environment: dict[str, str] = {}
    if met is False:
        environment["NVIDIA_DISABLE_REQUIRE"] = "1"
    if _lacks_compute(described):
        environment["NVIDIA_DRIVER_CAPABILITIES"] = ",".join(
            dict.fromkeys(("compute", "utility", *described.capabilities))
        )
    if described.compat_first and any(map(is_consumer, situation.kinds)):
        environment["LD_LIBRARY_PATH"] = ":".join(described.library_path[1:])
    return environment
