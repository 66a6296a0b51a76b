"""What a rendering is, and what several targets say in the same words."""

import re
from typing import Final, Literal, TypeAlias

import msgspec

from drydock.core.launch.docker_run import is_secret
from drydock.core.launch.planning import LaunchPlan
from drydock.core.trouble import Trouble

TargetName: TypeAlias = Literal[
    "run", "podman", "compose", "devcontainer", "kubernetes", "kubernetes-pod", "slurm", "slurm-apptainer"
]

TOKEN_PATH: Final = "/run/drydock/jupyter_token"  # noqa: S105 - the name of the file
KEYS_PATH: Final = "/run/drydock/authorized_keys"
HUB: Final = "docker.io"
SHM: Final = "/dev/shm"  # noqa: S108 - not a file of ours
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A form that a plan can be written in.

    Attributes:
        title: its name for people.
        filename: what the file is called where the tool looks for it by itself, or a usual name.
        here: it is for an engine of this kind of machine, so this machine's ports and directories matter.
    """

    title: str
    filename: str
    here: bool


class Rendering(msgspec.Struct, frozen=True, kw_only=True):
    """A plan in the words of another tool.

    Attributes:
        text: the whole file, or one line for a POSIX shell.
        filename: what to call the file.
        notes: what the tool cannot say, and what is left to do, each a sentence or two.
    """

    text: str
    filename: str
    notes: tuple[str, ...] = ()


def impossible(target: str, what: str, why: str) -> Trouble:
    """Return the trouble of a plan that cannot be said in a target's words."""
    return Trouble("launch-render-impossible", target=target, what=what, why=why)


def check_plan(plan: LaunchPlan, target: str) -> None:
    """Refuse what no program can be told.

    Raises:
        Trouble: ``launch-render-impossible``: a variable whose name no shell takes, or a NUL sign anywhere.
    """
    for name in plan.environment:
        if _VARIABLE.fullmatch(name) is None:
            raise impossible(target, f"the variable {name!r}", "a name has letters, digits and _ alone")
    words = (plan.name, plan.image, *plan.command, *plan.environment.values(), *plan.labels.values())
    paths = (path for mount in plan.mounts for path in (mount.source, mount.target))
    if any("\0" in text for text in (*words, *paths)):
        raise impossible(target, "a NUL sign", "no program can be given one")


def secret_names(plan: LaunchPlan) -> tuple[str, ...]:
    """Return the variables whose values must not be written."""
    return tuple(name for name in plan.environment if is_secret(name))


def qualified(reference: str) -> str:
    """Return a reference with its registry, where the short form means Docker Hub's."""
    first, slash, _ = reference.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return reference
    return f"{HUB}/{reference}" if slash else f"{HUB}/library/{reference}"


def slug(text: str, longest: int = 63) -> str:
    """Return a name of lower-case letters, digits and inner dashes, as Kubernetes takes it; never empty."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:longest].rstrip("-") or "drydock"


def made_image_note(plan: LaunchPlan, elsewhere: bool = False) -> tuple[str, ...]:
    """Say where an image that Drydock makes comes from."""
    if not plan.parts:
        return ()
    flags = " ".join(f"--{part}" for part in plan.parts)
    made = f"{plan.image} is made here from {plan.parent}: drydock images build {flags} {plan.parent}."
    if elsewhere:
        made += " Push it to a registry that the cluster reaches, and write its name there instead."
    return (made,)


def service_notes(plan: LaunchPlan, inside: str) -> tuple[str, ...]:
    """Say how to have Jupyter's token and give a key to the SSH server.

    Args:
        plan: with the services.
        inside: the beginning of a command that runs another one in the container, such as ``docker exec -i NAME``.
    """
    notes: list[str] = []
    if "jupyter" in plan.services:
        notes.append(f"Jupyter makes its own token; read it with: {inside} cat {TOKEN_PATH}")
    if "ssh" in plan.services:
        notes.append(f"SSH lets nobody in without a key: {inside} sh -c 'cat >{KEYS_PATH}' <~/.ssh/id_ed25519.pub")
    return tuple(notes)
