"""As a line that starts the same container with ``podman run``, GPUs by their CDI names."""

import shlex

from drydock.core.launch.docker_run import GPU_DEVICE, mount_field, variables
from drydock.core.launch.planning import LaunchPlan
from drydock.core.launch.renderings.docker import from_the_environment
from drydock.core.launch.renderings.rendering import (
    Rendering,
    made_image_note,
    qualified,
    secret_names,
    service_notes,
)
from drydock.core.launch.sizes import format_size


def podman(plan: LaunchPlan) -> Rendering:
    """Return the line."""
    arguments = ("podman", "run", "--detach", *_options(plan), qualified(plan.image), *plan.command)
    return Rendering(text=f"{shlex.join(arguments)}\n", filename="podman-run.sh", notes=_notes(plan))


def _options(plan: LaunchPlan) -> list[str]:
    options = ["--name", plan.name]
    if plan.init:
        options.append("--init")
    if plan.no_new_privileges:
        options += ["--security-opt", "no-new-privileges"]
    if plan.gpus is not None:
        for uuid in plan.gpus.uuids or ("all",):
            options += ["--device", f"{GPU_DEVICE}={uuid}"]
    for port in plan.ports:
        options += ["--publish", f"127.0.0.1:{port.host_port or ''}:{port.container_port}"]
    for mount in plan.mounts:
        options += ["--mount", mount_field(mount)]
    if plan.memory is not None:
        options += ["--memory", format_size(plan.memory)]
    options += ["--shm-size", format_size(plan.shm_size), *variables(plan)]
    for name, value in plan.labels.items():
        options += ["--label", f"{name}={value}"]
    if plan.working_directory is not None:
        options += ["--workdir", plan.working_directory]
    return options


def _notes(plan: LaunchPlan) -> tuple[str, ...]:
    notes = [*made_image_note(plan)]
    if plan.gpus is not None:
        notes.append(
            "The GPUs' CDI names must be known: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml, "
            "and again after each change of the driver."
        )
    if plan.init:
        notes.append("--init needs the program catatonit, which some distributions package apart from podman.")
    if any(mount.kind == "bind" for mount in plan.mounts):
        notes.append(
            "Where SELinux is enforced, mounted directories stay closed to the container until they are labelled: "
            "add ,relabel=shared to their --mount (this changes the labels of the files)."
        )
    if secret_names(plan):
        notes += from_the_environment(plan, "podman")
    return (*notes, *service_notes(plan, f"podman exec -i {shlex.quote(plan.name)}"))
