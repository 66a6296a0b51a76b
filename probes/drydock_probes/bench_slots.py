"""The jobs of the benchmark, each run in a process of its own: preparing, and one rung of the ladder."""

from __future__ import annotations

import importlib
import math
import os
import shutil
import sys
import time
from typing import Any, Dict, List, Optional, Tuple

from drydock_probes import bench_parity, failures, machine
from drydock_probes.bench_formulas import flops_per_token
from drydock_probes.bench_gemm import products, tflops
from drydock_probes.bench_plan import Rung, Shape, rung_by_id
from drydock_probes.bench_statistics import median, summarise
from drydock_probes.bench_timing import clock_for, measure
from drydock_probes.channel import Channel, Record

_KEPT_LOSSES = 6
_LAST_LOSSES = 9


def work(channel: Channel, torch: Any, job: Record) -> int:
    """Do one job: ``prepare`` or a rung."""
    if job["slot"] == "prepare":
        return _prepare(channel, torch, job)
    return _rung(channel, torch, job)


def resolve_device(torch: Any, wanted: str) -> Tuple[str, Optional[failures.Failure]]:
    """Return the device to use, and why ``auto`` had to be the CPU.

    Raises:
        RuntimeError: a GPU was asked for by name and cannot be used.
    """
    if wanted == "cpu":
        return "cpu", None
    try:
        torch.cuda.init()
        device = "cuda:0" if wanted in ("auto", "cuda") else wanted
        torch.cuda.get_device_properties(device)
    except Exception as error:
        if wanted != "auto":
            raise
        return "cpu", failures.of(error)
    return device, None


def _prepare(channel: Channel, torch: Any, job: Record) -> int:
    device, refused = resolve_device(torch, job["device"])
    described, devices = machine.describe_torch(torch, job["import_s"]), machine.describe_devices(torch)
    chosen = {"device": device, "mode": job["mode"], "budget_s": job["budget_s"], "seed": job["seed"]}
    channel.emit("hello", probe="bench", **machine.around(), torch=described, devices=devices, **chosen)
    if refused is not None:
        text = f"measured on the CPU, because no GPU can be used: {refused.text}"
        channel.emit("warn", slot="prepare", code="cpu-instead", text=text)
    facts = _facts(torch, device)
    channel.emit("slot_start", slot="gemm")
    facts["fp32_flops"] = _gemm(channel, torch, device, facts, job["gemm_s"])
    channel.emit("facts", facts=facts)
    channel.emit("slot_start", slot="parity")
    _prove_checker(channel, job["plant"])
    return 0


def _facts(torch: Any, device: str) -> Dict[str, Any]:
    if device == "cpu":
        memory, capability, half = _free_memory(), None, "bfloat16"
    else:
        torch.cuda.set_device(device)
        memory = int(torch.cuda.mem_get_info()[0])
        capability = list(torch.cuda.get_device_capability(device))
        half = "bfloat16" if tuple(capability) >= (8, 0) else "float16"
    sdpa = hasattr(torch.nn.functional, "scaled_dot_product_attention")
    refusal = compile_refusal(torch, capability)
    facts = {"device": device, "memory": memory, "cc": capability, "half": half, "sdpa": sdpa}
    return {**facts, "compile_refusal": refusal}


def _free_memory() -> int:
    available = 2 << 30
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    available = int(line.split()[1]) * 1024
    except OSError:
        pass
    return min(available, machine.memory_limit() or available)


def compile_refusal(torch: Any, capability: Optional[List[int]]) -> Optional[Tuple[str, str]]:
    """Say why torch.compile cannot work here, as a code and a text; None when nothing speaks against it."""
    if not hasattr(torch, "compile"):
        return "torch-too-old", "torch.compile needs torch 2.0"
    if os.name == "nt":
        return "windows", "torch.compile is not tried on Windows, where its compilers are rarely installed"
    if capability is None:
        if not any(shutil.which(name) for name in (os.environ.get("CXX") or "g++", "clang++", "c++")):
            return (
                "compiler-missing",
                "torch.compile on the CPU needs a C++ compiler (g++ or clang++); none is installed",
            )
        return None
    if tuple(capability) < (7, 0):
        text = "Triton, which torch.compile uses, needs compute capability 7.0"
        return "gpu-too-old-for-triton", f"{text}; this GPU has {capability[0]}.{capability[1]}"
    try:
        importlib.import_module("triton")
    except Exception as error:
        return "triton-missing", f"torch.compile needs Triton on a GPU: {type(error).__name__}: {error}"
    if not any(shutil.which(name) for name in (os.environ.get("CC") or "gcc", "clang", "cc")):
        return "compiler-missing", "Triton needs a C compiler (gcc or clang) for its launcher; none is installed"
    return None


