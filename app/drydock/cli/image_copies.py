"""``drydock images list|import|export|remove``: the copies that the engine has."""

from functools import partial
from pathlib import Path

import click

from drydock.cli.base import (
    ProgressLine,
    engine_option,
    human_bytes,
    json_option,
    note,
    open_context,
    print_json,
    run_job,
)
from drydock.core.launch.additions import part_names
from drydock.core.launch.derived import DerivedImage, derived_of
from drydock.engines import LoadProgress, SaveProgress


@click.command("list")
@engine_option
@json_option
def list_images(engine: str, as_json: bool) -> None:
    """List the images that the engine has."""
    from drydock.jobs.images import ListImagesJob

    with open_context(engine) as context:
        found = run_job(ListImagesJob(context), lambda _step: None, as_json=as_json)
    derived = {image.id: image for image in derived_of(found)}
    if as_json:
        made = [
            {"id": one.id, "parent": one.parent, "parts": one.parts, "state": one.state} for one in derived.values()
        ]
        print_json("images", {"images": found, "derived": made})
        return
    for image in found:
        name = ", ".join(image.references) or image.id.removeprefix("sha256:")[:12]
        made_of = _made_of(derived[image.id]) if image.id in derived else ""
        click.echo(f"{human_bytes(image.size):>10}  {image.created[:10]}  {name}{made_of}")
    if not found:
        note("The engine has no images yet.")


def _made_of(image: DerivedImage) -> str:
    """Say what an image of our own is made of, and whether a launch uses it still."""
    ends = {
        "current": "",
        "parent_changed": "; outdated: the name stands for other contents now",
        "recipe_changed": "; outdated: it is made differently now",
        "parent_gone": "; what it was made from is not here",
    }
    return f"  ({image.parent} with {part_names(image.parts)}{ends[image.state]})"


@click.command("import")
@click.argument("archive", type=click.Path(path_type=Path))
@engine_option
@json_option
def import_image(archive: Path, engine: str, as_json: bool) -> None:
    """Give the engine the images of a TAR file (of 'drydock images export' or 'docker save')."""
    from drydock.jobs.images import ImportImageJob

    line = ProgressLine()
    with open_context(engine) as context:
        job = ImportImageJob(context, str(archive))
        references = run_job(job, partial(_draw, line, "Importing"), as_json=as_json, line=line)
    if as_json:
        print_json("imported", {"archive": str(archive), "references": references})
        return
    for reference in references:
        click.echo(f"{reference} is here")


@click.command("export")
@click.argument("reference")
@click.argument("archive", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@engine_option
@json_option
def export_image(reference: str, archive: Path, force: bool, engine: str, as_json: bool) -> None:
    """Write an image to a TAR file, for a computer without a network."""
    from drydock.jobs.images import ExportImageJob

    line = ProgressLine()
    with open_context(engine) as context:
        job = ExportImageJob(context, reference, str(archive), overwrite=force)
        run_job(job, partial(_draw, line, "Exporting"), as_json=as_json, line=line)
    size = archive.stat().st_size
    if as_json:
        print_json("exported", {"reference": reference, "archive": str(archive), "size": size})
    else:
        click.echo(f"{reference} is in {archive} ({human_bytes(size)})")


@click.command()
@click.argument("reference")
@engine_option
@json_option
def remove(reference: str, engine: str, as_json: bool) -> None:
    """Remove a local image."""
    from drydock.jobs.images import RemoveImageJob

    with open_context(engine) as context:
        run_job(RemoveImageJob(context, reference), lambda _step: None, as_json=as_json)
    if as_json:
        print_json("removed", {"reference": reference})
    else:
        click.echo(f"{reference} was removed")


def _draw(line: ProgressLine, doing: str, step: LoadProgress | SaveProgress) -> None:
    share = min(1.0, step.done / step.total) if step.total else None
    total = f" of {human_bytes(step.total)}" if step.total else ""
    line.show(f"{doing}: {human_bytes(step.done)}{total}", share)
