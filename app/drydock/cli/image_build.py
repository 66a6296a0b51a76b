"""``drydock images build``: make the image of a session ahead, or on a computer with a network for one without."""

import click
import msgspec

from drydock.cli.base import (
    ProgressLine,
    engine_option,
    human_bytes,
    json_option,
    note,
    open_context,
    print_json,
    run_job,
    troubles,
)
from drydock.core.images import Wish
from drydock.core.launch import PARTS, Part
from drydock.core.launch.additions import part_names
from drydock.engines import PullProgress
from drydock.jobs.launch_steps import BuildLine, Stage, Superseded


@click.command("build")
@click.argument("reference", default="auto", metavar="[auto|REF]")
@click.option("--jupyter", is_flag=True, help="Add JupyterLab.")
@click.option("--ssh", is_flag=True, help="Add an SSH server.")
@click.option("--tensorboard", is_flag=True, help="Add TensorBoard.")
@click.option("--compiler", is_flag=True, help="Add a C and C++ compiler, which torch.compile needs.")
@click.option("--tini", is_flag=True, help="Add tini as the first program of every container.")
@engine_option
@json_option
def build_image(reference: str, engine: str, as_json: bool, **wanted: bool) -> None:
    """Make the image that launches with these parts start from ('auto': of the recommended image).

    A launch makes it by itself when it is missing. It is made again when the image behind REF changes.
    """
    from drydock.jobs.derived import BuildDerivedJob
    from drydock.jobs.recommend import RecommendJob, chosen_reference
    from drydock.jobs.registries import check_named

    with troubles(as_json=as_json):
        check_named(reference)
    parts: tuple[Part, ...] = tuple(part for part in PARTS if wanted[part])
    drawing = _Drawing()
    with open_context(engine) as context:
        if reference == "auto":
            answer = run_job(RecommendJob(context, Wish()), lambda _step: None, as_json=as_json)
            with troubles(as_json=as_json):
                reference = chosen_reference(answer)
        job = BuildDerivedJob(context, reference, parts)
        made = run_job(job, drawing.draw, as_json=as_json, line=drawing.line)
    if as_json:
        print_json("built", msgspec.to_builtins(made))
        return
    image = made.image
    size = "" if image.added_size is None else f" ({human_bytes(image.added_size)} beside its parent)"
    verb = "was made" if made.built else "was here already"
    click.echo(f"{image.name} {verb}: {image.parent} with {part_names(image.parts)}{size}")


class _Drawing:
    """Draws the steps on standard error."""

    def __init__(self) -> None:
        self.line = ProgressLine()

    def draw(self, step: object) -> None:
        match step:
            case Stage("pulling", text):
                note(f"Pulling {text}")
            case Stage(_, text):
                self.line.end()
                note(f"Building {text}")
            case PullProgress():
                from drydock.cli.pull_words import progress_share, progress_text

                self.line.show(progress_text(step), progress_share(step))
            case BuildLine(text):
                self.line.show(f"  {text}")
            case Superseded():
                from drydock.cli.launch import superseded_words

                self.line.end()
                note(superseded_words(step))
            case _:
                pass
