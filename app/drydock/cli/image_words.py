"""What was found out about an image, as JSON and in words."""

from typing import Any

import click
import msgspec

from drydock.cli.base import human_bytes
from drydock.cli.image_answer import reason_json
from drydock.core.facts import Known
from drydock.core.images.described import Described
from drydock.core.images.judged import Judgement
from drydock.core.images.transfer import Transfer
from drydock.core.launch.service_image import LABEL_PARENT
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.data.reasons import explained
from drydock.jobs.confirm import Confirmed

_VERDICTS = {
    "runs": "It runs on the GPUs of this machine.",
    "may_run": "It probably runs on the GPUs of this machine.",
    "cannot_run": "It does not run on the GPUs of this machine.",
    "cannot_tell": "Whether it runs on the GPUs of this machine cannot be told from what it says.",
}
# notes of the judgement that say in a sentence what the list of contents would say again
_CODE_IS_TOLD = frozenset(("CODE_FROM_CATALOGUE", "CODE_BY_ITS_OWN_WORD", "CODE_OF_NEAREST_BUILD"))
_WHOSE = {"catalogue": "measured", "image": "by its own word", "assumed": "assumed"}


def confirmed_json(found: Confirmed) -> dict[str, Any]:
    """Return the JSON body of what was found out."""
    return {
        "reference": found.reference,
        "source": found.source,
        "digest": found.digest,
        "published": msgspec.to_builtins(found.published) if found.published else None,
        "local": msgspec.to_builtins(found.local) if found.local else None,
        "changed": found.changed,
        "described": _described_json(found.described),
        "judgement": _judgement_json(found.judgement),
        "transfer": _transfer_json(found.transfer),
        "environment": dict(found.config.environment) if found.config else {},
        "keeps_layers": found.keeps_layers,
        "unconfirmed": _unconfirmed_json(found),
    }


def _described_json(described: Described | None) -> dict[str, Any] | None:
    if described is None:
        return None
    fields = {name: getattr(described, name) for name in described.__struct_fields__}
    versions = {
        "torch": str(described.torch) if described.torch else None,
        "cuda": str(described.cuda) if described.cuda else None,
        "cubins": [str(cubin) for cubin in described.cubins],
        "range": [str(end) for end in described.range] if described.range else None,
        "demand": str(described.demand) if described.demand else None,
    }
    return {**fields, **versions}


def _judgement_json(judgement: Judgement | None) -> dict[str, Any] | None:
    if judgement is None:
        return None
    return {
        "verdict": judgement.verdict,
        "against": [reason_json(reason) for reason in judgement.against],
        "notes": [reason_json(note) for note in judgement.notes],
        "environment": dict(judgement.environment),
    }


def _transfer_json(transfer: Transfer | None) -> dict[str, Any] | None:
    if transfer is None:
        return None
    fields = {name: getattr(transfer, name) for name in transfer.__struct_fields__}
    return {**fields, "free": transfer.free.value if isinstance(transfer.free, Known) else None, "fits": transfer.fits}


def _unconfirmed_json(found: Confirmed) -> dict[str, str] | None:
    return trouble_json(found.unconfirmed) if found.unconfirmed else None


def trouble_json(trouble: Trouble) -> dict[str, str]:
    """Return why something could not be found out."""
    article = trouble_article(trouble)
    return {"id": trouble.id, "title": article.title, "text": article.text, "remedy": article.remedy}


def print_confirmed(found: Confirmed) -> None:
    """Print for a person what was found out."""
    click.echo(click.style(found.reference, bold=True))
    print_findings(found)


def print_findings(found: Confirmed) -> None:
    """Print what was found out below the image's name."""
    for line in (*_judged(found.judgement), *_inside(found), *_origin(found), *_sizes(found)):
        click.echo(f"  {line}")


def _judged(judgement: Judgement | None) -> list[str]:
    if judgement is None:
        return []
    # the reason alone says it where there is no GPU, or none that tells what it is
    without_gpu = any(reason.code == "NO_NVIDIA_GPU" for reason in judgement.against)
    return [
        *([] if without_gpu else [_VERDICTS[judgement.verdict]]),
        *(explained(reason.code, reason.values) for reason in (*judgement.against, *judgement.notes)),
        *(f"It needs {name}={value} to start." for name, value in judgement.environment.items()),
    ]


def _inside(found: Confirmed) -> list[str]:
    described = found.described
    if described is None:
        return []
    told = {note.code for note in found.judgement.notes} if found.judgement else set[str]()
    parts = (
        ("torch", described.torch_text),
        ("CUDA", str(described.cuda or "")),
        ("cuDNN", described.cudnn),
        ("NCCL", described.nccl),
        ("Python", described.python),
    )
    lines = [", ".join(f"{name} {value}" for name, value in parts if value)]
    if described.cubins_from and described.cubins and not told & _CODE_IS_TOLD:
        lines.append(f"code for {', '.join(map(str, described.cubins))} ({_WHOSE[described.cubins_from]})")
    if described.compiler is not None and "NO_COMPILER" not in told:
        lines.append("a C compiler is inside" if described.compiler else "no C compiler is inside")
    if "RUNS_AS_USER" not in told:
        lines.append(f"runs as {described.user or 'root'}")
    if described.made_from:
        lines.append(f"made from {described.made_from}")
    return [line for line in lines if line]


def _origin(found: Confirmed) -> list[str]:
    lines = [f"digest {found.digest}"] if found.digest else []
    published = found.published
    if published:
        if published.platforms:
            lines.append(f"published for {', '.join(published.platforms)}")
        how = " through the engine, which learns no sizes" if found.source == "engine" else ""
        lines.append(f"confirmed with {published.registry_name} at {published.asked_at}{how}")
        if found.unconfirmed:
            lines.append(f"what is inside could not be read: {trouble_article(found.unconfirmed).title}")
    elif found.unconfirmed:
        lines.append(f"not confirmed: {trouble_article(found.unconfirmed).title}")
    if found.local and found.local.labels.get(LABEL_PARENT):
        lines.append(f"made on this engine from {found.local.labels[LABEL_PARENT]}; no registry has it")
    if found.local:
        size = human_bytes(found.local.size)
        what = "an older copy" if found.changed else "a copy"
        lines.append(f"{what} is here ({size} unpacked, made {found.local.created[:10]})")
    return lines


def _sizes(found: Confirmed) -> list[str]:
    moved = found.transfer
    if moved is None:
        return []
    lines = [f"download {human_bytes(moved.download)} in {moved.layers} layers"]
    if moved.layers_here:
        lines[0] += f"; {moved.layers_here} are here, {human_bytes(moved.to_fetch)} to fetch"
    room = f", {human_bytes(moved.free.value)} free where the engine unpacks" if isinstance(moved.free, Known) else ""
    lines.append(f"about {human_bytes(moved.unpacked)} unpacked (estimate){room}")
    if moved.fits is False:
        lines.append(f"There is not room enough: the pull needs about {human_bytes(moved.needed)}.")
    return lines
