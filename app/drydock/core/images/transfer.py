"""What a pull would move and need: layers that are here already, bytes to fetch, room on the engine's disk."""

from collections.abc import Iterable

import msgspec

from drydock.core.facts import Fact, Known, PublishedImage

UNPACK_FACTOR = 2.5
"""Unpacked bytes for each compressed byte of a PyTorch image: 3.24 GB were published for an image of about 8 GB."""


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """What pulling an image means for line and disk. Sizes in bytes.

    Attributes:
        layers: how many the image has; ``layers_here`` of them need not be fetched.
        download: compressed size of the whole image.
        to_fetch: compressed size of the layers that are not here.
        unpacked: estimate of what the whole image takes on the disk.
        needed: estimate of what the pull adds to the disk at its height: the fetched layers and what they unpack to.
        free: room where the engine unpacks.
    """

    layers: int
    layers_here: int
    download: int
    to_fetch: int
    unpacked: int
    needed: int
    free: Fact[int]

    @property
    def fits(self) -> bool | None:
        """Whether there is room; None when the room is not known."""
        return self.free.value >= self.needed if isinstance(self.free, Known) else None


def transfer(published: PublishedImage, here: Iterable[tuple[str, ...]], free: Fact[int]) -> Transfer:
    """Work out what a pull would move.

    Args:
        published: the image, with layers and config.
        here: the chain of unpacked layers of each image that the engine has. A layer is here when the chain up to it
            is the beginning of one of these.
        free: bytes free where the engine unpacks.
    """
    chain = published.config.chain if published.config else ()
    depth = max((_common(chain, other) for other in here), default=0)
    # a manifest whose layers are not the chain's cannot be matched; then everything is to be fetched
    depth = depth if len(chain) == len(published.layers) else 0
    fetched = {layer.digest for layer in published.layers[:depth]}
    missing = {layer.digest: layer.size for layer in published.layers[depth:] if layer.digest not in fetched}
    to_fetch = sum(missing.values())
    return Transfer(
        layers=len(published.layers),
        layers_here=depth,
        download=published.download_size,
        to_fetch=to_fetch,
        unpacked=int(published.download_size * UNPACK_FACTOR),
        needed=int(to_fetch * (1 + UNPACK_FACTOR)),
        free=free,
    )


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count
