"""What a batch script cannot say of a plan, and what is left to do."""

from drydock.core.launch.planning import WAIT_FOREVER, LaunchPlan
from drydock.core.launch.renderings.rendering import KEYS_PATH, SHM, TOKEN_PATH, made_image_note, secret_names


def slurm_notes(plan: LaunchPlan, style: str, *, gpu_count: int) -> tuple[str, ...]:
    """Return the sentences, in the order in which the work is done."""
    notes = [*made_image_note(plan, elsewhere=True), *_work(plan)]
    if "@" in plan.image and style == "pyxis":
        notes.append("Older releases of enroot take no digest: name a tag there if the import fails.")
    if secret := ", ".join(secret_names(plan)):
        notes.append(f"{secret}: export before sbatch, from a file that only you can read; the script holds no value.")
    notes += [*_gpus(plan, gpu_count), *_storage(plan)]
    notes.append(f"{SHM} is the node's own: its size cannot be set, and it counts towards the job's memory.")
    if plan.labels:
        notes.append(f"Labels cannot be set; they were: {', '.join(f'{k}={v}' for k, v in plan.labels.items())}.")
    if plan.init:
        notes.append("No init program goes before the command; Slurm ends what is left of a job itself.")
    if plan.no_new_privileges:
        notes.append("Without privileges: the container runs with your own rights on the node.")
    return (*notes, *_services(plan, style))


def _work(plan: LaunchPlan) -> tuple[str, ...]:
    notes = ["Account, partition and time are the cluster's defaults; set them with #SBATCH lines or at sbatch."]
    if plan.command == WAIT_FOREVER:
        notes.append("No command was chosen: the job only waits, and holds its GPUs until its time is over.")
    return tuple(notes)


def _gpus(plan: LaunchPlan, count: int) -> tuple[str, ...]:
    if plan.gpus is None:
        return ()
    if not plan.gpus.uuids:
        return (f"Slurm gives a number of GPUs: {count} asked for; change --gpus-per-node for another.",)
    return (f"Slurm gives a number of GPUs ({count}), not those named {', '.join(plan.gpus.uuids)}.",)


def _storage(plan: LaunchPlan) -> tuple[str, ...]:
    notes: list[str] = []
    if directories := [mount.source for mount in plan.mounts if mount.kind == "bind"]:
        notes.append(f"On the node there must be: {', '.join(directories)}.")
    if any(mount.kind == "volume" for mount in plan.mounts):
        notes.append(
            "Volumes are directories under $HOME/drydock-volumes, or where DRYDOCK_VOLUMES says; they start empty."
        )
    return tuple(notes)


def _services(plan: LaunchPlan, style: str) -> tuple[str, ...]:
    if not plan.ports:
        return ()
    pairs = ", ".join(f"{port.service} {port.container_port}" for port in plan.ports)
    first = plan.ports[0]
    forward = f"ssh -L {first.host_port or first.container_port}:127.0.0.1:{first.container_port} NODE"
    notes = [
        f"No port is published: the services listen on the node ({pairs}), each port for one job at a time.",
        f"Reach one through the login node: {forward}",
    ]
    if "jupyter" in plan.services:
        notes.append(f"Jupyter's token lies inside, in {TOKEN_PATH}: read it with srun --overlap --jobid=JOB.")
    if "ssh" in plan.services:
        notes.append(f"SSH lets nobody in without a key in {KEYS_PATH} inside, and port 22 is the node's own.")
    if style == "apptainer":
        notes.append("Services write below /run and /etc, which Apptainer lets only root do: add --fakeroot to run.")
    return tuple(notes)
