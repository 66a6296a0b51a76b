"""Checks of the GPUs under load, and of the workspace's disk."""

from typing import TypeVar

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen
from drydock.core.checks.inner import gib
from drydock.core.facts import Fact, Known, Missing, Snapshot, known_or, missing_text
from drydock.core.facts.load import GpuLoad, LoadFacts, LoadSamples
from drydock.core.findings import Evidence

T = TypeVar("T")

_SHARE = 0.1
"""Of the samples: a reason for slower clocks that shows less often is a passing one."""

_HOT = ("sw_thermal_slowdown", "hw_thermal_slowdown")
_BRAKED = ("hw_power_brake_slowdown", "hw_slowdown")
_LANE_BYTES = {1: 250e6, 2: 500e6, 3: 985e6, 4: 1969e6, 5: 3938e6, 6: 7563e6}
"""Bytes a second that one lane of a PCIe generation carries in one direction, after its line code."""

_LEAST_COPY = 0.5
"""Of the link's rate; whole links give 0.75 to 0.9 of it with pinned memory."""

_LEAST_DISK = 150e6
"""Bytes a second; a turning disk gives about this, and data loaders starve a GPU below."""

_FADED = 0.9


def _load(snapshot: Snapshot) -> LoadFacts | Answer:
    fact = snapshot.load
    return fact.value if isinstance(fact, Known) else _missing(fact)


def _missing(fact: Missing) -> Answer:
    if fact.why == "not_asked":
        return not_tested("not_asked")
    return not_tested("unknown", seen("load", fact), why=fact.detail or missing_text(fact))


def _gpus(snapshot: Snapshot) -> tuple[GpuLoad, ...] | Answer:
    load = _load(snapshot)
    if isinstance(load, Answer):
        return load
    return load.gpus or not_tested("no_gpu")


def _first_missing(facts: list[Fact[T]]) -> Answer | None:
    found = next((fact for fact in facts if isinstance(fact, Missing)), None)
    return _missing(found) if found is not None else None


def ask_soak(snapshot: Snapshot) -> Answer:
    """Ask whether products stay right while the GPU works."""
    gpus = _gpus(snapshot)
    if isinstance(gpus, Answer):
        return gpus
    evidence: list[Evidence] = []
    for gpu in gpus:
        if not isinstance(gpu.soak, Known):
            continue
        soak = gpu.soak.value
        words = f"{soak.format} for {soak.seconds:.0f} s: {soak.teraflops:.1f} TFLOP/s, {soak.wrong} wrong"
        evidence.append(Evidence(f"{gpu.device} {gpu.name}", f"{words} {soak.kind} {soak.text}".strip()))
    for gpu in gpus:
        if isinstance(gpu.soak, Known) and gpu.soak.value.kind:
            soak = gpu.soak.value
            variants = {"wrong-result": "wrong", "too-hot": "too_hot"}
            return broken(variants.get(soak.kind, "failed"), *evidence, gpu=gpu.name, text=soak.text)
    late = _first_missing([gpu.soak for gpu in gpus])
    if late is not None:
        return late
    for gpu in gpus:
        soak = gpu.soak.value if isinstance(gpu.soak, Known) else None
        if soak and soak.first and soak.last < _FADED * soak.first:
            share = round(100 * (1 - soak.last / soak.first))
            return attention("faded", *evidence, gpu=gpu.name, share=share)
    return ok(*evidence, count=len(gpus))


def _samples(gpus: tuple[GpuLoad, ...]) -> list[tuple[GpuLoad, LoadSamples]]:
    return [(gpu, gpu.samples.value) for gpu in gpus if isinstance(gpu.samples, Known)]


def ask_heat(snapshot: Snapshot) -> Answer:
    """Ask whether heat, or a brake on power, slows the GPUs down under load."""
    gpus = _gpus(snapshot)
    if isinstance(gpus, Answer):
        return gpus
    sampled = _samples(gpus)
    if not sampled:
        return _missing(gpus[0].samples) if isinstance(gpus[0].samples, Missing) else not_tested("no_gpu")
    evidence = tuple(Evidence(f"{gpu.device} {gpu.name}", _words(one)) for gpu, one in sampled)
    for gpu, one in sampled:
        if _often(one, _HOT):
            return attention("hot", *evidence, gpu=gpu.name, degrees=known_or(one.hottest, 0))
        if _often(one, _BRAKED):
            return attention("braked", *evidence, gpu=gpu.name)
    for gpu in gpus:
        if isinstance(gpu.soak, Known) and gpu.soak.value.paused > 0:
            return attention("paused", *evidence, gpu=gpu.name, seconds=round(gpu.soak.value.paused))
    return ok(*evidence)


def _words(samples: LoadSamples) -> str:
    reasons = ", ".join(f"{name} {times}/{samples.count}" for name, times in samples.reasons.items())
    hottest, power = known_or(samples.hottest, "?"), known_or(samples.power, 0.0)
    clock = known_or(samples.sm_clock, "?")
    return f"up to {hottest} degrees C, {power:.0f} W, {clock} MHz; clocks held by {reasons or 'nothing'}"


