"""A launch plan as the equivalent ``docker run`` line."""

import re
import shlex
from typing import Final

import msgspec

from drydock.core.launch.planning import LaunchPlan, PlannedGpus, PlannedMount
from drydock.core.launch.sizes import format_size

GPU_DEVICE: Final = "nvidia.com/gpu"
"""The kind of NVIDIA's CDI devices."""

_SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY", re.IGNORECASE)


def docker_run(plan: LaunchPlan) -> tuple[str, ...]:
    """Return the arguments, program first.

    A variable whose name says that it is a secret stands there without its value: ``docker`` then takes it from its
    own environment.
    """
    return ("docker", "run", "--detach", *_options(plan), plan.image, *plan.command)


def docker_run_line(plan: LaunchPlan) -> str:
    """Return the same as one line for a POSIX shell."""
    return shlex.join(docker_run(plan))


def without_secrets(plan: LaunchPlan) -> LaunchPlan:
    """Return the plan for showing: variables whose names say that they are secrets have no values."""
    shown = {name: "" if is_secret(name) else value for name, value in plan.environment.items()}
    return msgspec.structs.replace(plan, environment=shown)


def is_secret(variable: str) -> bool:
    """Say whether the name of a variable tells that its value is nobody's business."""
    return _SECRET.search(variable) is not None


def variables(plan: LaunchPlan) -> list[str]:
    """Return the options that set the plan's variables; a secret one is named alone."""
    return [
        part
        for name, value in plan.environment.items()
        for part in ("--env", name if is_secret(name) else f"{name}={value}")
    ]


def _options(plan: LaunchPlan) -> list[str]:
    options = ["--name", plan.name]
    if plan.init:
        options.append("--init")
    if plan.no_new_privileges:
        options += ["--security-opt", "no-new-privileges"]
    options += gpu_options(plan.gpus)
    for port in plan.ports:
        host = str(port.host_port) if port.host_port else ""
        options += ["--publish", f"127.0.0.1:{host}:{port.container_port}"]
    for mount in plan.mounts:
        options += ["--mount", mount_field(mount)]
    if plan.memory is not None:
        options += ["--memory", format_size(plan.memory)]
    options += ["--shm-size", format_size(plan.shm_size)]
    options += variables(plan)
    for name, value in plan.labels.items():
        options += ["--label", f"{name}={value}"]
    if plan.working_directory is not None:
        options += ["--workdir", plan.working_directory]
    return options


def gpu_options(gpus: PlannedGpus | None) -> list[str]:
    """Return the options that ask for the GPUs."""
    if gpus is None:
        return []
    if gpus.by == "cdi":
        devices = [f"{GPU_DEVICE}={uuid}" for uuid in gpus.uuids or ("all",)]
        return [part for device in devices for part in ("--device", device)]
    # the value is a line of comma separated values, so a list within it needs quotes
    return ["--gpus", _field("device=" + ",".join(gpus.uuids)) if gpus.uuids else "all"]


def mount_field(mount: PlannedMount) -> str:
    """Return a mount as the value of ``--mount``, a line of comma separated values."""
    fields = [f"type={mount.kind}", f"source={mount.source}", f"target={mount.target}"]
    if mount.read_only:
        fields.append("readonly")
    return ",".join(_field(field) for field in fields)


def _field(text: str) -> str:
    if any(sign in text for sign in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
