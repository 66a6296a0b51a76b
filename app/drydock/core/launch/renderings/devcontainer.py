"""As a ``devcontainer.json``, which editors open the workspace with.

The names are those of the reference at https://containers.dev/implementors/json_reference/.
"""

import json
import re
import shlex

from drydock.core.launch.docker_run import gpu_options, is_secret, mount_field
from drydock.core.launch.planning import WAIT_FOREVER, LaunchPlan, PlannedMount
from drydock.core.launch.renderings.docker import from_the_environment
from drydock.core.launch.renderings.rendering import Rendering, impossible, made_image_note, service_notes
from drydock.core.launch.sizes import format_size

_TITLE = "devcontainer.json"
_REPLACED = re.compile(r"\$\{(localEnv|env|containerEnv|(local|container)WorkspaceFolder(Basename)?|devcontainerId)\b")
_PORT_TITLES = {"jupyter": "Jupyter", "ssh": "SSH", "tensorboard": "TensorBoard"}


def devcontainer(plan: LaunchPlan) -> Rendering:
    """Return the file.

    Raises:
        Trouble: ``launch-render-impossible``: a value has the form of a variable that the tools replace.
    """
    workspace = _workspace(plan)
    content: dict[str, object] = {
        "name": plan.name,
        "image": plan.image,
        "init": plan.init,
        "overrideCommand": True,
        "runArgs": _run_arguments(plan),
    }
    if plan.no_new_privileges:
        content["securityOpt"] = ["no-new-privileges"]
    if workspace:
        content["workspaceMount"] = mount_field(workspace)
        content["workspaceFolder"] = workspace.target
    if others := [mount_field(mount) for mount in plan.mounts if mount is not workspace]:
        content["mounts"] = others
    content |= _ports(plan)
    if plain := {name: value for name, value in plan.environment.items() if not is_secret(name)}:
        content["containerEnv"] = plain
    if command := _command(plan):
        content["postStartCommand"] = command
    _refuse_replaced(content)
    if secret := {name: f"${{localEnv:{name}}}" for name in plan.environment if is_secret(name)}:
        content["remoteEnv"] = secret
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    return Rendering(text=text, filename="devcontainer.json", notes=_notes(plan, workspace))


def _workspace(plan: LaunchPlan) -> PlannedMount | None:
    return next((mount for mount in plan.mounts if mount.target == plan.working_directory), None)


def _run_arguments(plan: LaunchPlan) -> list[str]:
    arguments = ["--name", plan.name, *gpu_options(plan.gpus)]
    for port in plan.ports:
        if port.host_port:
            arguments += ["--publish", f"127.0.0.1:{port.host_port}:{port.container_port}"]
    if plan.memory is not None:
        arguments += ["--memory", format_size(plan.memory)]
    arguments += ["--shm-size", format_size(plan.shm_size)]
    for name, value in plan.labels.items():
        arguments += ["--label", f"{name}={value}"]
    return arguments


def _ports(plan: LaunchPlan) -> dict[str, object]:
    if not plan.ports:
        return {}
    titles = {
        str(port.container_port): {"label": _PORT_TITLES[port.service], "onAutoForward": "silent"}
        for port in plan.ports
    }
    # the editor chooses a free port here for what it forwards
    forwarded = [port.container_port for port in plan.ports if not port.host_port]
    return {**({"forwardPorts": forwarded} if forwarded else {}), "portsAttributes": titles}


def _command(plan: LaunchPlan) -> str:
    if plan.command in ((), WAIT_FOREVER):
        return ""
    # the editor waits for this command, so the work goes on behind it
    return f"nohup setsid {shlex.join(plan.command)} >/tmp/drydock-command.log 2>&1 </dev/null &"


def _refuse_replaced(content: dict[str, object]) -> None:
    for field, value in content.items():
        if found := _REPLACED.search(json.dumps(value, ensure_ascii=False)):
            raise impossible(
                _TITLE, f"the text {found[0]}…}} in {field}", "its tools put another value there, whatever was meant"
            )


def _notes(plan: LaunchPlan, workspace: PlannedMount | None) -> tuple[str, ...]:
    notes = [
        *made_image_note(plan),
        "The editor keeps the container waiting with a command of its own, in place of the image's entry point.",
    ]
    if _command(plan):
        notes.append(
            "The command is started after the container, and again at each of its starts; what it writes is in "
            "/tmp/drydock-command.log inside. The container does not end with it."
        )
    if workspace is None:
        notes.append("No workspace was chosen: the editor shows the folder with this file under /workspaces.")
    notes += from_the_environment(plan, "The editor")
    return (*notes, *service_notes(plan, f"docker exec -i {shlex.quote(plan.name)}"))
