"""The stack on the Home page: five layers, each with a state and the one fact that matters."""

from collections import Counter
from typing import Literal

import msgspec

from drydock.core.facts import Known, Snapshot, known_or, missing_text
from drydock.core.findings import Diagnosis, Finding, State
from drydock.core.images import Recommendation
from drydock.data.knowledge import finding_article
from drydock.data.reasons import text

LayerId = Literal["gpu", "driver", "engine", "image", "work"]

# which rungs of the ladder a layer sums up
_RUNGS: dict[LayerId, tuple[str, ...]] = {
    "gpu": ("gpu",),
    "driver": ("driver",),
    "engine": ("engine", "toolkit"),
    "image": ("image", "container", "torch", "load"),
    "work": ("work",),
}


_MEND: dict[str, str] = {
    "host": "Something about this computer comes first.",
    "gpu": "The GPU comes first.",
    "driver": "The driver comes first.",
    "engine": "The container engine comes first.",
    "toolkit": "The NVIDIA toolkit comes first.",
    "image": "Driver and GPU do not fit any image.",
    "container": "The container does not get what it needs.",
    "torch": "PyTorch does not work in the container.",
    "load": "The GPU does not stand its work.",
    "work": "Something is in the way of your work.",
}


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """The newest proof that kernels ran: where, when, on how many GPUs, and whether all were right."""

    where: str
    at: str
    gpus: int
    works: bool


class LayerWords(msgspec.Struct, frozen=True, kw_only=True):
    """One layer's words and state."""

    id: LayerId
    line: str
    state: State


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """The sentence on top and the one main button.

    Attributes:
        act: what the button does: a page's name, or ``diagnose``.
    """

    title: str
    sentence: str
    button: str
    act: str


def layers(
    diagnosis: Diagnosis, recommendation: Recommendation, sessions: int | None, proof: Proof | None
) -> tuple[LayerWords, ...]:
    """Return the layers from the GPU up; ``sessions`` counts the running ones, None when they were not asked for."""
    snapshot = diagnosis.snapshot
    found: dict[LayerId, tuple[str, State]] = {
        "gpu": (_gpu_line(snapshot), _gpu_state(diagnosis)),
        "driver": (_driver_line(snapshot), _state(diagnosis, "driver")),
        "engine": (_engine_line(snapshot), _state(diagnosis, "engine")),
        "image": (_image_line(snapshot, recommendation), _state(diagnosis, "image")),
        "work": (_work_line(sessions, proof), _work_state(proof)),
    }
    return tuple(
        LayerWords(id=name, line=_first_wrong(diagnosis, name) or line, state=state)
        for name, (line, state) in found.items()
    )


def headline(diagnosis: Diagnosis, recommendation: Recommendation, proof: Proof | None) -> Headline:
    """Return the verdict in one sentence, and what to do next."""
    root = diagnosis.root_cause
    if root:
        article = finding_article(root)
        sentence = f"{article.text} {article.consequence}".strip()
        return Headline(title=_MEND[root.rung], sentence=sentence, button="Show what to do", act="doctor")
    if not diagnosis.snapshot.gpus:
        return Headline(
            title="No NVIDIA GPU was found here.",
            sentence="You can measure this processor with PyTorch, or look at a sample machine.",
            button="Benchmark the CPU",
            act="benchmark",
        )
    choice = recommendation.choice
    if choice is None:
        refusal = recommendation.refusal
        words = text(refusal.code, refusal.values) if refusal else "No image was found for this machine."
        return Headline(
            title="No single image fits this machine.", sentence=words, button="See the images", act="images"
        )
    names = gpu_names(diagnosis.snapshot)
    if proof and proof.works:
        return Headline(
            title="Your GPU works." if proof.gpus == 1 else f"All {proof.gpus} GPUs work.",
            sentence=f"Real kernels ran right in {proof.where} on {proof.at}.",
            button="Launch",
            act="launch",
        )
    return Headline(
        title="Ready to launch.",
        sentence=f"{names} can run torch {choice.torch or ''} with CUDA {choice.cuda}. That is not proven yet: launch, "
        "and let real kernels prove it.",
        button="Launch",
        act="launch",
    )


