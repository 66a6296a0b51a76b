"""What a pull would move."""

from hypothesis import given
from hypothesis import strategies as st

from drydock.core.facts import ImageConfig, Known, Layer, Missing, PublishedImage
from drydock.core.images.transfer import UNPACK_FACTOR, transfer


def published(sizes: list[int], chain: tuple[str, ...] | None = None) -> PublishedImage:
    layers = tuple(Layer(f"sha256:{number}", size) for number, size in enumerate(sizes))
    own = tuple(f"diff:{number}" for number in range(len(sizes))) if chain is None else chain
    return PublishedImage(
        reference="a:b",
        registry="r",
        digest="sha256:x",
        platforms=("linux/amd64",),
        platform="linux/amd64",
        layers=layers,
        config=ImageConfig(platform="linux/amd64", chain=own),
        asked_at="2026-01-01T00:00:00Z",
    )


def test_layers_below_a_common_point_are_here() -> None:
    moved = transfer(published([100, 20, 3]), [("diff:0", "diff:1", "other")], Known(10_000))
    assert (moved.layers, moved.layers_here, moved.download, moved.to_fetch) == (3, 2, 123, 3)
    assert moved.fits is True


def test_a_layer_above_a_different_one_is_not_here() -> None:
    assert transfer(published([100, 20, 3]), [("other", "diff:1", "diff:2")], Known(0)).layers_here == 0


def test_room_is_for_blobs_and_what_they_unpack_to() -> None:
    needed = int(1000 * (1 + UNPACK_FACTOR))
    assert transfer(published([1000]), [], Known(needed)).fits is True
    assert transfer(published([1000]), [], Known(needed - 1)).fits is False
    assert transfer(published([1000]), [], Missing("not_asked")).fits is None


def test_a_chain_of_another_length_says_nothing() -> None:
    moved = transfer(published([5, 6], chain=("diff:0",)), [("diff:0",)], Known(0))
    assert (moved.layers_here, moved.to_fetch) == (0, 11)


@given(st.lists(st.integers(0, 1 << 40), max_size=8), st.lists(st.lists(st.integers(0, 8), max_size=8), max_size=4))
def test_what_is_to_fetch_never_exceeds_the_download(sizes: list[int], chains: list[list[int]]) -> None:
    here = [tuple(f"diff:{number}" for number in chain) for chain in chains]
    moved = transfer(published(sizes), here, Known(0))
    assert 0 <= moved.to_fetch <= moved.download
    assert 0 <= moved.layers_here <= moved.layers
