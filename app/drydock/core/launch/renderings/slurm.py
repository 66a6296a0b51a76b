"""As a batch script for Slurm, in two styles: pyxis with enroot, or Apptainer.

Options of pyxis are those of https://github.com/NVIDIA/pyxis, of Apptainer those of
https://apptainer.org/docs/user/main/.
"""

import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from drydock.core.launch.docker_run import is_secret
from drydock.core.launch.planning import LaunchPlan, PlannedMount
from drydock.core.launch.renderings import yaml
from drydock.core.launch.renderings.rendering import HUB, Rendering, impossible, qualified, slug
from drydock.core.launch.renderings.slurm_notes import slurm_notes

Style: TypeAlias = Literal["pyxis", "apptainer"]

_VOLUMES = "DRYDOCK_VOLUMES"


def slurm(plan: LaunchPlan, style: Style = "pyxis", *, gpu_count: int = 1) -> Rendering:
    """Return the script.

    Args:
        plan: what to run.
        style: how the cluster runs containers.
        gpu_count: how many GPUs "all" means, since Slurm is asked for a number.

    Raises:
        Trouble: ``launch-render-impossible``: a path has a sign that separates mounts, or is one of Windows.
    """
    _refuse_paths(plan)
    count = 0 if plan.gpus is None else len(plan.gpus.uuids) or gpu_count
    notes = slurm_notes(plan, style, gpu_count=count)
    lines = [
        "#!/bin/bash",
        *_directives(plan, count),
        *yaml.comment("\n".join(notes)).splitlines(),
        "set -euo pipefail",
        *_volumes(plan),
        *(['srun="$(command -v srun)"'] if style == "pyxis" and _moves_path(plan) else []),
        *_environment(plan, "APPTAINERENV_" if style == "apptainer" else ""),
        *(_apptainer(plan) if style == "apptainer" else _pyxis(plan)),
    ]
    text = "".join(f"{line}\n" for line in lines)
    return Rendering(text=text, filename="job.sbatch", notes=notes)


def _directives(plan: LaunchPlan, gpu_count: int) -> Iterator[str]:
    yield f"#SBATCH --job-name={slug(plan.name)}"
    yield "#SBATCH --nodes=1"
    yield "#SBATCH --ntasks=1"
    if gpu_count:
        yield f"#SBATCH --gpus-per-node={gpu_count}"
    if plan.memory is not None:
        # in KiB, rounded up: the smallest unit that Slurm takes
        yield f"#SBATCH --mem={-(-plan.memory // 1024)}K"
    yield "#SBATCH --output=%x-%j.out"


def _volumes(plan: LaunchPlan) -> Iterator[str]:
    names = sorted({mount.source for mount in plan.mounts if mount.kind == "volume"})
    if not names:
        return
    yield "# directories that stand for the volumes"
    yield f'volumes="${{{_VOLUMES}:-$HOME/drydock-volumes}}"'
    yield f"mkdir -p -- {' '.join(_volume(name) for name in names)}"


def _volume(name: str) -> str:
    return f'"$volumes"/{shlex.quote(name)}'


def _environment(plan: LaunchPlan, prefix: str) -> Iterator[str]:
    for name, value in plan.environment.items():
        if is_secret(name):
            yield f': "${{{name}:?export it before sbatch, from a file that only you can read}}"'
            if prefix:
                yield f'export {prefix}{name}="${name}"'
        else:
            yield f"export {prefix}{name}={shlex.quote(value)}"


def _pyxis(plan: LaunchPlan) -> list[str]:
    options = [
        f"--container-image={shlex.quote(_enroot_image(plan.image))}",
        "--container-entrypoint",
        "--container-writable",
        "--container-remap-root",
        "--no-container-mount-home",
    ]
    if plan.mounts:
        options.append(f"--container-mounts={','.join(map(_mount, plan.mounts))}")
    if plan.working_directory is not None:
        options.append(f"--container-workdir={shlex.quote(plan.working_directory)}")
    if plan.environment:
        # without this, what the image sets would count
        options.append(f"--container-env={','.join(plan.environment)}")
    return _continued('"$srun"' if _moves_path(plan) else "srun", [*options, *_command(plan)])


def _apptainer(plan: LaunchPlan) -> list[str]:
    options = ["--cleanenv", "--no-home", "--writable-tmpfs"]
    lines: list[str] = []
    if plan.gpus is not None:
        options.append("--nv")
        # which of the node's GPUs are the job's; an empty value would hide them all
        lines.append('if [ -n "${CUDA_VISIBLE_DEVICES:-}" ]; then')
        lines.append('  export APPTAINERENV_CUDA_VISIBLE_DEVICES="$CUDA_VISIBLE_DEVICES"')
        lines.append("fi")
    options += [f"--bind {_mount(mount)}" for mount in plan.mounts]
    if plan.working_directory is not None:
        options.append(f"--pwd {shlex.quote(plan.working_directory)}")
    image = shlex.quote(f"docker://{_registry_reference(plan.image)}")
    # "run" goes through the image's entry point, as the engine does
    return [*lines, *_continued("srun apptainer run", [*options, image, *_command(plan)])]


def _moves_path(plan: LaunchPlan) -> bool:
    """Say whether the container's PATH is set, with which the script might no longer find srun."""
    return "PATH" in plan.environment


def _command(plan: LaunchPlan) -> list[str]:
    return [shlex.join(plan.command)] if plan.command else []


def _continued(start: str, parts: list[str]) -> list[str]:
    return " \\\n  ".join([start, *parts]).split("\n")


def _mount(mount: PlannedMount) -> str:
    source = _volume(mount.source) if mount.kind == "volume" else shlex.quote(mount.source)
    return f"{source}:{shlex.quote(mount.target)}{':ro' if mount.read_only else ''}"


def _registry_reference(reference: str) -> str:
    """Return a reference with its registry and one of tag and digest: the tools refuse both together."""
    whole = qualified(reference)
    head, at, digest = whole.partition("@")
    if not at:
        return whole
    repository, colon, tag = head.rpartition(":")
    return f"{repository if colon and '/' not in tag else head}@{digest}"


def _enroot_image(reference: str) -> str:
    """Return a reference as enroot writes it: registry, ``#``, image; Docker Hub's has no registry."""
    registry, _, image = _registry_reference(reference).partition("/")
    return image.removeprefix("library/") if registry == HUB else f"{registry}#{image}"


def _refuse_paths(plan: LaunchPlan) -> None:
    for mount in plan.mounts:
        if mount.kind == "bind" and not PurePosixPath(mount.source).is_absolute():
            raise impossible("Slurm", mount.source, "a path of Windows does not exist on the nodes")
        for path in (mount.source, mount.target):
            if sign := next((sign for sign in ',:"' if sign in path), ""):
                raise impossible("Slurm", path, f"the sign {sign} separates mounts there and cannot stand in a path")
