"""What Kubernetes cannot say of a plan, and what is left to do."""

from collections.abc import Sequence

from drydock.core.launch.planning import LaunchPlan
from drydock.core.launch.renderings.rendering import SHM, made_image_note, secret_names, service_notes


def kubernetes_notes(
    plan: LaunchPlan, kind: str, name: str, *, gpu_count: int, claims: Sequence[str]
) -> tuple[str, ...]:
    """Return the sentences, in the order in which the work is done."""
    notes: list[str] = [*made_image_note(plan, elsewhere=True)]
    if name != plan.name:
        notes.append(f"The name is {name}: Kubernetes takes small letters, digits and dashes alone.")
    notes += [*_secrets(plan, name), *_gpus(plan, gpu_count), *_storage(plan, claims)]
    if plan.labels:
        notes.append("The session's labels are annotations here, since labels hold neither paths nor references.")
    notes.append(f"{SHM} is memory: what is written there counts towards the memory limit.")
    resource = f"{kind.lower()}/{name}"
    if plan.ports:
        pairs = " ".join(f"{port.host_port or ''}:{port.container_port}" for port in plan.ports)
        notes.append(f"No port is opened outside the cluster: kubectl port-forward {resource} {pairs}")
    return (*notes, *service_notes(plan, f"kubectl exec -i {resource} --"))


def _secrets(plan: LaunchPlan, name: str) -> tuple[str, ...]:
    names = ", ".join(secret_names(plan))
    if not names:
        return ()
    make = f"kubectl create secret generic {name}-secrets --from-env-file=FILE"
    return (f"Make the secret first: write {names} as NAME=VALUE into a file for you alone, then: {make}",)


def _gpus(plan: LaunchPlan, count: int) -> tuple[str, ...]:
    if plan.gpus is None:
        return ()
    notes = ["The nodes need NVIDIA's device plugin, which offers nvidia.com/gpu."]
    if not plan.gpus.uuids:
        notes.append(f"Kubernetes gives a number of GPUs, never all: {count} asked for; change both numbers together.")
    else:
        notes.append(f"Kubernetes gives a number of GPUs ({count}), not those named {', '.join(plan.gpus.uuids)}.")
    if any(uuid.startswith("MIG-") for uuid in plan.gpus.uuids):
        notes.append(
            "Where the device plugin offers MIG slices by size (strategy mixed), ask for nvidia.com/mig-1g.10gb or "
            "the like in place of nvidia.com/gpu."
        )
    return tuple(notes)


def _storage(plan: LaunchPlan, claims: Sequence[str]) -> tuple[str, ...]:
    if not claims:
        return ()
    start = f"The claims {', '.join(claims)} start empty and outlive the work: "
    notes = [f"{start}change their size here, and leave out those that exist already."]
    if directories := [mount.source for mount in plan.mounts if mount.kind == "bind"]:
        notes.append(f"What lies in {', '.join(directories)} on this computer must be copied into them (kubectl cp).")
    return tuple(notes)
