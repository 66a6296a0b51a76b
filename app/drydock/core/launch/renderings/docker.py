"""As a line that starts the same container with ``docker run``."""

import shlex

from drydock.core.launch.docker_run import docker_run_line
from drydock.core.launch.planning import LaunchPlan
from drydock.core.launch.renderings.rendering import Rendering, made_image_note, secret_names, service_notes


def docker(plan: LaunchPlan) -> Rendering:
    """Return the line; it reads back as the arguments with any shell's rules."""
    notes = (
        *made_image_note(plan),
        *from_the_environment(plan, "docker"),
        *service_notes(plan, f"docker exec -i {shlex.quote(plan.name)}"),
    )
    return Rendering(text=f"{docker_run_line(plan)}\n", filename="docker-run.sh", notes=notes)


def from_the_environment(plan: LaunchPlan, program: str) -> tuple[str, ...]:
    """Say that secrets are taken from the shell."""
    names = ", ".join(secret_names(plan))
    if not names:
        return ()
    return (f"{program} takes {names} from the shell that it is started in: set and export it before, as by read -rs.",)
