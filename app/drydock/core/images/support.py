"""Until when an image, and the driver and GPU it runs on, are looked after."""

from collections.abc import Iterator

from drydock.core.images.catalogue import Catalogue, Image, Release
from drydock.core.images.lifecycles import Confidence, DriverBranch
from drydock.core.images.result import Note, Support, Term
from drydock.core.images.situation import Situation, is_consumer
from drydock.core.images.version import Version

__all__ = ["Support", "Term", "support_of"]

_ORDER: tuple[Confidence, ...] = ("low", "medium", "high")
# of the image itself; that no newer torch is built for its CUDA ends the line, not the image
_OF_THE_IMAGE = ("torch", "nvidia_image", "system")
# what is said before the end, and after it
_SYSTEM_SUPPORT = ("SYSTEM_SUPPORT_UNTIL", "SYSTEM_SUPPORT_ENDED")
_DRIVER_SUPPORT = ("DRIVER_SUPPORT_UNTIL", "DRIVER_SUPPORT_ENDED")
_GPU_SUPPORT = ("GPU_SUPPORT_UNTIL", "GPU_SUPPORT_ENDED")


def support_of(image: Image, situation: Situation) -> Support:
    """Return the known ends of support of an image and of what carries it.

    Dates are those of the catalogue, past or to come. A note says that something ended where the date lies before the
    one the catalogue was made on; whether a later date has passed meanwhile is for those who have a clock.
    """
    terms = (
        *_torch(image, situation.catalogue),
        *_nvidia_image(image, situation.catalogue),
        *_cuda(image, situation.catalogue),
        *_system(image, situation.catalogue),
        *_driver(situation),
        *_gpus(situation),
    )
    ends = [term for term in terms if term.part in _OF_THE_IMAGE and term.until]
    first = min(ends, key=lambda term: _last_day(term.until or ""), default=None)
    return Support(until=first and first.until, confidence=first and first.confidence, terms=terms)


def _torch(image: Image, catalogue: Catalogue) -> Iterator[Term]:
    """A minor release gets its fixes as patch releases until the next minor release is out."""
    rule = catalogue.lifecycles.torch
    if image.torch is None or image.alpha or rule is None:
        return
    minor = Version(image.torch[:2])
    patch = max((entry for entry in catalogue.releases if entry.version[:2] == minor), key=_version, default=None)
    if patch and patch.version > image.torch:
        values = {"torch": str(image.torch), "by": str(patch.version), "date": patch.released}
        yield Term(
            part="torch",
            until=None,
            note=Note("FIXES_IN_PATCH", values),
            confidence=patch.confidence,
            sources=patch.sources,
        )
    successor = _first_after(minor, catalogue)
    if successor:
        values = {"torch": str(minor), "by": str(Version(successor.version[:2])), "date": successor.released}
        if not _has_image(successor, catalogue):
            values["cause"] = "no_image"
        note, until = Note("SUPERSEDED", values), successor.released
    elif newer := _unknown_release_after(minor, catalogue):
        note, until = Note("SUPERSEDED", {"torch": str(minor), "by": str(newer), "cause": "undated"}), None
    else:
        note, until = Note("NEWEST_RELEASE", {"torch": str(minor)}), None
    yield Term(part="torch", until=until, note=note, confidence=rule.confidence, sources=rule.sources)


def _has_image(release: Release, catalogue: Catalogue) -> bool:
    """Whether an image of that minor release is known to be there."""
    return any(
        image.torch is not None and image.torch[:2] == release.version[:2] and (image.listed or image.proven)
        for image in catalogue.images
        if not image.alpha and image.listed is not False
    )


def _unknown_release_after(minor: Version, catalogue: Catalogue) -> Version | None:
    """Return a minor release that only the list of tags shows: it is newer than the catalogue."""
    torches = (image.torch for image in catalogue.images if image.assumed and not image.alpha)
    return min((Version(torch[:2]) for torch in torches if torch and torch[:2] > minor), default=None)


