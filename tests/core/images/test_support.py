"""Until when an image is supported, and by whose word."""

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drydock.core.images import Catalogue, Gpu, Machine, Wish, recommend
from drydock.core.images.catalogue import Image
from drydock.core.images.lifecycles import Lifecycles
from drydock.core.images.situation import look
from drydock.core.images.support import Support, Term, support_of
from drydock.core.images.version import Version
from drydock.data.catalogue import load_catalogue
from drydock.data.reasons import text

CATALOGUE = load_catalogue()
RTX_4090 = Gpu("NVIDIA GeForce RTX 4090", (8, 9))
GTX_1080 = Gpu("NVIDIA GeForce GTX 1080", (6, 1))
V100 = Gpu("Tesla V100-SXM2-16GB", (7, 0))
NEWEST = CATALOGUE.releases[-1]


def image(tag: str, catalogue: Catalogue = CATALOGUE) -> Image:
    return next(image for image in catalogue.images if image.tag == tag)


def support(
    tag: str, *gpus: Gpu, driver: str | None = "580.95.05", os: str = "linux", catalogue: Catalogue = CATALOGUE
) -> Support:
    machine = Machine(gpus=gpus or (RTX_4090,), driver=driver, os=os)
    return support_of(image(tag, catalogue), look(machine, Wish(), catalogue))


def of(part: str, support: Support) -> list[Term]:
    return [term for term in support.terms if term.part == part]


def codes(support: Support) -> set[str]:
    return {note.code for note in support.notes}


def test_a_superseded_release_ends_with_the_first_release_of_the_next_minor() -> None:
    found = support("2.14.1-cuda12.6-cudnn9-runtime")
    assert found.until == "2026-10-28"
    assert found.confidence == "medium"
    (torch,) = of("torch", found)
    assert torch.note.code == "SUPERSEDED"
    assert torch.note.values == {"torch": "2.14", "by": "2.15", "date": "2026-10-28", "cause": "no_image"}
    assert "2.15 came out on 2026-10-28, and no image of it is known" in text(torch.note.code, torch.note.values)
    assert set(torch.sources) <= set(CATALOGUE.sources)


def test_a_release_that_followed_with_an_image_is_said_so_alone() -> None:
    (torch,) = of("torch", support("2.9.1-cuda12.8-cudnn9-runtime"))
    assert torch.note.values == {"torch": "2.9", "by": "2.10", "date": "2026-01-21"}


def test_a_release_with_a_patch_names_it() -> None:
    patch, superseded = of("torch", support("2.14.0-cuda13.0-cudnn9-devel"))
    assert (patch.note.code, patch.note.values["by"], patch.until) == ("FIXES_IN_PATCH", "2.14.1", None)
    assert superseded.until == "2026-10-28"


def test_the_newest_release_has_no_date_of_its_own() -> None:
    tag = next(i.tag for i in CATALOGUE.images if i.torch == NEWEST.version)
    (torch,) = of("torch", support(tag))
    assert torch.note.code == "NEWEST_RELEASE"
    assert torch.until is None


def test_a_newer_release_that_only_the_tag_list_shows_supersedes_without_a_date() -> None:
    tag = next(i.tag for i in CATALOGUE.images if i.torch == NEWEST.version)
    newer = msgspec.structs.replace(image(tag), tag="new", torch=Version((9, 1, 0)), assumed=True)
    catalogue = msgspec.structs.replace(CATALOGUE, images=(*CATALOGUE.images, newer))
    (torch,) = of("torch", support(tag, catalogue=catalogue))
    assert (torch.note.code, torch.note.values["by"], torch.until) == ("SUPERSEDED", "9.1", None)
    assert "{" not in text(torch.note.code, torch.note.values)
    assert of("torch", support("new", catalogue=catalogue))[0].note.code == "NEWEST_RELEASE"


@pytest.mark.parametrize(
    ("tag", "last", "since"),
    [
        ("2.14.1-cuda12.6-cudnn9-runtime", "2.14", "2026-10-28"),
        ("2.9.1-cuda12.6-cudnn9-runtime", "2.14", "2026-10-28"),
        ("2.3.1-cuda11.8-cudnn8-runtime", "2.7", "2025-08-06"),
        ("2.5.1-cuda12.1-cudnn9-devel", "2.5", "2025-01-29"),
        ("2.10.0-cuda12.8-cudnn9-runtime", "2.11", "2026-05-13"),
    ],
)
def test_the_end_of_a_cuda_line_is_told(tag: str, last: str, since: str) -> None:
    (cuda,) = of("cuda", support(tag))
    assert cuda.note.code == "LAST_CUDA_BUILD"
    assert (cuda.note.values["torch"], cuda.until) == (last, since)


def test_a_cuda_that_is_still_built_for_is_not_mentioned() -> None:
    assert not of("cuda", support("2.9.1-cuda13.0-cudnn9-runtime"))


@pytest.mark.parametrize(
    ("driver", "os", "code", "until"),
    [
        ("580.95.05", "linux", "DRIVER_SUPPORT_UNTIL", "2028-06"),
        ("581.42", "wsl2", "DRIVER_SUPPORT_UNTIL", "2028-06"),
        ("595.45.04", "linux", "DRIVER_SUPPORT_UNTIL", "2027-03"),
        ("535.288.01", "linux", "DRIVER_SUPPORT_ENDED", "2026-06"),
        ("539.56", "wsl2", "DRIVER_SUPPORT_ENDED", "2026-06"),
        ("573.48", "wsl2", "DRIVER_SUPPORT_ENDED", "2026-02"),
        ("565.57.01", "linux", "DRIVER_SUPPORT_OVER", None),
        ("590.48.01", "linux", "DRIVER_SUPPORT_SHORT", None),
    ],
)
def test_the_driver_branch(driver: str, os: str, code: str, until: str | None) -> None:
    (term,) = of("driver", support("2.9.1-cuda12.6-cudnn9-runtime", driver=driver, os=os))
    assert (term.note.code, term.until) == (code, until)
    assert driver[:2] == str(term.note.values["branch"])[:2]


