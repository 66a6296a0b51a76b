"""Checks of torch in the container: import, build, GPUs, real kernels, and what its features need."""

import re
from typing import cast

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen
from drydock.core.checks.inner import measured, unmeasured, walked
from drydock.core.checks.situation import is_tegra
from drydock.core.facts import Known, Snapshot
from drydock.core.facts.container import ContainerFacts, InnerGpu, InnerTools, InnerTorch, KernelRun
from drydock.core.findings import Evidence

_PROBLEMS = {
    "driver-too-old": "driver_too_old",
    "driver-library-mismatch": "mismatch",
    "forward-compatibility-refused": "compat",
    "no-device": "no_device",
    "no-driver": "no_device",
    "fabric-not-ready": "not_ready",
    "unknown-cuda-error": "unknown_error",
    "device-busy": "busy",
}
_KERNEL_FAILURES = {
    "wrong-result": "wrong",
    "not-finite": "wrong",
    "uncorrectable-ecc": "memory_error",
    "oom": "no_memory",
    "device-busy": "busy",
}


_IMPORT_FAILURES = (
    ("glibc", re.compile(r"version [`'\"]GLIBC_[\d.]+'? not found")),
    ("cxx", re.compile(r"version [`'\"](?:GLIBCXX|CXXABI)_[\d.]+'? not found")),
    (
        "instruction",
        re.compile(r"Illegal instruction|SIGILL|exit(?:ed|ed with)? (?:code|status) 132|signal 4\b", re.IGNORECASE),
    ),
    ("symbol", re.compile(r"undefined symbol")),
    ("library", re.compile(r"cannot open shared object file")),
)
"""What the words mean with which the loader, or the kernel, ends an import of torch; the first that fits counts."""


def import_failure(text: str) -> str:
    """Name the cause for which torch cannot be imported; ``fails`` where the words are not known."""
    return next((variant for variant, pattern in _IMPORT_FAILURES if pattern.search(text)), "fails")


def _torch(snapshot: Snapshot) -> tuple[ContainerFacts, InnerTorch] | Answer:
    got = measured(snapshot, "import torch", "torch")
    return got if isinstance(got, Answer) else (got[0], cast("InnerTorch", got[1]))


def ask_import(snapshot: Snapshot) -> Answer:
    """Ask whether torch can be imported inside."""
    facts = walked(snapshot)
    if isinstance(facts, Answer):
        return facts
    torch = facts.torch
    if isinstance(torch, Known):
        return ok(Evidence("import torch", torch.value.version), version=torch.value.version)
    evidence = seen("import torch", torch)
    if torch.why == "absent":
        return broken("absent", evidence, image=facts.image)
    if torch.why == "timeout":
        return broken("silent", evidence, image=facts.image)
    if torch.why == "failed":
        variant = import_failure(torch.detail)
        cpu = snapshot.host.cpu
        if variant == "instruction" and not snapshot.engine.remote:
            model = cpu.value.model if isinstance(cpu, Known) else "this processor"
            shown = seen("processor", Known(model))
            return broken(variant, evidence, shown, image=facts.image, text=torch.detail, processor=model)
        return broken(variant, evidence, image=facts.image, text=torch.detail, processor="the engine's processor")
    return unmeasured("import torch", torch)


def ask_build(snapshot: Snapshot) -> Answer:
    """Ask whether torch was built for CUDA, where GPUs are to be used."""
    got = _torch(snapshot)
    if isinstance(got, Answer):
        return got
    facts, torch = got
    evidence = Evidence("torch.version", f"{torch.version}, cuda {torch.cuda or 'None'}, hip {torch.hip or 'None'}")
    if torch.hip:
        return broken("rocm", evidence, version=torch.version)
    if torch.cuda:
        return ok(evidence, version=torch.version, cuda=torch.cuda)
    if facts.gpus_granted:
        return broken("cpu_jetson" if is_tegra(snapshot) else "cpu", evidence, version=torch.version)
    return ok(evidence, variant="cpu_no_gpu", version=torch.version)


def ask_cuda(snapshot: Snapshot) -> Answer:
    """Ask whether torch can use CUDA."""
    got = _torch(snapshot)
    if isinstance(got, Answer):
        return got
    facts, torch = got
    if not facts.gpus_granted:
        return not_tested("no_gpu")
    evidence = Evidence("torch.cuda.init()", torch.problem_text or f"{len(torch.gpus)} GPUs")
    if torch.problem:
        return broken(_PROBLEMS.get(torch.problem, "failed"), evidence, text=torch.problem_text)
    if not torch.gpus:
        return broken("no_device", evidence, text="torch counts no GPU")
    return ok(evidence, count=len(torch.gpus))


def _capability(gpu: InnerGpu) -> str:
    return "{}.{}".format(*gpu.capability) if gpu.capability else "unknown"