def _nvidia_image(image: Image, catalogue: Catalogue) -> Iterator[Term]:
    """NVIDIA looks after a monthly image until the next."""
    rule = catalogue.lifecycles.nvidia_image
    if not image.alpha or rule is None:
        return
    months = (other.recency for other in catalogue.images if other.repository == image.repository)
    following = min((month for month in months if month > image.recency), default=None)
    month = _month(image.recency)
    if following:
        note, until = (
            Note("SUPERSEDED", {"month": month, "by": _month(following), "cause": "nvidia"}),
            _month(following),
        )
    else:
        note, until = Note("NEWEST_RELEASE", {"month": month, "cause": "nvidia"}), None
    # the next one that is known: one in between may have come and gone
    yield Term(part="nvidia_image", until=until, note=note, confidence="low", sources=rule.sources)


def _cuda(image: Image, catalogue: Catalogue) -> Iterator[Term]:
    """Say so when newer torch releases have no image with this CUDA any more."""
    built = [
        entry for entry in catalogue.releases if image.cuda in entry.cuda and image.cuda not in entry.without_image
    ]
    if image.alpha or not built:
        return
    last = Version(max(built, key=_version).version[:2])
    without = _first_after(last, catalogue)
    if without:
        note = Note("LAST_CUDA_BUILD", {"cuda": str(image.cuda), "torch": str(last), "date": without.released})
        sources = tuple(dict.fromkeys((*without.sources, *image.sources)))
        yield Term(part="cuda", until=without.released, note=note, confidence=without.confidence, sources=sources)


def _system(image: Image, catalogue: Catalogue) -> Iterator[Term]:
    system = next((entry for entry in catalogue.lifecycles.systems if entry.name == image.system), None)
    if system:
        note = _dated(_SYSTEM_SUPPORT, system.until, catalogue, system=system.name)
        yield Term(part="system", until=system.until, note=note, confidence=system.confidence, sources=system.sources)


def _driver(situation: Situation) -> Iterator[Term]:
    branch = _branch(situation)
    if branch is None:
        return
    if branch.until:
        note = _dated(_DRIVER_SUPPORT, branch.until, situation.catalogue, branch=branch.branch, cause=branch.kind or "")
    else:
        note = Note("DRIVER_SUPPORT_OVER" if branch.over else "DRIVER_SUPPORT_SHORT", {"branch": branch.branch})
    yield Term(part="driver", until=branch.until, note=note, confidence=branch.confidence, sources=branch.sources)


def _branch(situation: Situation) -> DriverBranch | None:
    """Return the branch of the driver; the Windows numbers of a branch run on (R580 has 581 and 582)."""
    if situation.driver is None:
        return None
    major = situation.driver[0]
    known = [entry for entry in situation.catalogue.lifecycles.driver_branches if entry.branch <= major]
    nearest = max(known, key=lambda entry: entry.branch, default=None)
    return nearest if nearest and (situation.windows or nearest.branch == major) else None


def _gpus(situation: Situation) -> Iterator[Term]:
    """Security updates for GeForce GPUs that newer branches dropped; one note for each generation."""
    told: set[str] = set()
    for seen in situation.kinds:
        if seen.architecture is None or seen.architecture.last_branch is None or not is_consumer(seen):
            continue
        for entry in situation.catalogue.lifecycles.gpus:
            if entry.first <= seen.capability <= entry.last and seen.architecture.name not in told:
                told.add(seen.architecture.name)
                values = {"architecture": seen.architecture.name, "branch": seen.architecture.last_branch}
                note = _dated(_GPU_SUPPORT, entry.until, situation.catalogue, **values)
                yield Term(part="gpu", until=entry.until, note=note, confidence=entry.confidence, sources=entry.sources)


def _dated(codes: tuple[str, str], until: str, catalogue: Catalogue, **values: str | int) -> Note:
    past = _last_day(until) < catalogue.made
    return Note(codes[past], {**values, "until": until})


def _first_after(minor: Version, catalogue: Catalogue) -> Release | None:
    """Return the first release of the next minor version."""
    return min((entry for entry in catalogue.releases if entry.version[:2] > minor), key=_version, default=None)


def _version(release: Release) -> Version:
    return release.version


def _month(recency: Version) -> str:
    return f"20{recency[0]:02d}-{recency[1]:02d}"


def _last_day(date: str) -> str:
    """Make months and days comparable: a month counts as long as it may last."""
    return date if len(date) > len("2028-06") else f"{date}-31"
