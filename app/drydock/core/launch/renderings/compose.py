"""As a Compose file that ``docker compose up`` starts the same container from."""

from drydock.core.launch.docker_run import GPU_DEVICE
from drydock.core.launch.planning import LaunchPlan, PlannedGpus, PlannedMount
from drydock.core.launch.renderings import yaml
from drydock.core.launch.renderings.rendering import Rendering, made_image_note, secret_names, service_notes, slug
from drydock.core.launch.sizes import format_size


def compose(plan: LaunchPlan) -> Rendering:
    """Return the file. Each ``$`` of the plan is doubled, since Compose puts values in for single ones."""
    notes = _notes(plan)
    volumes = sorted({mount.source for mount in plan.mounts if mount.kind == "volume"})
    content: dict[str, yaml.Node] = {"services": {_service_name(plan): _service(plan)}}
    if volumes:
        # without a name of their own they would carry the project's, and be other volumes than those of a launch
        content["volumes"] = {volume: {"name": _literal(volume)} for volume in volumes}
    head = "".join(yaml.comment(note) for note in notes)
    return Rendering(text=head + yaml.document(content), filename="compose.yaml", notes=notes)


def _service_name(plan: LaunchPlan) -> str:
    return slug(plan.name)


def _service(plan: LaunchPlan) -> dict[str, yaml.Node]:
    service: dict[str, yaml.Node] = {"image": _literal(plan.image), "container_name": _literal(plan.name)}
    if plan.command:
        service["command"] = [_literal(word) for word in plan.command]
    service["init"] = plan.init
    if plan.no_new_privileges:
        service["security_opt"] = ["no-new-privileges"]
    # a launch uses the engine's own network, not one of the project
    service["network_mode"] = "bridge"
    if plan.ports:
        service["ports"] = [f"127.0.0.1:{port.host_port or ''}:{port.container_port}" for port in plan.ports]
    if plan.mounts:
        service["volumes"] = [_mount(mount) for mount in plan.mounts]
    if plan.memory is not None:
        service["mem_limit"] = format_size(plan.memory)
    service["shm_size"] = format_size(plan.shm_size)
    if plan.working_directory is not None:
        service["working_dir"] = _literal(plan.working_directory)
    secret = secret_names(plan)
    if plan.environment:
        service["environment"] = {
            name: f"${{{name}:?is not set; write it into the file .env beside this one}}"
            if name in secret
            else _literal(value)
            for name, value in plan.environment.items()
        }
    if plan.labels:
        service["labels"] = {name: _literal(value) for name, value in plan.labels.items()}
    if plan.gpus is not None:
        service["deploy"] = {"resources": {"reservations": {"devices": [_devices(plan.gpus)]}}}
    return service


def _devices(gpus: PlannedGpus) -> dict[str, yaml.Node]:
    capabilities: list[yaml.Node] = ["gpu"]
    if gpus.by == "cdi":
        names = [f"{GPU_DEVICE}={uuid}" for uuid in gpus.uuids or ("all",)]
        return {"driver": "cdi", "device_ids": names, "capabilities": capabilities}
    if gpus.uuids:
        return {"device_ids": list(gpus.uuids), "capabilities": capabilities}
    return {"count": "all", "capabilities": capabilities}


def _mount(mount: PlannedMount) -> dict[str, yaml.Node]:
    described: dict[str, yaml.Node] = {
        "type": mount.kind,
        "source": _literal(mount.source),
        "target": _literal(mount.target),
    }
    return {**described, "read_only": True} if mount.read_only else described


def _literal(text: str) -> str:
    return text.replace("$", "$$")


def _notes(plan: LaunchPlan) -> tuple[str, ...]:
    notes = [*made_image_note(plan)]
    if secret := ", ".join(secret_names(plan)):
        notes.append(
            f"Write {secret} as NAME=VALUE into the file .env beside this one (chmod 600, and keep it out of Git)."
        )
    return (*notes, *service_notes(plan, f"docker compose exec -T {_service_name(plan)}"))
