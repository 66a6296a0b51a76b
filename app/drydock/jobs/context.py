"""What jobs are given: the doors, the store, the engine that was chosen, or a recorded machine instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drydock.core.images import Catalogue
    from drydock.engines import Engine
    from drydock.store import Store
    from drydock.world import World


@dataclass(frozen=True)
class Context:
    """Shared by all jobs of one run of the app.

    Attributes:
        engine: the ``--engine`` wish: an address or a context's name; empty follows the environment.
        root: the directory below which remedies find files, and whose programs come first; empty is this computer.
    """

    world: World
    store: Store
    engine: str = ""
    root: str = ""

    def open_engine(self) -> Engine:
        """Connect to the chosen engine.

        Raises:
            Trouble: ``engine-…`` with the reason.
        """
        from drydock.engines.open import open_engine

        return open_engine(self.world, self.engine)

    def catalogue(self) -> Catalogue:
        """Return the image catalogue, with the tags that registries were last seen to hold."""
        from drydock.data.live_catalogue import live_catalogue

        return live_catalogue(self.store.tag_lists)
