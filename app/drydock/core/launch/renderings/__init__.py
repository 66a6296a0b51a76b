"""A launch plan in the words of other tools: pure, and the same plan always gives the same bytes.

No rendering holds a secret: variables whose names say that they are ones are references, and Jupyter's token and SSH
keys are made or put in after the start. What a target cannot say stands in the notes.
"""

from collections.abc import Mapping
from typing import Final

from drydock.core.launch.planning import LaunchPlan
from drydock.core.launch.renderings.compose import compose
from drydock.core.launch.renderings.devcontainer import devcontainer
from drydock.core.launch.renderings.docker import docker
from drydock.core.launch.renderings.kubernetes import kubernetes
from drydock.core.launch.renderings.podman import podman
from drydock.core.launch.renderings.rendering import Rendering, Target, TargetName, check_plan
from drydock.core.launch.renderings.slurm import slurm

__all__ = ["TARGETS", "Rendering", "Target", "TargetName", "render"]

TARGETS: Final[Mapping[TargetName, Target]] = {
    "run": Target(title="docker run", filename="docker-run.sh", here=True),
    "podman": Target(title="podman run", filename="podman-run.sh", here=True),
    "compose": Target(title="Compose file", filename="compose.yaml", here=True),
    "devcontainer": Target(title="Dev container", filename="devcontainer.json", here=True),
    "kubernetes": Target(title="Kubernetes Job", filename="job.yaml", here=False),
    "kubernetes-pod": Target(title="Kubernetes Pod", filename="pod.yaml", here=False),
    "slurm": Target(title="Slurm script (pyxis, enroot)", filename="job.sbatch", here=False),
    "slurm-apptainer": Target(title="Slurm script (Apptainer)", filename="job.sbatch", here=False),
}
"""The forms, in the order of a menu."""


def render(plan: LaunchPlan, target: TargetName, *, gpu_count: int = 1) -> Rendering:
    """Return a plan in the words of a target.

    Args:
        plan: what would be launched.
        target: a key of :data:`TARGETS`.
        gpu_count: how many GPUs "all" means on a cluster, which is asked for a number.

    Raises:
        Trouble: ``launch-render-impossible`` with what cannot be said there, and why.
    """
    check_plan(plan, TARGETS[target].title)
    match target:
        case "run":
            return docker(plan)
        case "podman":
            return podman(plan)
        case "compose":
            return compose(plan)
        case "devcontainer":
            return devcontainer(plan)
        case "kubernetes":
            return kubernetes(plan, "Job", gpu_count=gpu_count)
        case "kubernetes-pod":
            return kubernetes(plan, "Pod", gpu_count=gpu_count)
        case "slurm":
            return slurm(plan, "pyxis", gpu_count=gpu_count)
        case "slurm-apptainer":
            return slurm(plan, "apptainer", gpu_count=gpu_count)
