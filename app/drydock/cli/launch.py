"""``drydock launch``: start a session, or show what would be started."""

import shlex
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from drydock.cli.base import (
    BROKEN,
    ProgressLine,
    docker_program,
    engine_option,
    human_bytes,
    json_option,
    note,
    open_context,
    print_json,
    run_job,
    troubles,
)
from drydock.cli.launch_render import problem_details, problem_words, render_launch
from drydock.core.facts import Snapshot
from drydock.core.images import Wish
from drydock.core.launch import Choice, Problem, parse_gpus, parse_image, parse_mount, parse_size
from drydock.core.launch.renderings import TARGETS, TargetName
from drydock.engines import PullProgress
from drydock.jobs.context import Context
from drydock.jobs.launch_steps import BuildLine, LogLine, Ready, Stage, Superseded
from drydock.jobs.session import Session

_STAGES = {
    "checking": "Checking {text}",
    "pulling": "Pulling {text}",
    "building": "Adding what the image lacks, as {text} (once; later launches use it again)",
    "creating": "Creating {text}",
    "starting": "Starting {text}",
    "waiting": "Waiting for {text}",
    "left-over": "Container {text} could not be removed; remove it with: docker rm -f {text}",
}


class _Port(click.ParamType[int]):
    name = "port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(value)
        except ValueError:
            number = -1
        if not 0 <= number <= 65535:
            self.fail(f"{value!r} is not a port: give a number from 1 to 65535, or nothing for a free one", param, ctx)
        return number


def _service(name: str, what: str) -> Any:
    return click.option(
        f"--{name}",
        type=_Port(),
        is_flag=False,
        flag_value=0,
        default=None,
        metavar="[PORT]",
        help=f"{what}; without a port a free one is chosen.",
    )


