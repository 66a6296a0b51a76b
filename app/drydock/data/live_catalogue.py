"""The shipped catalogue with the tags in it that registries were last seen to hold."""

import functools

from drydock.core.facts import TagList
from drydock.core.images.catalogue import Catalogue
from drydock.core.images.live import with_tags
from drydock.data.catalogue import load_catalogue


@functools.lru_cache(maxsize=2)
def live_catalogue(lists: tuple[TagList, ...]) -> Catalogue:
    """Return the catalogue for these lists; the same object for the same lists."""
    return with_tags(load_catalogue(), lists) if lists else load_catalogue()
