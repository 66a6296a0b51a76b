"""``drydock images``: recommend, refresh, list, inspect, pull, import, export, remove."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click
import msgspec

from drydock.cli.base import BROKEN, engine_option, json_option, note, open_context, print_json, run_job, troubles
from drydock.cli.image_answer import print_recommendation, recommendation_json
from drydock.cli.image_build import build_image
from drydock.cli.image_copies import export_image, import_image, list_images, remove
from drydock.cli.image_question import inspect, pull
from drydock.core.images import Gpu, Machine, Recommendation, Wish
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article

if TYPE_CHECKING:
    from drydock.jobs.confirm import Confirmed
    from drydock.jobs.context import Context


@click.group()
def images() -> None:
    """Recommend, inspect, pull, carry over and remove images."""


@images.command()
@click.option("--torch", default=None, metavar="SPEC", help="Such as 2.9, ==2.9.*, >=2.6.")
@click.option("--cuda", default=None, metavar="X.Y", help="CUDA inside the image.")
@click.option("--flavour", type=click.Choice(["runtime", "devel"]), default=None)
@click.option("--task", type=click.Choice(["run", "compile", "extensions"]), default="run", show_default=True)
@click.option("--gpu", "gpus", multiple=True, metavar="NAME:CC", help="Describe a machine instead: 'RTX 4090:8.9'.")
@click.option("--driver", default=None, metavar="V", help="Driver version of the described machine.")
@click.option("--os", "system", type=click.Choice(["linux", "wsl2", "windows", "jetson"]), default=None)
@click.option("--arch", type=click.Choice(["amd64", "arm64", "other"]), default=None)
@click.option("--machine", default="", metavar="BUNDLE|DIR|SAMPLE", help="Ask for a recorded machine.")
@click.option("--confirm", is_flag=True, help="Ask the registry whether the image is there, and how large it is.")
@click.option("--all", "show_all", is_flag=True, help="Show every rejected image with why.")
@engine_option
@json_option
def recommend(
    torch: str | None,
    cuda: str | None,
    flavour: Any,
    task: Any,
    gpus: tuple[str, ...],
    driver: str | None,
    system: Any,
    arch: Any,
    machine: str,
    confirm: bool,
    show_all: bool,
    engine: str,
    as_json: bool,
) -> None:
    """Choose the PyTorch image for this machine.

    With --gpu (or --driver, --os, --arch) the answer is for the machine described instead of this one. Nothing is
    asked of a registry unless --confirm is given: the answer comes from the catalogue and the lists of tags that were
    last read (drydock images refresh).
    """
    wish = Wish(torch=torch, cuda=cuda, flavour=flavour, task=task)
    described = bool(gpus or driver or system or arch)
    if described and machine:
        raise click.UsageError("--machine and a described machine (--gpu, --driver, --os, --arch) exclude each other")
    from drydock.jobs.recommend import RecommendJob

    asked = None
    if described:
        asked = Machine(
            gpus=tuple(_gpu(word) for word in gpus), driver=driver, os=system or "linux", arch=arch or "amd64"
        )
    elif machine:
        from drydock.data.machine import open_machine

        with troubles(as_json=as_json):
            recorded = open_machine(machine)
        note(f"Recorded machine: {recorded.card.title}. Nothing shown is this computer.")
        asked = recorded.snapshot
    with open_context(engine) as context:
        answer = run_job(RecommendJob(context, wish, asked), lambda _step: None, as_json=as_json)
        asking = _Confirmation()
        if confirm and answer.choice:
            asking = _confirmation(context, answer.choice.reference, arch, as_json=as_json)
            answer = asking.told(answer)
    if as_json:
        print_json("recommendation", recommendation_json(answer) | asking.json())
    else:
        print_recommendation(answer, show_all=show_all)
        asking.print()
    if described:
        _note_what_is_missing(gpus, driver)
    sys.exit(0 if answer.choice and asking.trouble is None else BROKEN)


class _Confirmation(msgspec.Struct, frozen=True):
    """What the registry said of the choice, or why it said nothing; neither where it was not asked."""

    found: Confirmed | None = None
    trouble: Trouble | None = None

    def told(self, answer: Recommendation) -> Recommendation:
        """Return the answer without the note that nobody was asked, where somebody was and knew the image."""
        if answer.choice is None or self.found is None or self.found.published is None:
            return answer
        why = tuple(note_ for note_ in answer.choice.why if note_.code != "NOT_CONFIRMED")
        return msgspec.structs.replace(answer, choice=msgspec.structs.replace(answer.choice, why=why))

    def json(self) -> dict[str, Any]:
        """Return ``confirmed`` and, where nothing could be found out, ``unconfirmed``."""
        from drydock.cli.image_words import confirmed_json, trouble_json

        if self.trouble:
            return {"confirmed": None, "unconfirmed": trouble_json(self.trouble)}
        return {"confirmed": confirmed_json(self.found)} if self.found else {}

    def print(self) -> None:
        """Print it for a person."""
        from drydock.cli.image_words import print_findings

        if self.found:
            print_findings(self.found)
        elif self.trouble:
            article = trouble_article(self.trouble)
            note(click.style(f"Not confirmed: {article.title}", bold=True))
            note(article.text)
            note(article.remedy)


def _confirmation(context: Context, reference: str, arch: str | None, *, as_json: bool) -> _Confirmation:
    """Ask the registry; what it does not tell leaves the recommendation as it is."""
    from drydock.jobs.confirm import ConfirmJob

    job = ConfirmJob(context, reference, platform=f"linux/{arch}" if arch else "")
    try:
        return _Confirmation(found=run_job(job, lambda step: note(step.text), as_json=as_json, show_trouble=False))
    except Trouble as trouble:
        return _Confirmation(trouble=trouble)


def _note_what_is_missing(gpus: tuple[str, ...], driver: str | None) -> None:
    """A machine that is described in part is another one than that it was described as."""
    if not gpus:
        note("The described machine has no GPU: name one with --gpu 'NAME:CC'.")
    elif not driver:
        note("The described machine has no driver: name one with --driver, such as --driver 580.")


def _gpu(word: str) -> Gpu:
    name, _, capability = word.rpartition(":")
    match = re.fullmatch(r"(\d{1,3})\.(\d{1,2})", capability.strip())
    if not name.strip() or not match:
        raise click.BadParameter(
            f"{word!r}: write a name, a colon and the compute capability, such as 'RTX 4090:8.9'", param_hint="--gpu"
        )
    return Gpu(name=name.strip(), compute_capability=(int(match[1]), int(match[2])))


@images.command()
@engine_option
@json_option
def refresh(engine: str, as_json: bool) -> None:
    """Read the registries' lists of tags, so that newer releases are known and missing ones are not proposed."""
    from drydock.jobs.tags import RefreshTagsJob, TagsStep

    def told(step: TagsStep) -> None:
        note(f"Asking for the tags of {step.repository}…")

    with open_context(engine) as context:
        found = run_job(RefreshTagsJob(context), told, as_json=as_json)
    if as_json:
        lists = [
            {"repository": tags.repository, "tags": len(tags.tags), "read_at": tags.read_at} for tags in found.lists
        ]
        failed = {name: trouble.id for name, trouble in found.failed.items()}
        print_json("tags", {"lists": lists, "failed": failed, "newer": found.newer, "gone": found.gone})
        sys.exit(BROKEN if failed else 0)
    for tags in found.lists:
        click.echo(f"{tags.repository}: {len(tags.tags)} tags")
    for name, trouble in found.failed.items():
        click.echo(f"{name}: {trouble_article(trouble).title}")
    for reference in found.newer:
        click.echo(f"  newer than the catalogue: {reference}")
    for reference in found.gone:
        click.echo(f"  in the catalogue, but not in the registry: {reference}")
    if found.failed:
        sys.exit(BROKEN)


for command in (list_images, inspect, pull, build_image, import_image, export_image, remove):
    images.add_command(command)
