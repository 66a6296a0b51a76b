"""Remedies for the state of GPUs: their modes, limits and services."""

import re

from drydock.core.facts import Gpu, Known, Snapshot, known_or
from drydock.core.findings import Finding
from drydock.core.remedies.fit import has_systemd, owns_driver
from drydock.core.remedies.remedy import Remedy, remedy
from drydock.core.remedies.services import enable_steps
from drydock.core.remedies.steps import RunStep

_RESET_LIMIT = 120.0
_MODES = {"default": "0", "exclusive_thread": "1", "prohibited": "2", "exclusive_process": "3"}
"""The numbers that nvidia-smi takes for compute modes (``nvidia-smi -h``)."""


def reset_gpus(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Reset GPUs that wait for it."""
    ids = str(finding.values.get("ids", ""))
    if not re.fullmatch(r"\d+(,\d+)*", ids) or not owns_driver(snapshot):
        return None
    return remedy(
        "reset-gpu",
        f"Reset GPU {ids.replace(',', ', ')}",
        note="The driver refuses it while a program, a desktop among them, uses the GPU. GPUs that are linked by "
        "NVLink are reset together; where this one is refused, restart the computer.",
        target=ids,
        steps=(
            RunStep(
                title=f"Reset GPU {ids.replace(',', ', ')}",
                argv=("nvidia-smi", "--gpu-reset", "-i", ids),
                privileged=True,
                limit=_RESET_LIMIT,
            ),
        ),
    )


def open_compute_mode(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let every program use the GPUs that are kept for one, or for none."""
    closed = [
        (gpu, gpu.compute_mode.value)
        for gpu in snapshot.gpus
        if isinstance(gpu.compute_mode, Known) and gpu.compute_mode.value in _MODES
    ]
    steps = tuple(
        RunStep(
            title=f"Let several programs use GPU {gpu.index}",
            argv=_setting(gpu, "-c", _MODES["default"]),
            privileged=True,
            undo=_setting(gpu, "-c", _MODES[mode]),
        )
        for gpu, mode in closed
        if mode != "default"
    )
    if not steps or not owns_driver(snapshot):
        return None
    return remedy(
        "open-compute-mode",
        "Let several programs use a GPU at once",
        note="Leave it if an administrator or a job scheduler chose the mode. It holds until the next start.",
        steps=steps,
        recheck=("gpu-compute-mode",),
    )


def raise_power_limit(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Set power limits back to those that the boards come with."""
    capped = [
        (gpu, gpu.power_limit.value, gpu.default_power_limit.value)
        for gpu in snapshot.gpus
        if isinstance(gpu.power_limit, Known) and isinstance(gpu.default_power_limit, Known)
    ]
    steps = tuple(
        RunStep(
            title=f"Let GPU {gpu.index} take {usual:g} W",
            argv=_setting(gpu, "-pl", f"{usual:g}"),
            privileged=True,
            undo=_setting(gpu, "-pl", f"{present:g}"),
        )
        for gpu, present, usual in capped
        if present < usual
    )
    if not steps or not owns_driver(snapshot):
        return None
    return remedy(
        "restore-power-limit",
        "Set the power limit back to the board's own",
        note="Leave it if somebody lowered it for the sake of noise, heat or the power supply.",
        steps=steps,
        recheck=("gpu-slowed",),
    )


def _setting(gpu: Gpu, *words: str) -> tuple[str, ...]:
    return ("nvidia-smi", "-i", str(gpu.index), *words)


def persistence(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Keep the driver initialised between programs."""
    if not owns_driver(snapshot):
        return None
    unit = "nvidia-persistenced"
    if has_systemd(snapshot) and unit in known_or(snapshot.setup.service_files, (unit,)):
        return remedy(
            "start-persistence",
            "Start NVIDIA's persistence daemon, now and at every start",
            f"sudo systemctl enable --now {unit}",
            note=f"To take it back: 'sudo systemctl disable --now {unit}'.",
            steps=enable_steps(unit, "NVIDIA's persistence daemon"),
            recheck=("gpu-persistence",),
        )
    return remedy(
        "switch-persistence-on",
        "Switch persistence mode on until the next start",
        note="NVIDIA's persistence daemon would do it at every start; it is not installed here.",
        steps=(
            RunStep(
                title="Switch persistence mode on",
                argv=("nvidia-smi", "-pm", "1"),
                privileged=True,
                undo=("nvidia-smi", "-pm", "0"),
            ),
        ),
        recheck=("gpu-persistence",),
    )


def fabric_manager(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Start NVIDIA's fabric manager."""
    unit = "nvidia-fabricmanager"
    installed = unit in known_or(snapshot.setup.service_files, (unit,))
    if not owns_driver(snapshot) or not has_systemd(snapshot) or not installed:
        return None
    return remedy(
        "start-fabric-manager",
        "Start NVIDIA's fabric manager, now and at every start",
        f"sudo systemctl enable --now {unit}",
        note=f"It must be of exactly the driver's version. To take it back: 'sudo systemctl disable --now {unit}'.",
        steps=enable_steps(unit, "NVIDIA's fabric manager"),
        recheck=("gpu-fabric",),
    )


def restart_fabric_manager(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Start NVIDIA's fabric manager anew."""
    if not owns_driver(snapshot) or not has_systemd(snapshot):
        return None
    return remedy(
        "restart-fabric-manager",
        "Start NVIDIA's fabric manager anew",
        note="End all programs that use the GPUs first.",
        steps=(
            RunStep(
                title="Restart the fabric manager",
                argv=("systemctl", "restart", "nvidia-fabricmanager"),
                privileged=True,
                limit=180.0,
            ),
        ),
        recheck=("gpu-fabric",),
    )