@pytest.mark.parametrize("driver", [None, "unknown", "418.40", "541.10"])
def test_nothing_is_said_of_a_driver_that_is_not_known(driver: str | None) -> None:
    assert not of("driver", support("2.9.1-cuda12.6-cudnn9-runtime", driver=driver))


def test_dropped_geforce_gpus_get_updates_of_their_own_once_for_each_generation() -> None:
    other = Gpu("NVIDIA GeForce GTX 1070", (6, 1))
    (term,) = of("gpu", support("2.14.1-cuda12.6-cudnn9-runtime", GTX_1080, other))
    assert (term.note.code, term.until) == ("GPU_SUPPORT_UNTIL", "2028-10")
    assert "Pascal" in text(term.note.code, term.note.values)


def test_data_centre_gpus_live_as_long_as_their_driver_branch() -> None:
    found = support("2.14.1-cuda12.6-cudnn9-runtime", V100)
    assert not of("gpu", found)
    assert of("driver", found)[0].until == "2028-06"


def test_the_image_ends_with_its_own_first_part_and_not_with_the_machine() -> None:
    old_driver = support("2.14.1-cuda12.6-cudnn9-runtime", driver="470.82.01")
    assert old_driver.until == "2026-10-28"
    assert "DRIVER_SUPPORT_ENDED" in codes(old_driver)


def test_the_distribution_inside_may_be_what_ends_first() -> None:
    catalogue = msgspec.structs.replace(
        CATALOGUE,
        images=(msgspec.structs.replace(image("2.14.1-cuda12.6-cudnn9-runtime"), system="Ubuntu 18.04"),),
    )
    found = support("2.14.1-cuda12.6-cudnn9-runtime", catalogue=catalogue)
    assert (found.until, found.confidence) == ("2023-05", "high")
    assert "SYSTEM_SUPPORT_ENDED" in codes(found)


def test_a_month_counts_to_its_end() -> None:
    """A day in a month comes before that month is over."""
    systems = tuple(msgspec.structs.replace(entry, until="2026-10") for entry in CATALOGUE.lifecycles.systems)
    lifecycles = msgspec.structs.replace(CATALOGUE.lifecycles, systems=systems)
    catalogue = msgspec.structs.replace(CATALOGUE, lifecycles=lifecycles)
    assert support("2.14.1-cuda12.6-cudnn9-runtime", catalogue=catalogue).until == "2026-10-28"


def test_a_monthly_image_of_nvidia_is_followed_by_the_next_that_is_known() -> None:
    found = support("26.05-py3", Gpu("NVIDIA GH200 480GB", (9, 0)))
    (term,) = of("nvidia_image", found)
    assert (found.until, found.confidence, term.note.values["by"]) == ("2026-06", "low", "2026-06")
    assert not of("torch", found)
    newest = max((i for i in CATALOGUE.images if i.alpha), key=lambda i: i.recency)
    assert support(newest.tag).until is None


def test_a_choice_and_what_is_nearest_to_a_wish_say_it() -> None:
    machine = Machine(gpus=(GTX_1080,), driver="580.95.05")
    choice = recommend(machine, Wish(), CATALOGUE).choice
    assert choice is not None
    assert choice.support == support(choice.tag, GTX_1080)
    refusal = recommend(machine, Wish(torch="2.9", cuda="11.8"), CATALOGUE).refusal
    assert refusal is not None
    assert refusal.nearest is not None
    assert "LAST_CUDA_BUILD" in codes(refusal.nearest.support)


def test_without_lifecycles_nothing_is_claimed() -> None:
    catalogue = msgspec.structs.replace(CATALOGUE, lifecycles=Lifecycles())
    found = support("2.14.0-cuda13.0-cudnn9-devel", GTX_1080, catalogue=catalogue)
    assert found == Support()


def test_every_image_has_texts_that_are_filled() -> None:
    machine = Machine(gpus=(GTX_1080, RTX_4090), driver="580.95.05")
    situation = look(machine, Wish(), CATALOGUE)
    for entry in CATALOGUE.images:
        for term in support_of(entry, situation).terms:
            said = text(term.note.code, term.note.values)
            assert not re.search(r"[{}]|None", said)
            assert said != term.note.code
            assert set(term.sources) <= set(CATALOGUE.sources)
            assert term.sources


@settings(max_examples=200, deadline=None)
@given(
    driver=st.one_of(st.none(), st.text(max_size=12), st.from_regex(r"[1-9]\d{2}\.\d{1,3}(\.\d{2})?", fullmatch=True)),
    capability=st.tuples(st.integers(0, 15), st.integers(0, 9)),
    os=st.sampled_from(["linux", "wsl2", "windows", "jetson"]),
    index=st.integers(0, len(CATALOGUE.images) - 1),
)
def test_any_machine_gets_dates_or_none(driver: str | None, capability: tuple[int, int], os: str, index: int) -> None:
    machine = Machine(gpus=(Gpu("NVIDIA GeForce", capability),), driver=driver, os=os)
    found = support_of(CATALOGUE.images[index], look(machine, Wish(), CATALOGUE))
    dates = [term.until for term in found.terms if term.until]
    assert all(re.fullmatch(r"20\d\d-\d\d(-\d\d)?", date) for date in dates)
    assert found.until is None or found.until in dates
