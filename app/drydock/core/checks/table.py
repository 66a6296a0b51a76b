"""All checks, in reading order: up the ladder, and on each rung the causes before their consequences."""

from drydock.core.checks import image, work
from drydock.core.checks.check import Check
from drydock.core.checks.container_table import CONTAINER, LOAD, TORCH
from drydock.core.checks.driver_table import DRIVER
from drydock.core.checks.engine_table import ENGINE
from drydock.core.checks.gpu_table import GPU
from drydock.core.checks.host_table import HOST
from drydock.core.checks.toolkit_table import TOOLKIT
from drydock.core.checks.wsl_table import WSL

_IMAGE = (
    Check(
        id="image-driver",
        rung="image",
        ask_images=image.ask_driver,
        reads=("host", "driver", "nvml"),
        needs=("driver-ready", "gpu-lost"),
        variants=("ok", "too_old", "too_old_for_gpu", "dropped", "no_gpu", "unknown"),
    ),
    Check(
        id="image-gpu",
        rung="image",
        ask_images=image.ask_gpu,
        reads=("host", "driver", "nvml"),
        needs=("driver-ready", "gpu-lost", "image-driver"),
        variants=("ok", "no_build", "mixed", "jetson", "unknown_gpu", "no_gpu", "unknown"),
    ),
)

_WORK = (
    Check(
        id="work-ports",
        rung="work",
        ask=work.ask_ports,
        reads=("engine", "engine_contents", "ports"),
        variants=("ok", "taken", "remote", "unknown"),
    ),
    Check(
        id="work-exposed",
        rung="work",
        ask=work.ask_exposed,
        reads=("engine_contents", "network"),
        needs=("engine-running",),
        variants=("ok", "none", "session", "firewall", "others", "unknown"),
    ),
    Check(
        id="work-ended",
        rung="work",
        ask=work.ask_ended,
        reads=("engine_contents",),
        needs=("engine-running",),
        variants=("ok", "some", "many", "unknown"),
    ),
    Check(
        id="work-folder",
        rung="work",
        ask=work.ask_folder,
        reads=("disks", "engine", "engine_setup"),
        variants=("ok", "read_only", "network", "network_rootless", "windows", "remote", "unknown"),
    ),
    Check(
        id="work-host-torch",
        rung="work",
        ask=work.ask_host_torch,
        reads=("host", "driver", "nvml", "host_torch"),
        variants=("ok", "cpu_build", "absent", "unknown"),
    ),
)

CHECKS: tuple[Check, ...] = (*HOST, *GPU, *WSL, *DRIVER, *ENGINE, *TOOLKIT, *_IMAGE, *CONTAINER, *TORCH, *LOAD, *_WORK)
