"""Merges the kept lists of tags into the catalogue and judges it, beside the main thread: it would be felt there."""

import msgspec

from drydock.core.facts import LocalImage, Snapshot
from drydock.core.images import Catalogue, Recommendation, Wish
from drydock.jobs.context import Context
from drydock.jobs.job import Job, Tell
from drydock.jobs.recommend import recommend_for
from drydock.qt.models.image_rows import CatalogueRow, catalogue_rows
from drydock.world import Stop


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The choice, and the list that goes with it.

    Attributes:
        catalogue: what was judged.
        local: the engine's images that the rows know of.
    """

    answer: Recommendation
    rows: tuple[CatalogueRow, ...]
    catalogue: Catalogue
    local: tuple[LocalImage, ...]


class JudgeCatalogueJob(Job[Judged]):
    """Chooses, and puts every image into words."""

    def __init__(self, context: Context, snapshot: Snapshot, wish: Wish, local: tuple[LocalImage, ...]) -> None:
        self._context = context
        self._snapshot = snapshot
        self._wish = wish
        self._local = local

    def run(self, tell: Tell, stop: Stop) -> Judged:
        """Judge.

        Raises:
            Trouble: the wish cannot be read.
        """
        catalogue = self._context.catalogue()
        answer = recommend_for(self._snapshot, self._wish, catalogue)
        stop.check()
        rows = catalogue_rows(answer, catalogue, self._local)
        return Judged(answer=answer, rows=rows, catalogue=catalogue, local=self._local)
