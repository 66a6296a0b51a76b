"""Says of an image that nobody has what the catalogue knows: that it never existed, and what comes nearest."""

from drydock.core.facts import Snapshot
from drydock.core.images import Catalogue, Wish
from drydock.core.images.absent import why_absent
from drydock.core.trouble import Trouble
from drydock.data.reasons import text
from drydock.jobs.recommend import recommend_for

# what may be said when a name never existed; a login or a limit says nothing about that
_SILENT = frozenset(("image-not-found", "registry-unreachable", "registry-tls"))


def better_known(trouble: Trouble, reference: str, catalogue: Catalogue, snapshot: Snapshot | None = None) -> Trouble:
    """Return the trouble, or in its place ``image-never-existed`` where that is what is wrong.

    Args:
        trouble: why the image could not be had.
        reference: its name.
        catalogue: what is known to exist.
        snapshot: the machine for which the nearest image is named; None names none.
    """
    absent = why_absent(reference, catalogue) if trouble.id in _SILENT else None
    if absent is None or absent.code != "NEVER_EXISTED":
        return trouble
    nearest = _nearest(absent.values.get("torch"), absent.values.get("cuda"), catalogue, snapshot)
    words = f" The nearest that works here: {nearest}" if nearest else ""
    return Trouble("image-never-existed", reference=reference, text=text(absent.code, absent.values), nearest=words)


def _nearest(torch: object, cuda: object, catalogue: Catalogue, snapshot: Snapshot | None) -> str:
    if snapshot is None or not isinstance(torch, str):
        return ""
    try:
        answer = recommend_for(snapshot, Wish(torch=torch, cuda=cuda if isinstance(cuda, str) else None), catalogue)
    except Trouble:
        return ""
    choice = answer.choice or (answer.refusal.nearest if answer.refusal else None)
    return choice.reference if choice else ""
