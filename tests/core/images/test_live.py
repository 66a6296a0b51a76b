"""What a registry's list of tags does to the catalogue, and that nothing assumed is ever recommended."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drydock.core.facts.published import TagList
from drydock.core.images import Catalogue, Gpu, Machine, Wish, recommend
from drydock.core.images.catalogue import Image
from drydock.core.images.live import nearest_build, parse_nvidia_tag, parse_tag, with_tags
from drydock.core.images.version import Version
from drydock.data.catalogue import load_catalogue
from drydock.data.reasons import text

CATALOGUE = load_catalogue()
OFFICIAL = "pytorch/pytorch"
NVIDIA = "nvcr.io/nvidia/pytorch"
KNOWN = tuple(image.tag for image in CATALOGUE.images if image.repository == OFFICIAL)
KNOWN_NVIDIA = tuple(image.tag for image in CATALOGUE.images if image.repository == NVIDIA)
PROVEN = tuple(image.tag for image in CATALOGUE.images if image.repository == OFFICIAL and image.proven)
NEWER = "9.1.0-cuda13.2-cudnn9-runtime"

RTX_4090 = Gpu("NVIDIA GeForce RTX 4090", (8, 9), uuid="GPU-4", memory=24 << 30)
GB10 = Gpu("NVIDIA GB10", (12, 1), uuid="GPU-6")


def listed(*tags: str, repository: str = OFFICIAL, read_at: str = "2026-11-25T10:00:00Z") -> TagList:
    return TagList(repository=repository, tags=tags, read_at=read_at)


def image(catalogue: Catalogue, tag: str) -> Image:
    return next(image for image in catalogue.images if image.tag == tag)


def why_not(catalogue: Catalogue, tag: str, machine: Machine) -> set[str]:
    rejected = recommend(machine, Wish(), catalogue).rejected
    return {reason.code for entry in rejected if entry.reference.endswith(f":{tag}") for reason in entry.why}


def on_4090(driver: str = "610.43.02") -> Machine:
    return Machine(gpus=(RTX_4090,), driver=driver)


def test_a_tag_tells_torch_cuda_cudnn_and_flavour() -> None:
    tag = parse_tag("2.16.0-cuda13.2-cudnn9-runtime")
    assert tag is not None
    assert (tag.torch, tag.cuda, tag.cudnn_major, tag.flavour) == (
        Version((2, 16, 0)),
        Version((13, 2)),
        9,
        "runtime",
    )


@pytest.mark.parametrize(
    "tag",
    [
        "latest",
        "2.16-cuda13.2-cudnn9-runtime",
        "2.16.0-rc1-cuda13.2-cudnn9-runtime",
        "2.16.0-cuda13.2-cudnn9",
        "2.16.0-cuda13.2-cudnn9-devel-ubuntu",
        "2.16.0-cuda13-cudnn9-runtime",
        "٢.16.0-cuda13.2-cudnn9-runtime",
        "2.16.0-cuda13.2-cudnn9-runtime\n",
        "nightly-devel-cuda13.2-cudnn9",
        "",
    ],
)
def test_other_tags_are_no_releases(tag: str) -> None:
    assert parse_tag(tag) is None


def test_tags_of_nvidia_are_a_year_and_a_month() -> None:
    assert parse_nvidia_tag("26.09-py3") == (26, 9)
    for other in ("26.13-py3", "26.09-py3-igpu", "26.9-py3", "latest", "26.09-py3\n", "26.00-py3"):
        assert parse_nvidia_tag(other) is None


def test_every_shipped_tag_is_read_as_the_catalogue_has_it() -> None:
    for shipped in CATALOGUE.images:
        if shipped.alpha:
            assert parse_nvidia_tag(shipped.tag) == shipped.recency
            continue
        tag = parse_tag(shipped.tag)
        assert tag is not None
        assert (tag.torch, tag.cuda, tag.cudnn_major, tag.flavour) == (
            shipped.torch,
            shipped.cuda,
            shipped.cudnn_major,
            shipped.flavour,
        )


def test_a_listed_tag_is_proven_and_one_that_is_missing_does_not_exist() -> None:
    gone = "2.14.1-cuda13.0-cudnn9-runtime"
    live = with_tags(CATALOGUE, [listed(*(tag for tag in KNOWN if tag != gone))])
    assert image(live, "2.14.1-cuda12.6-cudnn9-runtime").listed is True
    assert image(live, gone).listed is False
    assert why_not(live, gone, on_4090()) == {"TAG_NOT_IN_REGISTRY"}
    choice = recommend(on_4090(), Wish(torch="2.14.1"), live).choice
    assert choice is not None
    assert choice.tag != gone


def test_a_release_that_was_not_proven_is_recommended_once_it_is_listed() -> None:
    before = recommend(on_4090(), Wish(), CATALOGUE).choice
    after = recommend(on_4090(), Wish(), with_tags(CATALOGUE, [listed(*KNOWN)])).choice
    assert before is not None
    assert after is not None
    assert before.torch == "2.14.1"
    assert after.torch == "2.15.0"


def test_a_release_that_is_not_listed_stays_out_with_one_reason() -> None:
    live = with_tags(CATALOGUE, [listed(*PROVEN)])
    assert why_not(live, "2.15.0-cuda13.2-cudnn9-runtime", on_4090()) == {"TAG_NOT_IN_REGISTRY"}


def test_an_empty_list_and_a_strangers_list_say_nothing() -> None:
    assert with_tags(CATALOGUE, []) == CATALOGUE
    assert with_tags(CATALOGUE, [listed()]) == CATALOGUE
    assert with_tags(CATALOGUE, [listed("latest", NEWER)]) == CATALOGUE
    assert with_tags(CATALOGUE, [listed(*KNOWN, NEWER, repository="somebody/pytorch")]) == CATALOGUE


def test_the_list_of_one_repository_says_nothing_about_another() -> None:
    live = with_tags(CATALOGUE, [listed(*KNOWN)])
    assert {image.listed for image in live.images if image.repository == NVIDIA} == {None}


def test_the_hub_under_its_full_name_is_the_same_repository() -> None:
    assert with_tags(CATALOGUE, [listed(*KNOWN, repository="docker.io/pytorch/pytorch")]) == with_tags(
        CATALOGUE, [listed(*KNOWN)]
    )


def test_the_newest_list_of_a_repository_counts() -> None:
    old = listed(*KNOWN, read_at="2026-01-01T00:00:00Z")
    new = listed(*KNOWN[:-1], read_at="2026-11-01T00:00:00Z")
    assert with_tags(CATALOGUE, [new, old]) == with_tags(CATALOGUE, [old, new]) == with_tags(CATALOGUE, [new])


def test_a_newer_release_is_shown_and_never_recommended() -> None:
    live = with_tags(CATALOGUE, [listed(*KNOWN, NEWER)])
    newer = image(live, NEWER)
    known = image(live, "2.15.0-cuda13.2-cudnn9-runtime")
    assert newer.assumed
    assert newer.cubins == known.cubins
    assert newer.confidence == "low"
    assert (newer.cudnn, newer.nccl, newer.triton, newer.released, newer.sources) == (None, None, None, None, ())
    assert why_not(live, NEWER, on_4090()) == {"CODE_ASSUMED"}
    answer = recommend(on_4090(), Wish(torch="9.1.0"), live)
    assert answer.choice is None
    reason = next(entry for entry in answer.rejected if entry.reference.endswith(NEWER)).why[0]
    assert CATALOGUE.made in text(reason.code, reason.values)


def test_code_of_an_unknown_cuda_is_assumed_from_the_nearest_known() -> None:
    live = with_tags(CATALOGUE, [listed(*KNOWN, "9.1.0-cuda13.9-cudnn9-devel", "9.1.0-cuda12.7-cudnn9-devel")])
    newest = max(image.cuda for image in CATALOGUE.images if not image.alpha)
    thirteen = nearest_build([image for image in CATALOGUE.images if image.cuda == newest], None, newest)
    assert thirteen is not None
    assert image(live, "9.1.0-cuda13.9-cudnn9-devel").cubins == thirteen.cubins
    assert image(live, "9.1.0-cuda12.7-cudnn9-devel").cubins == image(live, "2.14.1-cuda12.6-cudnn9-devel").cubins


def test_a_build_that_is_known_under_another_flavour_is_not_assumed() -> None:
    devel = "2.14.1-cuda12.6-cudnn9-devel"
    shipped = tuple(image for image in CATALOGUE.images if image.tag != devel)
    without = Catalogue(
        made=CATALOGUE.made,
        images=shipped,
        releases=CATALOGUE.releases,
        drivers=CATALOGUE.drivers,
        architectures=CATALOGUE.architectures,
        sources=CATALOGUE.sources,
    )
    found = image(with_tags(without, [listed(*KNOWN)]), devel)
    assert not found.assumed
    assert found.requires_native
    assert found.compiler
    assert found.cubins == image(CATALOGUE, devel).cubins
    assert found.cudnn == image(CATALOGUE, devel).cudnn


def test_releases_older_than_the_catalogue_are_left_out() -> None:
    live = with_tags(CATALOGUE, [listed(*KNOWN, "1.4.0-cuda10.1-cudnn7-runtime", "0.4.1-cuda9.0-cudnn7-devel")])
    assert len(live.images) == len(CATALOGUE.images)


def test_a_newer_image_of_nvidia_has_the_range_of_the_newest_known_and_is_not_recommended() -> None:
    live = with_tags(CATALOGUE, [listed(*KNOWN_NVIDIA, "29.01-py3", "29.01-py3-igpu", repository=NVIDIA)])
    newer = image(live, "29.01-py3")
    newest = max((image for image in CATALOGUE.images if image.alpha), key=lambda image: image.recency)
    assert newer.assumed
    assert newer.range == newest.range
    assert newer.torch is None
    machine = Machine(gpus=(GB10,), driver="610.43.02", arch="arm64")
    assert "CODE_ASSUMED" in why_not(live, "29.01-py3", machine)
    choice = recommend(machine, Wish(), live).choice
    assert choice is not None
    assert choice.tag in KNOWN_NVIDIA
    assert not [image for image in live.images if image.tag.endswith("-igpu")]


_NUMBERS = st.integers(min_value=0, max_value=99)
_TAGS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(KNOWN),
    st.builds(
        "{}.{}.{}-cuda{}.{}-cudnn{}-{}".format,
        _NUMBERS,
        _NUMBERS,
        _NUMBERS,
        _NUMBERS,
        _NUMBERS,
        _NUMBERS,
        st.sampled_from(("runtime", "devel", "cpu")),
    ),
    st.builds("{:02d}.{:02d}-py3".format, _NUMBERS, _NUMBERS),
)
_GPUS = st.sampled_from(
    (
        RTX_4090,
        Gpu("NVIDIA GeForce GTX 1080", (6, 1)),
        Gpu("NVIDIA GeForce RTX 5090", (12, 0)),
        Gpu("Tesla V100-SXM2-16GB", (7, 0)),
        GB10,
    )
)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(_TAGS, max_size=40),
    st.sampled_from((OFFICIAL, NVIDIA)),
    _GPUS,
    st.sampled_from(("amd64", "arm64")),
    st.sampled_from(("580.95.05", "610.43.02", "535.104.05")),
)
def test_no_list_ever_brings_an_assumed_or_missing_image_into_the_choice(
    tags: list[str], repository: str, gpu: Gpu, arch: str, driver: str
) -> None:
    live = with_tags(CATALOGUE, [listed(*tags, *KNOWN[:3], *KNOWN_NVIDIA[:3], repository=repository)])
    assert len({image.reference for image in live.images}) == len(live.images)
    assert all(image.cubins or image.range for image in live.images)
    by_reference = {image.reference: image for image in live.images}
    answer = recommend(Machine(gpus=(gpu,), driver=driver, arch="arm64" if arch == "arm64" else "amd64"), Wish(), live)
    chosen = [*answer.alternatives, *([answer.choice.reference] if answer.choice else [])]
    if answer.refusal and answer.refusal.nearest:
        chosen += [answer.refusal.nearest.reference, *(way.reference for way in answer.refusal.others)]
    for reference in chosen:
        assert not by_reference[reference].assumed
        assert by_reference[reference].listed is not False


@settings(max_examples=50, deadline=None)
@given(st.permutations([*KNOWN[:20], NEWER, "3.0.1-cuda13.4-cudnn9-devel", "latest"]))
def test_the_order_of_the_list_does_not_matter(tags: list[str]) -> None:
    assert with_tags(CATALOGUE, [listed(*tags)]) == with_tags(CATALOGUE, [listed(*sorted(tags))])