# as with docker run, options behind the first word of the command belong to the command
@click.command(context_settings={"allow_interspersed_args": False})
@click.option(
    "--image",
    default="auto",
    show_default=True,
    metavar="auto|REF",
    help="auto: the recommended image; REF may be REF@sha256:….",
)
@click.option("--pin", is_flag=True, help="Pin to the contents that the image's name stands for now.")
@click.option("--gpus", default="all", show_default=True, metavar="all|none|UUID,…")
@click.option("--workspace", default="", metavar="DIR", help="Directory of this computer shown at /workspace.")
@click.option("--checkpoints", default="", metavar="DIR", help="Directory of this computer shown at /checkpoints.")
@click.option("--mount", "mounts", multiple=True, metavar="SRC:DST[:ro]", help="A directory or a volume.")
@_service("jupyter", "Start JupyterLab")
@_service("ssh", "Start an SSH server (keys only)")
@_service("tensorboard", "Start TensorBoard")
@click.option("--compiler", is_flag=True, help="Add a C and C++ compiler, which torch.compile needs.")
@click.option("--tini", is_flag=True, help="Add tini as the first program, instead of the engine's own init.")
@click.option("--memory", default="", metavar="SIZE", help="Memory limit, such as 32g.")
@click.option("--shm-size", default="", metavar="SIZE", help="Size of /dev/shm; else computed from the memory.")
@click.option("--name", default="", metavar="N", help="Name of the session.")
@click.option("--env", "-e", "variables", multiple=True, metavar="NAME=VALUE", help="Variable for the work inside.")
@click.option("--caches", is_flag=True, help="Keep downloads and compiled kernels in named volumes.")
@click.option("--open", "open_browser", is_flag=True, help="Open Jupyter in the browser once it answers.")
@click.option("--dry-run", is_flag=True, help="Show what would be started, and what speaks against it.")
@click.option(
    "--as", "form", type=click.Choice(list(TARGETS)), help="Start nothing; print the launch for this tool instead."
)
@click.option("--output", default="", metavar="FILE", help="With --as: write it to this new file.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@engine_option
@json_option
def launch(
    image: str,
    pin: bool,
    gpus: str,
    workspace: str,
    checkpoints: str,
    mounts: tuple[str, ...],
    jupyter: int | None,
    ssh: int | None,
    tensorboard: int | None,
    compiler: bool,
    tini: bool,
    memory: str,
    shm_size: str,
    name: str,
    variables: tuple[str, ...],
    caches: bool,
    open_browser: bool,
    dry_run: bool,
    form: TargetName | None,
    output: str,
    command: tuple[str, ...],
    engine: str,
    as_json: bool,
) -> None:
    """Start a container with GPUs, ports on 127.0.0.1 and volumes; COMMAND is what runs in it (else it waits).

    COMMAND and all that follows it come last, as in: drydock launch --gpus all python train.py --lr 1e-4
    """
    if output and not form:
        raise click.UsageError("--output needs --as with what to write")
    with troubles(as_json=as_json):
        reference, digest = parse_image(image)
        choice = Choice(
            image=reference,
            digest=digest,
            gpus=parse_gpus(gpus),
            workspace=_directory(workspace),
            checkpoints=_directory(checkpoints),
            mounts=tuple(parse_mount(text) for text in mounts),
            jupyter=jupyter,
            ssh=ssh,
            tensorboard=tensorboard,
            compiler=compiler,
            tini=tini,
            memory=parse_size(memory, "--memory") if memory else None,
            shm_size=parse_size(shm_size, "--shm-size") if shm_size else None,
            name=name,
            caches=caches,
            environment=dict(_variable(text) for text in variables),
            command=command,
        )
    with open_context(engine) as context:
        if choice.image == "auto":
            choice = msgspec.structs.replace(choice, image=_recommended(context, as_json=as_json))
        if pin and not choice.digest:
            choice = msgspec.structs.replace(choice, digest=_pinned(context, choice.image, as_json=as_json))
        snapshot = _read_gpus(context, as_json=as_json) if choice.gpus != "none" else None
        if form:
            render_launch(context, choice, form, snapshot, output, as_json=as_json)
        elif dry_run:
            _preview(context, choice, snapshot, as_json=as_json)
        else:
            url = _launch(context, choice, snapshot, as_json=as_json)
            if open_browser and url:
                click.launch(url)


def _directory(text: str) -> str:
    if not text:
        return ""
    try:
        return str(Path(text).expanduser().absolute())
    except RuntimeError:
        raise click.UsageError(f"{text}: the home directory of that user is not known here") from None


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.BadParameter(f"{text!r}: write NAME=VALUE", param_hint="--env")
    return name, value


def _recommended(context: Context, *, as_json: bool) -> str:
    from drydock.jobs.recommend import RecommendJob, chosen_reference

    answer = run_job(RecommendJob(context, Wish()), lambda _step: None, as_json=as_json)
    with troubles(as_json=as_json):
        reference = chosen_reference(answer)
    note(f"Image: {reference}")
    return reference


def _pinned(context: Context, reference: str, *, as_json: bool) -> str:
    from drydock.jobs.pin import PinJob

    found = run_job(PinJob(context, reference), lambda _step: None, as_json=as_json)
    where = "the copy here" if found.source == "local" else "the registry"
    note(f"Pinned to what {where} has: {found.digest}")
    return found.digest


def _read_gpus(context: Context, *, as_json: bool) -> Snapshot:
    """Read what a wish for GPUs is judged by, before an image of gigabytes is pulled for it."""
    from drydock.jobs.diagnose import DiagnoseJob

    job = DiagnoseJob(context, only=("gpu-present", "toolkit-installed"))
    return run_job(job, lambda _step: None, as_json=as_json).snapshot


def _preview(context: Context, choice: Choice, snapshot: Snapshot | None, *, as_json: bool) -> None:
    from drydock.jobs.launch import PreviewLaunchJob

    preview = run_job(PreviewLaunchJob(context, choice, snapshot), lambda _step: None, as_json=as_json)
    command = (*docker_program(context.engine), *preview.command[1:])
    preview = msgspec.structs.replace(preview, command=command, line=shlex.join(command))
    if as_json:
        problems = problem_details(preview.problems)
        print_json("launch-preview", {**msgspec.to_builtins(preview), "problems": problems})
    else:
        click.echo(preview.line)
        if preview.image_digest:
            note(f"Contents: {preview.image_digest}")
        for problem in preview.problems:
            note(problem_words(problem))
    sys.exit(BROKEN if any(problem.state == "blocker" for problem in preview.problems) else 0)


def _launch(context: Context, choice: Choice, snapshot: Snapshot | None, *, as_json: bool) -> str:
    from drydock.jobs.launch import LaunchJob

    drawing = _Drawing()
    session = run_job(LaunchJob(context, choice, snapshot), drawing.draw, as_json=as_json, line=drawing.line)
    if as_json:
        print_json("session", {**msgspec.to_builtins(session), "url": drawing.url})
        return drawing.url
    if not session.running:
        click.echo(f"{session.name} ran {session.image} and has ended (status {session.exit_code})")
        click.echo(f"More: drydock sessions logs {session.name}, … start {session.name}, … remove {session.name}")
        return ""
    click.echo(f"{session.name} runs {session.image}")
    for line in _addresses(session, drawing.url):
        click.echo(line)
    click.echo(f"More: drydock sessions connect {session.name}, … logs {session.name}, … stop {session.name}")
    return drawing.url


def _addresses(session: Session, jupyter_url: str) -> list[str]:
    if session.remote:
        return ["Its ports are open on the engine's computer; see 'drydock sessions connect' for them."]
    lines = [f"Jupyter:     {jupyter_url}"] if jupyter_url else []
    if port := session.port_of("tensorboard"):
        lines.append(f"TensorBoard: http://127.0.0.1:{port}/")
    if port := session.port_of("ssh"):
        lines.append(f"SSH:         ssh -p {port} root@127.0.0.1")
    return lines


def superseded_words(step: Superseded) -> str:
    """Return what to say of an image that no launch uses any more."""
    size = f" ({human_bytes(step.size)})" if step.size else ""
    return (
        f"{step.reference}{size} was made from an older {step.parent} and is not used any more. "
        f"Remove it with: drydock images remove {step.reference}"
    )


class _Drawing:
    """Draws the launch's steps on standard error."""

    def __init__(self) -> None:
        self.line = ProgressLine()
        self.url = ""

    def draw(self, step: object) -> None:
        match step:
            case Stage(name, text):
                self.line.end()
                note(_STAGES[name].format(text=text))
            case PullProgress():
                from drydock.cli.pull_words import progress_share, progress_text

                self.line.show(progress_text(step), progress_share(step))
            case BuildLine(text) | LogLine(text):
                self.line.show(f"  {text}")
            case Superseded():
                self.line.end()
                note(superseded_words(step))
            case Ready(url):
                self.url = url
            case Problem():
                note(problem_words(step))
            case _:
                pass
