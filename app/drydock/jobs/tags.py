"""Read the live lists of tags, so that releases newer than the shipped catalogue are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from drydock.core.facts import TagList
from drydock.core.trouble import Trouble
from drydock.data.catalogue import load_catalogue
from drydock.jobs.job import Job, Tell
from drydock.jobs.registries import open_engine_or_none, open_registry

if TYPE_CHECKING:
    from drydock.core.images import Catalogue
    from drydock.jobs.context import Context
    from drydock.world import Stop


class TagsStep(msgspec.Struct, frozen=True):
    """Step: the repository that is asked for its tags."""

    repository: str


class RefreshedTags(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        catalogue: the shipped one with every kept list in it.
        lists: those that came now.
        failed: repositories that gave none, with the reason.
        newer: references the shipped catalogue does not know.
        gone: references of the catalogue that the registry does not list.
    """

    catalogue: Catalogue
    lists: tuple[TagList, ...]
    failed: dict[str, Trouble]
    newer: tuple[str, ...]
    gone: tuple[str, ...]


class RefreshTagsJob(Job[RefreshedTags]):
    """Reads the tags of every repository of the catalogue and keeps them. Tells :class:`TagsStep`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self, tell: Tell, stop: Stop) -> RefreshedTags:
        """Read.

        Raises:
            Trouble: no repository told its tags; the first one's reason.
            Stopped: the stop was asked for.
        """
        shipped = load_catalogue()
        lists: list[TagList] = []
        failed: dict[str, Trouble] = {}
        engine = open_engine_or_none(self._context)
        try:
            with open_registry(self._context, engine) as registry:
                for repository in dict.fromkeys(image.repository for image in shipped.images):
                    tell(TagsStep(repository))
                    try:
                        lists.append(registry.tags(repository, stop))
                    except Trouble as trouble:
                        failed[repository] = trouble
        finally:
            if engine:
                engine.close()
        if not lists:
            raise next(iter(failed.values()))
        for tags in lists:
            self._context.store.save_tag_list(tags)
        catalogue = self._context.catalogue()
        known = {image.reference for image in shipped.images}
        return RefreshedTags(
            catalogue=catalogue,
            lists=tuple(lists),
            failed=failed,
            newer=tuple(image.reference for image in catalogue.images if image.reference not in known),
            gone=tuple(image.reference for image in catalogue.images if image.listed is False),
        )