def ask_arch(snapshot: Snapshot) -> Answer:
    """Ask whether the build holds code for every GPU."""
    got = _torch(snapshot)
    if isinstance(got, Answer):
        return got
    facts, torch = got
    if not facts.gpus_granted or not torch.gpus:
        return not_tested("no_gpu")
    evidence = (
        Evidence("torch.cuda.get_arch_list()", " ".join(torch.architectures) or "(empty)"),
        *(Evidence(f"GPU {gpu.index} {gpu.name}", f"{_capability(gpu)}: {gpu.coverage}") for gpu in torch.gpus),
    )
    for coverage, say in (("none", broken), ("unknown", None), ("ptx", attention)):
        bad = next((gpu for gpu in torch.gpus if gpu.coverage == coverage), None)
        if bad is None:
            continue
        if say is None:
            return not_tested("unknown", *evidence, why=f"the build does not tell what it has code for, or {bad.name}")
        return say(coverage, *evidence, gpu=bad.name, capability=_capability(bad), version=torch.version)
    return ok(*evidence)


def ask_kernels(snapshot: Snapshot) -> Answer:
    """Ask whether real kernels give right results."""
    got = measured(snapshot, "kernels", "kernels")
    if isinstance(got, Answer):
        return got
    runs = cast("tuple[KernelRun, ...]", got[1])
    evidence = tuple(
        Evidence(f"{run.device} {run.format}".strip(), f"{run.kind}: {run.text}" if run.kind else "right")
        for run in runs
    )
    bad = next((run for run in runs if run.kind), None)
    on_gpu = [run for run in runs if run.device.startswith("cuda")]
    if bad:
        variant = _KERNEL_FAILURES.get(bad.kind, "failed")
        return broken(variant, *evidence, device=bad.device, kind=bad.kind, text=bad.text)
    if not on_gpu:
        return ok(*evidence, variant="cpu")
    devices = len({run.device for run in on_gpu})
    return ok(*evidence, count=devices, formats=", ".join(dict.fromkeys(run.format for run in on_gpu)))


def _tools(snapshot: Snapshot) -> tuple[ContainerFacts, InnerTools] | Answer:
    got = measured(snapshot, "tools inside", "tools")
    return got if isinstance(got, Answer) else (got[0], cast("InnerTools", got[1]))


def ask_compiler(snapshot: Snapshot) -> Answer:
    """Ask whether there is a C compiler that works, which torch.compile needs."""
    got = _tools(snapshot)
    if isinstance(got, Answer):
        return got
    tools = got[1]
    evidence = Evidence("cc, gcc, clang", tools.compiler or "none on PATH")
    if not tools.compiler:
        return attention("absent", evidence)
    if tools.compiler_error:
        said = Evidence("an empty program", tools.compiler_error)
        return attention("fails", evidence, said, path=tools.compiler, text=tools.compiler_error)
    return ok(evidence, path=tools.compiler)


def ask_triton(snapshot: Snapshot) -> Answer:
    """Ask whether Triton and the headers it compiles against are there."""
    got = _tools(snapshot)
    if isinstance(got, Answer):
        return got
    facts, tools = got
    evidence = (
        Evidence("triton", tools.triton or "not installed"),
        Evidence("Python.h", "there" if tools.headers else "not there"),
    )
    if not isinstance(facts.torch, Known) or not facts.torch.value.cuda:
        return not_tested("cpu_build", *evidence)
    old = _too_old_for_triton(facts.torch.value)
    if old:
        shown = Evidence(f"GPU {old.index} {old.name}", _capability(old))
        return attention("old_gpu", *evidence, shown, gpu=old.name, capability=_capability(old))
    if not tools.triton:
        return attention("absent", *evidence)
    if not tools.headers:
        return attention("no_headers", *evidence, version=tools.triton)
    return ok(*evidence, version=tools.triton)


FIRST_FOR_TRITON = (7, 0)
"""Compute capability with which Triton begins; torch.compile refuses older GPUs by name."""


def _too_old_for_triton(torch: InnerTorch) -> InnerGpu | None:
    """Return the first GPU that Triton makes no code for, where none can take it instead."""
    known = [gpu for gpu in torch.gpus if gpu.capability]
    old = [gpu for gpu in known if gpu.capability and gpu.capability < FIRST_FOR_TRITON]
    return old[0] if old and len(old) == len(known) else None


def ask_cudnn(snapshot: Snapshot) -> Answer:
    """Ask whether cuDNN answers."""
    return _part(snapshot, "cudnn", "torch.backends.cudnn.version()")


def ask_nccl(snapshot: Snapshot) -> Answer:
    """Ask whether NCCL is in the build."""
    return _part(snapshot, "nccl", "torch.cuda.nccl.version()")


def _part(snapshot: Snapshot, name: str, call: str) -> Answer:
    got = _torch(snapshot)
    if isinstance(got, Answer):
        return got
    facts, torch = got
    if not facts.gpus_granted or not torch.gpus:
        return not_tested("no_gpu")
    version: str = getattr(torch, name)
    evidence = Evidence(call, version or "None")
    return ok(evidence, version=version) if version else attention("absent", evidence)
