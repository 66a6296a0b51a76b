"""Judges the whole catalogue beside the main thread, for lists so long that it would be felt."""

import msgspec

from drydock.core.facts import LocalImage, Snapshot
from drydock.core.images import Catalogue, Recommendation, Wish
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

    def __init__(self, snapshot: Snapshot, wish: Wish, catalogue: Catalogue, local: tuple[LocalImage, ...]) -> None:
        self._snapshot = snapshot
        self._wish = wish
        self._catalogue = catalogue
        self._local = local

    def run(self, tell: Tell, stop: Stop) -> Judged:
        """Judge.

        Raises:
            Trouble: the wish cannot be read.
        """
        answer = recommend_for(self._snapshot, self._wish, self._catalogue)
        stop.check()
        rows = catalogue_rows(answer, self._catalogue, self._local)
        return Judged(answer=answer, rows=rows, catalogue=self._catalogue, local=self._local)
