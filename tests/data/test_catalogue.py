"""The shipped catalogue must not contradict itself."""

import re
from datetime import date
from importlib import resources

import msgspec
import pytest

from drydock.core.images.catalogue import Catalogue, Image
from drydock.core.images.coverage import covers
from drydock.core.images.machine import Gpu
from drydock.core.images.situation import SeenGpu, native_cuda
from drydock.core.images.version import Version
from drydock.data.catalogue import load_catalogue
from drydock.data.reasons import texts


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def official(catalogue: Catalogue) -> list[Image]:
    return [image for image in catalogue.images if not image.alpha]


def test_every_official_tag_says_what_the_entry_says(catalogue: Catalogue) -> None:
    for image in official(catalogue):
        expected = f"{image.torch}-cuda{image.cuda}-cudnn{image.cudnn_major}-{image.flavour}"
        assert image.tag == expected
        assert image.torch is not None
        assert len(image.torch) == 3


def test_every_nvidia_tag_is_a_year_and_a_month(catalogue: Catalogue) -> None:
    for image in catalogue.images:
        if image.alpha:
            assert re.fullmatch(r"\d\d\.(0[1-9]|1[0-2])-py3", image.tag)
            assert image.range is not None
            assert image.range[0] < image.range[1]


def test_no_image_is_listed_twice(catalogue: Catalogue) -> None:
    references = [image.reference for image in catalogue.images]
    assert len(references) == len(set(references))


def test_every_image_has_code_for_known_gpus_and_ends_up_to_date(catalogue: Catalogue) -> None:
    for image in official(catalogue):
        assert image.cubins
        assert set(image.cubins) <= {*catalogue.architectures}
        assert "arm64" not in image.archs
    assert {image.torch for image in official(catalogue) if image.proven} >= {(1, 13, 0), (2, 9, 1), (2, 14, 1)}


def test_every_image_belongs_to_a_release_that_was_built_for_its_cuda(catalogue: Catalogue) -> None:
    builds = {release.version: release.cuda for release in catalogue.releases}
    for image in official(catalogue):
        assert image.torch in builds
        assert image.cuda in builds[image.torch]
        assert image.cudnn is None or image.cudnn.startswith(f"{image.cudnn_major}.")


def test_both_flavours_exist_of_every_build(catalogue: Catalogue) -> None:
    flavours: dict[str, set[str]] = {}
    for image in official(catalogue):
        flavours.setdefault(image.tag.rpartition("-")[0], set()).add(image.flavour)
    assert all(found == {"runtime", "devel"} for found in flavours.values())


def test_an_architecture_is_in_no_image_older_or_newer_than_its_toolkits(catalogue: Catalogue) -> None:
    for image in official(catalogue):
        for cubin in image.cubins:
            architecture = catalogue.architectures[cubin]
            assert image.cuda >= architecture.first_cuda
            assert architecture.last_cuda is None or image.cuda <= architecture.last_cuda


def test_releases_are_dated_in_order(catalogue: Catalogue) -> None:
    dates = [date.fromisoformat(release.released) for release in catalogue.releases]
    assert dates == sorted(dates)
    assert [release.version for release in catalogue.releases] == sorted(r.version for r in catalogue.releases)
    assert dates[-1] <= date.fromisoformat(catalogue.made)


def test_every_cuda_of_an_image_has_a_family_and_a_native_driver(catalogue: Catalogue) -> None:
    families = {family.family for family in catalogue.drivers.families}
    for table in (catalogue.drivers.linux_native, catalogue.drivers.windows_native):
        newest = table[-1].cuda
        assert all(image.cuda[0] in families and image.cuda <= newest for image in catalogue.images)


def test_native_tables_rise(catalogue: Catalogue) -> None:
    for table in (catalogue.drivers.linux_native, catalogue.drivers.windows_native):
        assert [entry.driver for entry in table] == sorted(entry.driver for entry in table)
        assert [entry.cuda for entry in table] == sorted(entry.cuda for entry in table)