def _gemm(channel: Channel, torch: Any, device: str, facts: Dict[str, Any], seconds: float) -> float:
    """Time the products; returns the speed of single precision, FLOP/s."""
    metrics: Dict[str, Any] = {}
    chosen = products(device, facts["memory"], facts["half"])
    for number, (name, kind, size) in enumerate(chosen):
        until = time.monotonic() + seconds / len(chosen)

        def report(block: List[float], number: int = number, name: str = name) -> None:
            steps = [round(value, 4) for value in block[:200]]
            channel.emit("sample", slot="gemm", arm=name, block=number, step_ms=steps)

        metrics[name] = tflops(torch, device, kind, size, until, report)
    sizes = {name: size for name, _, size in chosen}
    channel.emit("result", slot="gemm", passed=True, values={"sizes": sizes}, metrics=metrics, flags=_unsure(metrics))
    return float(metrics["fp32"]["median"]) * 1e12


def _unsure(metrics: Dict[str, Any]) -> List[str]:
    return [] if all(metric["converged"] for metric in metrics.values()) else ["not-converged"]


def _prove_checker(channel: Channel, planted: str) -> None:
    """Compute the reference, and show that the comparison notices a NaN and swapped labels."""
    expected = bench_parity.reference()
    first = rung_by_id("fp32")
    caught: Dict[str, bool] = {}
    for fault in ("nan", "swap"):
        found = bench_parity.losses(first, "cpu", fault)
        caught[fault] = not bench_parity.judge(first, found, expected)["holds"]
    honest = bench_parity.judge(first, bench_parity.losses(first, "cpu"), expected)
    passed = all(caught.values()) and honest["holds"]
    values = {"caught": caught, "honest": honest, "planted": planted}
    channel.emit("result", slot="parity", passed=passed, values=values, metrics={}, flags=[])
    channel.emit("reference", losses=expected)


def _rung(channel: Channel, torch: Any, job: Record) -> int:
    rung, shape, device = rung_by_id(job["slot"]), Shape(**job["shape"]), job["device"]
    values: Dict[str, Any] = {"precision": rung.precision, "attention": rung.attention, "compiled": rung.compiled}
    if job["check_parity"]:
        found = bench_parity.losses(rung, device, job["plant"])
        values["parity"] = bench_parity.judge(rung, found, job["reference"])
    trainer, losses, measured = _train(channel, torch, job, rung, shape, device)
    values.update(half=trainer.half, first_s=measured.first_s, losses=losses, memory=_memory(torch, device))
    rates = [shape.tokens * 1000 / milliseconds for milliseconds in measured.milliseconds]
    per_token = flops_per_token(shape.layers, shape.width, shape.context, shape.vocabulary)
    metrics = {
        "tokens_per_s": {**summarise(rates), "unit": "token/s", "converged": measured.converged},
        "step_ms": {**summarise(measured.milliseconds), "unit": "ms", "converged": measured.converged},
        "model_tflops": {
            **summarise([rate * per_token / 1e12 for rate in rates]),
            "unit": "TFLOP/s",
            "converged": measured.converged,
        },
    }
    flags = _unsure(metrics) + _loss_flags(losses)
    passed = not _loss_flags(losses) and values.get("parity", {"holds": True})["holds"]
    channel.emit("result", slot=rung.id, passed=passed, values=values, metrics=metrics, flags=flags)
    return 0


def _train(
    channel: Channel, torch: Any, job: Record, rung: Rung, shape: Shape, device: str
) -> Tuple[Any, List[float], Any]:
    from drydock_probes.bench_model import Trainer, batches

    if device != "cpu":
        torch.cuda.set_device(device)
        torch.cuda.reset_peak_memory_stats()
    trainer = Trainer(shape, rung, device, job["seed"], batches(shape, 4, job["seed"]))
    losses: List[Any] = []
    block_number = 0

    def step() -> None:
        loss = trainer.step()
        losses.append(loss)

    def report(block: List[float]) -> None:
        nonlocal block_number
        steps = [round(value, 4) for value in block]
        channel.emit("sample", slot=rung.id, arm=rung.id, block=block_number, step_ms=steps)
        block_number += 1

    seconds_left = job["deadline"] - time.monotonic()
    until = time.monotonic() + seconds_left
    measured = measure(clock_for(torch, device), step, until, report, job["most_steps"])
    found = [float(loss) for loss in losses]
    # training without a warm-up has single steps whose loss jumps: the end is the median of the last ones
    ending = median(found[1:][-_LAST_LOSSES:]) if all(math.isfinite(loss) for loss in found) else math.nan
    return trainer, [*found[:_KEPT_LOSSES], ending], measured


def _loss_flags(losses: List[float]) -> List[str]:
    """Judge the kept losses: the first steps and the end. Four batches differ, so equal losses mean frozen inputs."""
    if not all(math.isfinite(loss) for loss in losses):
        return ["loss-not-finite"]
    flags: List[str] = []
    if losses[-1] >= losses[0]:
        flags.append("loss-not-falling")
    if len(set(losses[:4])) == 1:
        flags.append("loss-frozen")
    return flags


def _memory(torch: Any, device: str) -> Dict[str, int]:
    if device != "cpu":
        return {
            "peak_allocated": int(torch.cuda.max_memory_allocated()),
            "peak_reserved": int(torch.cuda.max_memory_reserved()),
        }
    try:
        resource: Any = importlib.import_module("resource")
    except ImportError:
        return {}
    peak = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return {"peak_resident": peak if sys.platform == "darwin" else peak * 1024}
