"""The shipped catalogue must not contradict itself."""

import re
from datetime import date
from fnmatch import fnmatchcase
from importlib import resources
from typing import Any

import msgspec
import pytest

from drydock.core.images import Machine, Wish, recommend
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


def shipped(name: str) -> dict[str, Any]:
    return msgspec.json.decode((resources.files("drydock_resources") / "catalogue" / name).read_bytes())


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


def test_an_image_is_found_by_its_reference(catalogue: Catalogue) -> None:
    assert all(catalogue.image(image.reference) is image for image in catalogue.images)
    assert [catalogue.image(name) for name in ("", "pytorch/pytorch", "pytorch/pytorch:", ":latest")] == [None] * 4


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


def entries(catalogue: Catalogue) -> list[Any]:
    drivers, lifecycles = catalogue.drivers, catalogue.lifecycles
    tables = [getattr(drivers, name) for name in type(drivers).__struct_fields__]
    tables += [lifecycles.driver_branches, lifecycles.gpus, lifecycles.systems]
    single = [lifecycles.torch, lifecycles.nvidia_image, catalogue.integrated]
    known = [catalogue.images, catalogue.releases, catalogue.never_existed, tuple(catalogue.architectures.values())]
    return [entry for table in (*tables, *known, single) for entry in table]


def test_every_entry_has_a_confidence_and_sources_that_are_explained(catalogue: Catalogue) -> None:
    assert len(entries(catalogue)) > 400
    for entry in entries(catalogue):
        assert entry.confidence in ("high", "medium", "low"), entry
        assert entry.sources, entry
        assert set(entry.sources) <= set(catalogue.sources), entry


def test_families_agree_with_the_toolkits_on_windows_too(catalogue: Catalogue) -> None:
    """No toolkit of a family was made for a driver that the family's minimum does not start, but its own first ones."""
    for family in catalogue.drivers.families:
        made_for = [kit.windows for kit in catalogue.drivers.toolkits if kit.cuda[0] == family.family and kit.windows]
        assert all(driver[0] >= family.windows[0] - 1 for driver in made_for)
        assert native_cuda(family.windows, catalogue.drivers.windows_native) is not None
        assert native_cuda(family.linux, catalogue.drivers.linux_native) == (family.family, 0)


def test_both_native_tables_hold_the_same_cuda_versions(catalogue: Catalogue) -> None:
    linux, windows = catalogue.drivers.linux_native, catalogue.drivers.windows_native
    assert [entry.cuda for entry in linux] == [entry.cuda for entry in windows]
    # the Windows numbers of a branch begin where those of Linux do, or up to a few behind it
    assert all(0 <= there.driver[0] - here.driver[0] <= 6 for here, there in zip(linux, windows, strict=True))


def test_a_windows_driver_that_a_toolkit_came_with_runs_it_natively(catalogue: Catalogue) -> None:
    for toolkit in catalogue.drivers.toolkits:
        if toolkit.windows and toolkit.cuda >= (11, 0) and "RC" not in toolkit.update:
            assert native_cuda(toolkit.windows, catalogue.drivers.windows_native) == toolkit.cuda


@pytest.mark.parametrize("table", ["requirement_exemptions", "forward_compatibility"])
def test_what_older_branches_may_start_is_a_known_cuda_and_needs_an_older_branch(
    catalogue: Catalogue, table: str
) -> None:
    natives = {entry.cuda: entry.driver[0] for entry in catalogue.drivers.linux_native}
    for entry in getattr(catalogue.drivers, table):
        assert entry.cuda in natives
        assert entry.branches == tuple(sorted(set(entry.branches)))
        assert all(branch < natives[entry.cuda] and branch in natives.values() for branch in entry.branches)


def test_forward_compatibility_and_the_images_own_demand_name_the_same_branches(catalogue: Catalogue) -> None:
    exempt = {entry.cuda: entry.branches for entry in catalogue.drivers.requirement_exemptions}
    for entry in catalogue.drivers.forward_compatibility:
        assert exempt[entry.cuda] == entry.branches


def test_no_gpu_is_known_by_a_driver_before_its_toolkit(catalogue: Catalogue) -> None:
    natives = {entry.cuda: entry.driver[0] for entry in catalogue.drivers.linux_native}
    for entry in catalogue.drivers.first_by_compute_capability:
        assert entry.compute_capability is not None
        architecture = catalogue.architectures[entry.compute_capability]
        known = natives.get(architecture.first_cuda)
        assert known is None or entry.driver[0] >= known - 20  # early drivers came up to one toolkit before


def test_no_listed_tag_is_among_those_that_never_existed(catalogue: Catalogue) -> None:
    assert catalogue.never_existed
    for entry in catalogue.never_existed:
        assert f"NEVER_EXISTED.{entry.cause}" in texts()
        for image in catalogue.images:
            assert not (fnmatchcase(image.repository, entry.repository) and fnmatchcase(image.tag, entry.tag))


def test_builds_without_an_image_have_none(catalogue: Catalogue) -> None:
    without = {(release.version, cuda) for release in catalogue.releases for cuda in release.without_image}
    assert without
    assert without.isdisjoint((image.torch, image.cuda) for image in official(catalogue))
    assert all(set(release.without_image) <= set(release.cuda) for release in catalogue.releases)


def test_every_other_build_has_images(catalogue: Catalogue) -> None:
    have = {(image.torch, image.cuda) for image in official(catalogue)}
    for release in catalogue.releases:
        assert {(release.version, cuda) for cuda in release.cuda if cuda not in release.without_image} <= have


