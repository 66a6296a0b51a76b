"""As Kubernetes manifests: a Job or a Pod, and the claims of the volumes that it mounts.

Fields are those of the API reference at https://kubernetes.io/docs/reference/kubernetes-api/ (batch/v1, core/v1).
"""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from drydock.core.launch.docker_run import is_secret
from drydock.core.launch.planning import LaunchPlan, PlannedMount
from drydock.core.launch.renderings import yaml
from drydock.core.launch.renderings.kubernetes_notes import kubernetes_notes
from drydock.core.launch.renderings.rendering import SHM, Rendering, slug
from drydock.core.launch.sizes import format_size

Kind: TypeAlias = Literal["Job", "Pod"]

CLAIM_SIZE: Final = "50Gi"
"""Asked of each claim: data sets and checkpoints of small models fit; the notes say to change it."""

# the name of a Job goes on as that of its pods, with a dash and five signs behind it
_LONGEST_NAME = 52
_UNITS = {"b": "", "k": "Ki", "m": "Mi", "g": "Gi"}


class _Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A mount's claim: ``name`` is the claim's, ``volume`` that of the pod's volume."""

    name: str
    volume: str
    mount: PlannedMount


def kubernetes(plan: LaunchPlan, kind: Kind = "Job", *, gpu_count: int = 1) -> Rendering:
    """Return the manifests.

    Args:
        plan: what to run.
        kind: a Job runs to its end once; a Pod is for a session to connect to.
        gpu_count: how many GPUs "all" means, since Kubernetes is asked for a number.
    """
    name = slug(plan.name, _LONGEST_NAME)
    claims = _claims(plan, name)
    count = 0 if plan.gpus is None else len(plan.gpus.uuids) or gpu_count
    metadata = _metadata(plan, name)
    spec = _pod(plan, name, claims, count)
    work: dict[str, yaml.Node] = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    if kind == "Job":
        template: dict[str, yaml.Node] = {"metadata": metadata, "spec": spec}
        job: dict[str, yaml.Node] = {"backoffLimit": 0, "template": template}
        work = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": job}
    documents = [*(_claim(claim, name) for claim in _distinct(claims)), work]
    notes = kubernetes_notes(plan, kind, name, gpu_count=count, claims=[claim.name for claim in _distinct(claims)])
    head = "".join(yaml.comment(note) for note in notes)
    text = head + "---\n".join(["", *(yaml.document(document) for document in documents)])
    return Rendering(text=text, filename=f"{kind.lower()}.yaml", notes=notes)


def _metadata(plan: LaunchPlan, name: str) -> dict[str, yaml.Node]:
    # values of labels may hold neither a path nor a reference; annotations may
    metadata: dict[str, yaml.Node] = {"name": name, "labels": _labels(name)}
    return {**metadata, "annotations": dict(plan.labels)} if plan.labels else metadata


def _labels(name: str) -> dict[str, yaml.Node]:
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "drydock"}


def _pod(plan: LaunchPlan, name: str, claims: Sequence[_Claim], gpu_count: int) -> dict[str, yaml.Node]:
    volumes: list[yaml.Node] = [
        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": _quantity(plan.shm_size)}},
        *({"name": claim.volume, "persistentVolumeClaim": {"claimName": claim.name}} for claim in _distinct(claims)),
    ]
    pod: dict[str, yaml.Node] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        # kept away from variables that name every service of the namespace, which an engine does not add either
        "enableServiceLinks": False,
    }
    if plan.init:
        # the first program of the pod is then Kubernetes' own, which clears up after ended processes
        pod["shareProcessNamespace"] = True
    pod["securityContext"] = {"seccompProfile": {"type": "RuntimeDefault"}}
    pod["containers"] = [_container(plan, name, claims, gpu_count)]
    pod["volumes"] = volumes
    return pod


def _container(plan: LaunchPlan, name: str, claims: Sequence[_Claim], gpu_count: int) -> dict[str, yaml.Node]:
    container: dict[str, yaml.Node] = {"name": "work", "image": plan.image}
    if plan.command:
        container["args"] = [_literal(word) for word in plan.command]
    if plan.working_directory is not None:
        container["workingDir"] = plan.working_directory
    if plan.environment:
        container["env"] = [_variable(key, value, name) for key, value in plan.environment.items()]
    if plan.ports:
        container["ports"] = [{"name": port.service, "containerPort": port.container_port} for port in plan.ports]
    sizes: dict[str, yaml.Node] = {}
    if plan.memory is not None:
        sizes["memory"] = _quantity(plan.memory)
    if gpu_count:
        sizes["nvidia.com/gpu"] = str(gpu_count)
    if sizes:
        container["resources"] = {"limits": sizes, "requests": sizes}
    if plan.no_new_privileges:
        container["securityContext"] = {"allowPrivilegeEscalation": False}
    container["volumeMounts"] = [{"name": "shm", "mountPath": SHM}, *map(_volume_mount, claims)]
    return container


def _variable(name: str, value: str, session: str) -> dict[str, yaml.Node]:
    if is_secret(name):
        return {"name": name, "valueFrom": {"secretKeyRef": {"name": f"{session}-secrets", "key": name}}}
    return {"name": name, "value": _literal(value)}


def _volume_mount(claim: _Claim) -> dict[str, yaml.Node]:
    described: dict[str, yaml.Node] = {"name": claim.volume, "mountPath": claim.mount.target}
    return {**described, "readOnly": True} if claim.mount.read_only else described


def _claims(plan: LaunchPlan, name: str) -> list[_Claim]:
    """Name a claim for each source; the same source has one claim, and different ones have different names."""
    names: dict[tuple[str, str], str] = {}
    claims: list[_Claim] = []
    for mount in plan.mounts:
        source = (mount.kind, mount.source)
        if source not in names:
            base = slug(mount.source if mount.kind == "volume" else mount.target, 40)
            number = 2
            free = base
            while free in (*names.values(), "shm"):
                free, number = f"{base}-{number}", number + 1
            names[source] = free
        volume = names[source]
        # a named volume is shared by sessions, a directory belongs to this one
        claim = volume if mount.kind == "volume" else f"{name}-{volume}"
        claims.append(_Claim(name=claim, volume=volume, mount=mount))
    return claims


def _distinct(claims: Sequence[_Claim]) -> list[_Claim]:
    return list({claim.volume: claim for claim in claims}.values())


def _claim(claim: _Claim, name: str) -> dict[str, yaml.Node]:
    metadata: dict[str, yaml.Node] = {"name": claim.name, "labels": _labels(name)}
    source = claim.mount.source
    metadata["annotations"] = {"drydock.source": source if claim.mount.kind == "bind" else f"volume {source}"}
    spec: dict[str, yaml.Node] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": CLAIM_SIZE}},
    }
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def _quantity(size: int) -> str:
    text = format_size(size)
    return text[:-1] + _UNITS[text[-1]]


def _literal(text: str) -> str:
    """Return text that means itself: Kubernetes replaces ``$(NAME)``, and takes ``$$`` as one ``$``."""
    return text.replace("$", "$$")