def _often(samples: LoadSamples, names: tuple[str, ...]) -> bool:
    return any(samples.reasons.get(name, 0) > _SHARE * samples.count for name in names)


def ask_link(snapshot: Snapshot) -> Answer:
    """Ask whether the PCIe link is as wide and as fast under load as GPU and slot allow."""
    gpus = _gpus(snapshot)
    if isinstance(gpus, Answer):
        return gpus
    sampled = _samples(gpus)
    known = {known_or(gpu.uuid, ""): gpu for gpu in snapshot.gpus}
    evidence: list[Evidence] = []
    worst: Answer | None = None
    for gpu, one in sampled:
        card = known.get(gpu.uuid)
        if card is None or not isinstance(one.generation, Known) or not isinstance(one.width, Known):
            continue
        now = f"generation {one.generation.value}, {one.width.value} lanes"
        most_width, most = known_or(card.max_pcie_width, 0), known_or(card.max_pcie_generation, 0)
        evidence.append(Evidence(f"{gpu.device} {gpu.name}", f"{now} of generation {most}, {most_width} lanes"))
        values = {"gpu": gpu.name, "now": one.width.value, "most": most_width}
        if one.width.value < most_width:
            worst = worst or attention("narrow", **values)
        elif one.generation.value < most:
            worst = worst or attention("slow", gpu=gpu.name, now=one.generation.value, most=most)
    if not evidence:
        return not_tested("unknown", why="NVML told nothing of the link under load")
    if worst is not None:
        return attention(worst.variant, *evidence, **worst.values)
    return ok(*evidence)


def ask_memory(snapshot: Snapshot) -> Answer:
    """Ask whether the GPU's memory keeps what is written to it."""
    gpus = _gpus(snapshot)
    if isinstance(gpus, Answer):
        return gpus
    evidence = tuple(
        Evidence(
            f"{gpu.device} {gpu.name}",
            f"{gib(one.tested)}, {one.patterns} patterns, {one.wrong} words differ {one.kind} {one.text}".strip(),
        )
        for gpu in gpus
        if isinstance(gpu.memory, Known)
        for one in (gpu.memory.value,)
    )
    for gpu in gpus:
        if isinstance(gpu.memory, Known) and gpu.memory.value.kind:
            variant = "wrong" if gpu.memory.value.wrong else "failed"
            return broken(variant, *evidence, gpu=gpu.name, text=gpu.memory.value.text or gpu.memory.value.kind)
    late = _first_missing([gpu.memory for gpu in gpus])
    if late is not None:
        return late
    total = sum(gpu.memory.value.tested for gpu in gpus if isinstance(gpu.memory, Known))
    return ok(*evidence, size=gib(total))


def ask_copy(snapshot: Snapshot) -> Answer:
    """Ask whether copies between the computer's memory and the GPU are as fast as the link."""
    gpus = _gpus(snapshot)
    if isinstance(gpus, Answer):
        return gpus
    evidence: list[Evidence] = []
    for gpu in gpus:
        if isinstance(gpu.copy, Known):
            one = gpu.copy.value
            rates = f"{one.to_gpu / 1e9:.1f} to, {one.from_gpu / 1e9:.1f} from, {one.within / 1e9:.0f} GB/s within"
            evidence.append(Evidence(f"{gpu.device} {gpu.name}", f"{rates} {one.kind} {one.text}".strip()))
    for gpu in gpus:
        if not isinstance(gpu.copy, Known):
            continue
        one = gpu.copy.value
        if one.kind:
            return broken("failed", *evidence, gpu=gpu.name, text=one.text)
        most = _link_rate(gpu)
        least = min(one.to_gpu, one.from_gpu)
        if most and least < _LEAST_COPY * most:
            values = {"rate": f"{least / 1e9:.1f}", "most": f"{most / 1e9:.0f}"}
            return attention("slow", *evidence, gpu=gpu.name, **values)
    late = _first_missing([gpu.copy for gpu in gpus])
    return late if late is not None else ok(*evidence)


def _link_rate(gpu: GpuLoad) -> float:
    if not isinstance(gpu.samples, Known):
        return 0.0
    samples = gpu.samples.value
    return _LANE_BYTES.get(known_or(samples.generation, 0), 0.0) * known_or(samples.width, 0)


def ask_disk(snapshot: Snapshot) -> Answer:
    """Ask how fast the workspace's disk is from inside."""
    load = _load(snapshot)
    if isinstance(load, Answer):
        return load
    if isinstance(load.disk, Missing):
        return _missing(load.disk)
    disk = load.disk.value
    read, write = f"{disk.read / 1e6:.0f}", f"{disk.write / 1e6:.0f}"
    evidence = Evidence(f"{gib(disk.size)} in {disk.path}", f"read {read} MB/s, written {write} MB/s")
    if disk.read < _LEAST_DISK:
        return attention("slow", evidence, read=read)
    return ok(evidence, read=read, write=write)