def test_the_branch_table_agrees_with_the_toolkits(catalogue: Catalogue) -> None:
    """A driver that a toolkit came with runs that toolkit natively."""
    for toolkit in catalogue.drivers.toolkits:
        if toolkit.cuda >= (11, 0) and "RC" not in toolkit.update:
            assert native_cuda(toolkit.linux, catalogue.drivers.linux_native) == toolkit.cuda


def test_a_family_opens_no_later_than_its_first_toolkit(catalogue: Catalogue) -> None:
    for family in catalogue.drivers.families:
        first = min(toolkit.linux for toolkit in catalogue.drivers.toolkits if toolkit.cuda == (family.family, 0))
        assert family.linux <= first or family.linux[0] == first[0]


def test_no_gpu_is_dropped_before_it_is_known(catalogue: Catalogue) -> None:
    firsts = {entry.compute_capability: entry.driver for entry in catalogue.drivers.first_by_compute_capability}
    branches = {entry.driver[0] for entry in catalogue.drivers.linux_native}
    for capability, architecture in catalogue.architectures.items():
        if architecture.last_branch is not None:
            assert architecture.last_branch in branches
            assert firsts.get(capability, Version((0,)))[0] <= architecture.last_branch


def test_every_gpu_name_pattern_compiles_and_the_newest_generations_have_a_first_driver(catalogue: Catalogue) -> None:
    for entry in catalogue.drivers.first_by_name:
        assert entry.pattern
        re.compile(entry.pattern)
    known = {entry.compute_capability for entry in catalogue.drivers.first_by_compute_capability}
    assert known >= {capability for capability in catalogue.architectures if capability >= (7, 5)} - {(8, 7)}


@pytest.mark.parametrize(
    ("cuda", "torch", "capability", "fits"),
    [
        ("12.8", "2.7.1", (7, 0), False),
        ("12.8", "2.8.0", (7, 0), True),
        ("12.8", "2.10.0", (7, 0), True),
        ("12.8", "2.11.0", (7, 0), False),
        ("12.6", "2.14.1", (6, 1), True),
        ("13.0", "2.14.1", (7, 0), False),
        ("12.6", "2.14.1", (12, 0), False),
        ("12.8", "2.7.0", (12, 0), True),
        ("11.8", "2.7.1", (9, 0), True),
        ("13.0", "2.14.1", (8, 7), False),
        ("13.0", "2.14.1", (11, 0), False),
    ],
)
def test_measured_facts(
    catalogue: Catalogue, cuda: str, torch: str, capability: tuple[int, int], *, fits: bool
) -> None:
    image = next(i for i in official(catalogue) if str(i.torch) == torch and str(i.cuda) == cuda)
    architecture = catalogue.architectures[Version(capability)]
    seen = SeenGpu(
        gpu=Gpu("any", capability), capability=Version(capability), architecture=architecture, first_driver=None
    )
    assert covers(image, seen) is fits


def test_every_source_is_explained(catalogue: Catalogue) -> None:
    used = {source for image in catalogue.images for source in image.sources}
    used |= {source for entry in catalogue.architectures.values() for source in entry.sources}
    assert used <= set(catalogue.sources)
    assert all(image.sources for image in catalogue.images)


def test_every_code_that_the_choice_uses_has_a_text() -> None:
    root = resources.files("drydock.core.images")
    source = "".join(file.read_text("utf-8") for file in root.iterdir() if file.name.endswith(".py"))
    codes = set(re.findall(r'"([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+|JETSON|OUTRANKED|FITS)"', source))
    codes -= {"NVIDIA_DISABLE_REQUIRE", "CUDA_DEVICE_ORDER", "PCI_BUS_ID"}
    assert len(codes) > 40
    assert codes <= set(texts())
    assert {key.partition(".")[0] for key in texts()} <= codes


def test_all_files_have_the_schema_number() -> None:
    for file in (resources.files("drydock_resources") / "catalogue").iterdir():
        if file.name.endswith(".json"):
            assert msgspec.json.decode(file.read_bytes())["schema"] == 1
