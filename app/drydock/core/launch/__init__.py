"""From a choice and a snapshot to a launch plan; preflight and renderings."""

from drydock.core.launch.choice import (
    AUTOMATIC_PORT,
    SERVICES,
    Choice,
    GpuWish,
    MountWish,
    Service,
    parse_gpus,
    parse_mount,
)
from drydock.core.launch.docker_run import docker_run, docker_run_line, without_secrets
from drydock.core.launch.planning import (
    GpuBy,
    LaunchPlan,
    PlannedGpus,
    PlannedMount,
    PlannedPort,
    default_shm_size,
    gpu_way,
    plan,
    proposed_name,
)
from drydock.core.launch.preflight import Ground, Place, Problem, blockers, judge, preflight
from drydock.core.launch.service_image import ServiceImage, service_image
from drydock.core.launch.sizes import format_size, parse_size

__all__ = [
    "AUTOMATIC_PORT",
    "SERVICES",
    "Choice",
    "GpuBy",
    "GpuWish",
    "Ground",
    "LaunchPlan",
    "MountWish",
    "Place",
    "PlannedGpus",
    "PlannedMount",
    "PlannedPort",
    "Problem",
    "Service",
    "ServiceImage",
    "blockers",
    "default_shm_size",
    "docker_run",
    "docker_run_line",
    "format_size",
    "gpu_way",
    "judge",
    "parse_gpus",
    "parse_mount",
    "parse_size",
    "plan",
    "preflight",
    "proposed_name",
    "service_image",
    "without_secrets",
]