def test_no_minor_release_was_fixed_after_the_next_was_out(catalogue: Catalogue) -> None:
    """What the app says of superseded releases; a release that breaks the habit must change the text."""
    first = {release.version[:2]: release.released for release in reversed(catalogue.releases)}
    for release in catalogue.releases:
        later = [date for minor, date in first.items() if minor > release.version[:2]]
        assert all(release.released < date for date in later)


def test_every_build_has_cubins_for_each_platform_or_none_is_published(catalogue: Catalogue) -> None:
    known = {str(capability) for capability in catalogue.architectures}
    for release in shipped("releases.json")["releases"]:
        for build in release["builds"]:
            assert build["cubins"]["linux_amd64"], (release["version"], build["cuda"])
            assert {"linux_amd64", "linux_arm64", "windows_amd64", "image"} == set(build["cubins"])
            for platform, cubins in build["cubins"].items():
                assert set(cubins) <= known
                assert set(build["ptx"].get(platform, [])) <= {*cubins}
                assert cubins == sorted(cubins, key=Version.parse)


def test_driver_branches_are_those_of_the_native_table(catalogue: Catalogue) -> None:
    branches = [entry.branch for entry in catalogue.lifecycles.driver_branches]
    assert branches == sorted(set(branches))
    assert {entry.driver[0] for entry in catalogue.drivers.linux_native} <= set(branches)


def test_ends_of_support_are_dates_and_never_both_known_and_unknown(catalogue: Catalogue) -> None:
    lifecycles = catalogue.lifecycles
    for entry in lifecycles.driver_branches:
        assert not (entry.over and entry.until)
        assert entry.until or entry.over or entry.kind == "new_feature"
    for entry in (*lifecycles.driver_branches, *lifecycles.gpus, *lifecycles.systems):
        if entry.until:
            assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", entry.until)


def test_long_term_branches_outlive_the_branches_before_them(catalogue: Catalogue) -> None:
    dated = [entry for entry in catalogue.lifecycles.driver_branches if entry.until]
    for kind in ("long_term", "production"):
        ends = [entry.until for entry in dated if entry.kind == kind]
        assert len(ends) >= 4
        assert ends == sorted(ends, key=str)


def test_gpus_with_updates_of_their_own_are_those_that_were_dropped(catalogue: Catalogue) -> None:
    for capability, architecture in catalogue.architectures.items():
        within = [entry for entry in catalogue.lifecycles.gpus if entry.first <= capability <= entry.last]
        assert len(within) <= 1
        if not architecture.tegra:
            assert bool(within) == (architecture.last_branch is not None)


def test_every_system_that_an_image_is_made_from_has_an_end(catalogue: Catalogue) -> None:
    ends = {entry.name: entry.until for entry in catalogue.lifecycles.systems}
    for image in official(catalogue):
        if image.system:
            assert image.released is not None
            assert ends[image.system] > image.released[:7]
    assert {image.system for image in official(catalogue) if image.torch and image.torch >= (2, 10)} >= {"Ubuntu 24.04"}


def test_rough_sizes_are_plausible(catalogue: Catalogue) -> None:
    gb = 10**9
    for image in catalogue.images:
        assert image.download_size is not None
        assert image.unpacked_size is not None
        for low, high in (image.download_size, image.unpacked_size):
            assert gb <= low < high <= 30 * gb
        ratio = sum(image.unpacked_size) / sum(image.download_size)
        assert 1.5 < ratio < 3


def test_published_sizes_lie_in_the_ranges() -> None:
    sizes = shipped("sizes.json")
    ranges = {(entry["repository"], entry["flavour"]): entry for entry in sizes["ranges"]}
    assert len(sizes["published"]) >= 5
    for entry in sizes["published"]:
        low, high = ranges[entry["repository"], entry["flavour"]][entry["of"]]
        assert low <= entry["gb"] <= high


def test_the_images_for_integrated_gpus_lie_within_the_months_that_are_known(catalogue: Catalogue) -> None:
    months = {image.tag.removesuffix("-py3") for image in catalogue.images if image.alpha}
    assert catalogue.integrated is not None
    assert {catalogue.integrated.first, catalogue.integrated.last} <= months


def test_a_refused_jetson_is_told_the_same_months(catalogue: Catalogue) -> None:
    orin = Machine(gpus=(Gpu("Orin (nvgpu)", (8, 7)),), driver="540.4.0", os="jetson")
    refusal = recommend(orin, Wish(), catalogue).refusal
    assert refusal is not None
    assert catalogue.integrated is not None
    assert str(refusal.values["first"]).startswith(catalogue.integrated.first)
    assert str(refusal.values["last"]).startswith(catalogue.integrated.last)


def test_every_code_that_the_choice_uses_has_a_text() -> None:
    code = r'"([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+|JETSON|OUTRANKED|FITS|SUPERSEDED)"'
    # the names of an image's variables look like codes; what is put into a reason, or chosen for one, is a code
    places = (rf"\b(?:Reason|Note|Refusal)\(\s*{code}", rf"{code} if ", rf"else {code}", rf"\bcode = {code}")
    used: set[str] = set()
    written: set[str] = set()
    for file in resources.files("drydock.core.images").iterdir():
        if file.name.endswith(".py"):
            source = file.read_text("utf-8")
            used |= {found for place in places for found in re.findall(place, source)}
            written |= set(re.findall(code, source))
    assert len(used) > 60
    assert used <= set(texts())
    assert {key.partition(".")[0] for key in texts()} <= written


def test_all_files_have_the_schema_number() -> None:
    for file in (resources.files("drydock_resources") / "catalogue").iterdir():
        if file.name.endswith(".json"):
            assert msgspec.json.decode(file.read_bytes())["schema"] == 1