def gpu_names(snapshot: Snapshot) -> str:
    """Return the GPUs' names, equal ones counted: ``8x H100 80GB HBM3``."""
    names = Counter(known_or(gpu.name, f"GPU {gpu.index}").removeprefix("NVIDIA ") for gpu in snapshot.gpus)
    return " and ".join(f"{count}x {name}" if count > 1 else name for name, count in names.items())


def _state(diagnosis: Diagnosis, layer: LayerId) -> State:
    states = {finding.state for finding in _of(diagnosis, layer)}
    order: tuple[State, ...] = ("broken", "attention", "ok")
    for state in order:
        if state in states:
            return state
    return "not_tested"


def _gpu_state(diagnosis: Diagnosis) -> State:
    state = _state(diagnosis, "gpu")
    # that something sits on the bus proves nothing about a GPU that cannot be asked
    return "not_tested" if state == "ok" and not diagnosis.snapshot.gpus else state


def _of(diagnosis: Diagnosis, layer: LayerId) -> tuple[Finding, ...]:
    return tuple(finding for finding in diagnosis.findings if finding.rung in _RUNGS[layer])


def _first_wrong(diagnosis: Diagnosis, layer: LayerId) -> str:
    if layer == "work":
        return ""
    wrong = next((finding for finding in _of(diagnosis, layer) if finding.state == "broken"), None)
    return finding_article(wrong).text if wrong else ""


def _gpu_line(snapshot: Snapshot) -> str:
    if not snapshot.gpus:
        on_bus = len(known_or(snapshot.driver.pci_gpus, ()))
        return f"{on_bus} on the PCI bus; nothing more can be read" if on_bus else "None was found"
    parts = [gpu_names(snapshot)]
    first = snapshot.gpus[0]
    if isinstance(first.memory_total, Known):
        each = " each" if len(snapshot.gpus) > 1 else ""
        parts.append(f"{first.memory_total.value / (1 << 30):.0f} GiB{each}")
    if isinstance(first.compute_capability, Known):
        parts.append("compute capability {}.{}".format(*first.compute_capability.value))
    return "  ·  ".join(parts)


def _driver_line(snapshot: Snapshot) -> str:
    version = snapshot.driver.version
    if not isinstance(version, Known):
        return f"Version: {missing_text(version)}"
    cuda = snapshot.driver.cuda
    tail = "  ·  CUDA up to {}.{}".format(*cuda.value) if isinstance(cuda, Known) else ""
    return f"{version.value}{tail}"


def _engine_line(snapshot: Snapshot) -> str:
    engine = snapshot.engine
    if engine.reach.kind != "ready":
        return "Not reachable"
    name = f"{known_or(engine.product, 'Engine')} {known_or(engine.version, '')}".strip()
    ways = ["NVIDIA runtime"] if "nvidia" in known_or(engine.runtimes, ()) else []
    ways += ["CDI"] if any(device.startswith("nvidia.com/") for device in known_or(engine.cdi_devices, ())) else []
    return "  ·  ".join([name, " and ".join(ways) or "no way to a GPU"])


def _image_line(snapshot: Snapshot, recommendation: Recommendation) -> str:
    choice = recommendation.choice
    if choice is None:
        return "None can be recommended"
    here = any(choice.reference in image.references for image in known_or(snapshot.engine.images, ()))
    name = choice.tag if choice.reference.startswith("pytorch/") else choice.reference
    return f"{name}  ·  {'here' if here else 'not here yet'}"


def _work_line(sessions: int | None, proof: Proof | None) -> str:
    parts: list[str] = []
    if sessions:
        parts.append(f"{sessions} session{'s' if sessions > 1 else ''} running")
    if proof:
        parts.append(f"kernels {'ran right' if proof.works else 'failed'} in {proof.where}, {proof.at}")
    return "  ·  ".join(parts) or "Nothing was launched yet"


def _work_state(proof: Proof | None) -> State:
    if proof is None:
        return "not_tested"
    return "ok" if proof.works else "broken"
