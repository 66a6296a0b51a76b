"""What surrounds the choice: plans for each GPU, notes, ways out, and what must never happen."""

import contextlib
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drydock.core.images import Gpu, Machine, Recommendation, Wish, recommend
from drydock.core.images.version import Version, parse_cuda, parse_torch
from drydock.core.trouble import Trouble
from drydock.data.catalogue import load_catalogue
from drydock.data.reasons import text, texts

CATALOGUE = load_catalogue()
IMAGES = {image.reference: image for image in CATALOGUE.images}

GTX_1080 = Gpu("NVIDIA GeForce GTX 1080", (6, 1), uuid="GPU-1", memory=8 << 30)
RTX_4090 = Gpu("NVIDIA GeForce RTX 4090", (8, 9), uuid="GPU-4", memory=24 << 30)
RTX_5090 = Gpu("NVIDIA GeForce RTX 5090", (12, 0), uuid="GPU-5", memory=32 << 30)
A100 = Gpu("NVIDIA A100-SXM4-40GB", (8, 0))


def ask(*gpus: Gpu, driver: str | None = "580.95.05", os: str = "linux", **wish: str) -> Recommendation:
    return recommend(Machine(gpus=gpus, driver=driver, os=os), Wish(**wish), CATALOGUE)


def codes(recommendation: Recommendation) -> set[str]:
    assert recommendation.choice is not None
    return {note.code for note in (*recommendation.choice.why, *recommendation.notes)}


def test_mixed_gpus_get_a_plan_each_by_uuid() -> None:
    recommendation = ask(GTX_1080, RTX_5090, Gpu("NVIDIA GeForce GTX 1070", (6, 1), uuid="GPU-2"))
    assert recommendation.refusal is not None
    assert recommendation.refusal.code == "MIXED_GPUS"
    pascal, blackwell = recommendation.per_gpu
    assert pascal.choice is not None
    assert pascal.choice.tag == "2.14.1-cuda12.6-cudnn9-runtime"
    assert pascal.device_request == "device=GPU-1,GPU-2"
    assert blackwell.choice is not None
    assert blackwell.choice.tag == "2.14.1-cuda13.0-cudnn9-runtime"
    assert blackwell.environment == {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


def test_equal_gpus_need_no_plans() -> None:
    assert ask(RTX_4090, RTX_4090).per_gpu == ()


def test_a_plan_without_uuids_has_no_device_request() -> None:
    assert [plan.device_request for plan in ask(A100, GTX_1080).per_gpu] == [None, "device=GPU-1"]


def test_a_wish_that_cannot_be_met_names_the_nearest_first() -> None:
    refusal = ask(RTX_4090, torch="==2.9.*", cuda="11.8", flavour="devel").refusal
    assert refusal is not None
    assert refusal.nearest is not None
    assert refusal.nearest.tag == "2.9.1-cuda12.8-cudnn9-devel"
    assert [way.tag for way in refusal.others] == ["2.7.1-cuda11.8-cudnn9-devel"]


def test_the_nearest_release_is_near_and_not_the_newest() -> None:
    refusal = ask(RTX_5090, torch="2.5.1").refusal
    assert refusal is not None
    assert refusal.nearest is not None
    assert refusal.nearest.tag == "2.7.1-cuda12.8-cudnn9-runtime"
    assert "NEWEST_THAT_FITS" not in {note.code for note in refusal.nearest.why}


def test_a_dropped_gpu_is_told_its_last_branch_and_never_to_update() -> None:
    refusal = ask(GTX_1080, driver="590.48.01").refusal
    assert refusal is not None
    assert refusal.values["branch"] == 580
    assert "580" in text(refusal.code, refusal.values)


def test_too_old_a_driver_for_an_old_gpu_advises_the_branch_that_still_knows_it() -> None:
    refusal = ask(GTX_1080, driver="440.33.01").refusal
    assert refusal is not None
    assert refusal.values["advised"] == "580"
    kepler = ask(Gpu("Tesla K80", (3, 7)), driver="440.33.01").refusal
    assert kepler is not None
    assert kepler.values["advised"] == "470"


def test_driver_numbers_are_written_as_nvidia_does() -> None:
    refusal = ask(Gpu("NVIDIA GeForce RTX 5060 Ti", (12, 0)), driver="570.172.08").refusal
    assert refusal is not None
    assert refusal.values["first"] == "575.51.02"


def test_pascal_is_told_about_triton_its_last_branch_and_its_last_release() -> None:
    assert codes(ask(GTX_1080)) >= {"TRITON_CANNOT_WORK", "KEEP_DRIVER_BRANCH", "LAST_RELEASE_FOR_GPU"}
    assert not codes(ask(RTX_4090)) & {"TRITON_CANNOT_WORK", "KEEP_DRIVER_BRANCH", "LAST_RELEASE_FOR_GPU"}


def test_little_memory_is_said() -> None:
    assert "LITTLE_MEMORY" in codes(ask(Gpu("NVIDIA GeForce MX150", (6, 1), memory=2 << 30)))
    assert "LITTLE_MEMORY" not in codes(ask(RTX_4090))


def test_minor_version_compatibility_is_said() -> None:
    older = ask(RTX_4090, driver="525.85.12")
    assert older.choice is not None
    assert not older.choice.native
    assert "MINOR_COMPATIBILITY" in codes(older)
    assert "NATIVE_CUDA" in codes(ask(RTX_4090))


def test_a_devel_image_that_may_refuse_to_start_says_so_and_brings_the_variable() -> None:
    geforce = ask(RTX_4090, driver="535.183.01", torch="2.9", flavour="devel")
    assert geforce.choice is not None
    assert geforce.choice.environment == {"NVIDIA_DISABLE_REQUIRE": "1"}
    assert codes(geforce) >= {"START_CHECK_TURNED_OFF", "FORWARD_COMPATIBILITY_REFUSED"}
    data_centre = ask(A100, driver="535.183.01", torch="2.9", flavour="devel")
    assert data_centre.choice is not None
    assert data_centre.choice.environment == {}
    assert "START_CHECK_EXEMPT" in codes(data_centre)
    assert "START_CHECK_TURNED_OFF" in codes(ask(A100, driver="537.13", os="wsl2", torch="2.9", flavour="devel"))


def test_a_named_runtime_flavour_is_kept_and_its_missing_compiler_said() -> None:
    recommendation = ask(RTX_4090, torch="2.9", flavour="runtime", task="compile")
    assert recommendation.choice is not None
    assert recommendation.choice.flavour == "runtime"
    assert "NO_COMPILER_FOR_TASK" in codes(recommendation)


def test_a_named_runtime_flavour_cannot_build_extensions_and_says_so() -> None:
    assert "NO_CUDA_COMPILER_FOR_TASK" in codes(ask(RTX_4090, flavour="runtime", task="extensions"))
    assert "NO_CUDA_COMPILER_FOR_TASK" not in codes(ask(RTX_4090, task="extensions"))


def test_no_compiler_is_advised_where_triton_cannot_work() -> None:
    old, new = Gpu("Tesla K80", (3, 7)), ask(RTX_4090, torch="2.3")
    kepler = ask(old, driver="470.256.02")
    assert kepler.choice is not None
    assert kepler.choice.compiler is False
    assert "NO_COMPILER" not in codes(kepler)
    assert "NO_COMPILER" in codes(new)


def test_without_a_gpu_no_driver_is_advised_for_an_image() -> None:
    answer = ask(driver=None)
    assert answer.refusal is not None
    assert answer.refusal.code == "NO_NVIDIA_GPU"
    reasons = {why.code for item in answer.rejected for why in item.why}
    assert "MACHINE_REFUSED" in reasons
    assert not reasons & {"DRIVER_TOO_OLD_FOR_CUDA", "IMAGE_REQUIRES_NEWER_DRIVER"}


def test_nvml_tells_the_native_cuda_better_than_the_table() -> None:
    machine = Machine(gpus=(RTX_4090,), driver="580.95.05", cuda_driver=(12, 6))
    choice = recommend(machine, Wish(), CATALOGUE).choice
    assert choice is not None
    assert choice.tag == "2.14.1-cuda12.6-cudnn9-runtime"


def test_the_cubin_of_each_gpu_is_named() -> None:
    choice = ask(RTX_4090, GTX_1080).choice
    assert choice is not None
    assert [coverage.cubin for coverage in choice.coverage] == [(8, 6), (6, 0)]


def test_images_that_would_work_too_are_alternatives_in_order() -> None:
    recommendation = ask(RTX_4090)
    assert recommendation.alternatives[:2] == (
        "pytorch/pytorch:2.14.1-cuda12.6-cudnn9-runtime",
        "pytorch/pytorch:2.14.1-cuda13.2-cudnn9-runtime",
    )
    why = {rejected.reference: {reason.code for reason in rejected.why} for rejected in recommendation.rejected}
    assert all(why[reference] == {"OUTRANKED"} for reference in recommendation.alternatives)
    assert why["pytorch/pytorch:2.14.1-cuda13.0-cudnn9-devel"] == {"OTHER_FLAVOUR"}
    assert "NVIDIA_IMAGE_NOT_NEEDED" in why["nvcr.io/nvidia/pytorch:25.11-py3"]
    assert "TAG_NOT_PROVEN" in why["pytorch/pytorch:2.15.0-cuda13.0-cudnn9-runtime"]


def test_an_unproven_tag_is_never_chosen_even_when_it_is_all_that_is_left() -> None:
    assert ask(RTX_4090, torch=">2.14.1").choice is None


@pytest.mark.parametrize("wish", ["latest", "2.9.1+cu126", ">=2.*", "==", "2.9,", "~=2", "2..9", "٢.9", "9" * 5000])
def test_an_unreadable_wish_for_torch_is_a_trouble(wish: str) -> None:
    with pytest.raises(Trouble) as caught:
        ask(RTX_4090, torch=wish)
    assert caught.value.id == "torch-wish-unreadable"


@pytest.mark.parametrize("wish", ["newest", "12.6.3", "cu1", ">="])
def test_an_unreadable_wish_for_cuda_is_a_trouble(wish: str) -> None:
    with pytest.raises(Trouble) as caught:
        ask(RTX_4090, cuda=wish)
    assert caught.value.id == "cuda-wish-unreadable"


def test_a_driver_text_that_is_no_number_is_said() -> None:
    refusal = ask(RTX_4090, driver="N/A").refusal
    assert refusal is not None
    assert refusal.values["cause"] == "unreadable"


NAMES = ["NVIDIA GeForce GTX 1080", "Tesla V100", "NVIDIA RTX 5060 Laptop GPU", "NVIDIA H100 PCIe", "NVIDIA GB10", "x"]
gpus = st.builds(
    Gpu,
    name=st.sampled_from(NAMES) | st.text(max_size=12),
    compute_capability=st.sampled_from(sorted((c[0], c[1]) for c in CATALOGUE.architectures))
    | st.tuples(st.integers(-1, 20), st.integers(-1, 12)),
    uuid=st.none() | st.text(max_size=5),
    memory=st.none() | st.integers(0, 1 << 40),
)
drivers = (
    st.none()
    | st.text(max_size=12)
    | st.sampled_from(["450.80.02", "470.256.02", "525.60.13", "535.183.01", "570.133.07", "580.95.05", "595.71.05"])
    | st.tuples(st.integers(300, 700), st.integers(0, 300), st.integers(0, 99)).map(lambda n: ".".join(map(str, n)))
)
machines = st.builds(
    Machine,
    gpus=st.lists(gpus, max_size=4).map(tuple),
    driver=drivers,
    cuda_driver=st.none() | st.tuples(st.integers(10, 14), st.integers(0, 9)),
    os=st.sampled_from(["linux", "wsl2", "windows", "jetson"]),
    arch=st.sampled_from(["amd64", "arm64"]),
)
wishes = st.builds(
    Wish,
    torch=st.none() | st.sampled_from(["2.9", "==2.9.*", ">=2.6,<2.9", "2.15", "~=2.7", "!=2.14.1", "1.13", "==9.9"]),
    cuda=st.none() | st.sampled_from(["11.8", "12", "12.6", "cu128", ">=13", "12.2"]),
    flavour=st.none() | st.sampled_from(["runtime", "devel"]),
    task=st.sampled_from(["run", "compile", "extensions"]),
)


@settings(max_examples=400, deadline=None)
@given(machine=machines, wish=wishes)
def test_whatever_is_asked_the_answer_is_whole(machine: Machine, wish: Wish) -> None:
    recommendation = recommend(machine, wish, CATALOGUE)
    assert (recommendation.choice is None) != (recommendation.refusal is None)
    assert recommendation == recommend(machine, wish, CATALOGUE)
    offered = [recommendation.choice, *(plan.choice for plan in recommendation.per_gpu)]
    if recommendation.refusal:
        assert text(recommendation.refusal.code, recommendation.refusal.values) != recommendation.refusal.code
        offered += [recommendation.refusal.nearest, *recommendation.refusal.others]
    for choice in offered:
        if choice is None:
            continue
        image = IMAGES[choice.reference]
        assert image.proven
        assert choice.coverage
        for coverage in choice.coverage:
            cc = coverage.gpu.compute_capability
            if image.range is None:
                assert any(cubin[0] == cc[0] and cubin[1] <= cc[1] for cubin in image.cubins)
            else:
                assert image.range[0] <= cc <= image.range[1]
            assert cc >= (5, 0) or image.cudnn_major == 8
        for note in (*choice.why, *recommendation.notes):
            assert note.code in texts()
    if recommendation.choice:
        assert len(recommendation.choice.coverage) == len(machine.gpus)


@given(st.text(max_size=20))
def test_any_text_is_a_wish_or_a_trouble(wish: str) -> None:
    with contextlib.suppress(Trouble):
        assert ask(RTX_4090, torch=wish).rejected
    with contextlib.suppress(Trouble):
        assert ask(RTX_4090, cuda=wish).rejected


def test_what_is_not_known_is_not_shown_as_a_question_mark():
    for answer in (ask(driver=None), ask(RTX_4090, driver=None)):
        words = [text(why.code, why.values) for item in answer.rejected for why in item.why]
        assert words
        assert not any("?" in line for line in words)
    assert any("needs driver" in line for line in words)


def _free(machine: Machine) -> Recommendation:
    return recommend(machine, Wish(), CATALOGUE)


def _covered(recommendation: Recommendation) -> set[str]:
    """References against which nothing speaks that has to do with the code inside."""
    bare = {
        item.reference
        for item in recommendation.rejected
        if {why.code for why in item.why} & {"NO_CODE_FOR_GPU", "CUDNN_TOO_NEW_FOR_GPU"}
    }
    return {*IMAGES} - bare


@settings(max_examples=150, deadline=None)
@given(machine=machines, wish=wishes)
def test_a_wish_is_met_exactly_and_changes_nothing_about_the_gpus(machine: Machine, wish: Wish) -> None:
    recommendation = recommend(machine, wish, CATALOGUE)
    rejected = [item.reference for item in recommendation.rejected]
    chosen = [recommendation.choice.reference] if recommendation.choice else []
    assert sorted([*rejected, *chosen]) == sorted(IMAGES)
    assert _covered(recommendation) == _covered(_free(machine))
    for reference in (*chosen, *recommendation.alternatives):
        image = IMAGES[reference]
        assert image.torch is not None or not wish.torch
        assert image.torch is None or not wish.torch or parse_torch(wish.torch).admits(image.torch)
        assert not wish.cuda or parse_cuda(wish.cuda).admits(image.cuda)
        assert image.alpha or not wish.flavour or image.flavour == wish.flavour
        assert image.alpha or wish.task != "extensions" or wish.flavour or image.flavour == "devel"
        driver = Version.find(machine.driver)
        if driver is not None:
            family = next(entry for entry in CATALOGUE.drivers.families if entry.family == image.cuda[0])
            assert driver >= (family.windows if machine.os in ("wsl2", "windows") else family.linux)


@settings(max_examples=100, deadline=None)
@given(machine=machines, wish=wishes, shuffled=st.randoms(use_true_random=False))
def test_the_order_of_the_gpus_changes_nothing(machine: Machine, wish: Wish, shuffled: random.Random) -> None:
    gpus = list(machine.gpus)
    shuffled.shuffle(gpus)
    before = recommend(machine, wish, CATALOGUE)
    after = recommend(msgspec.structs.replace(machine, gpus=tuple(gpus)), wish, CATALOGUE)
    assert (before.choice and before.choice.reference) == (after.choice and after.choice.reference)
    assert (before.refusal and before.refusal.code) == (after.refusal and after.refusal.code)
    assert before.alternatives == after.alternatives
    assert [item.reference for item in before.rejected] == [item.reference for item in after.rejected]


@settings(max_examples=150, deadline=None)
@given(machine=machines, wish=wishes)
def test_what_is_named_as_the_nearest_works_when_it_is_asked_for(machine: Machine, wish: Wish) -> None:
    refusal = recommend(machine, wish, CATALOGUE).refusal
    for way in [refusal.nearest, *refusal.others] if refusal and refusal.nearest else []:
        image = IMAGES[way.reference]
        named = Wish(cuda=way.cuda) if image.alpha else Wish(torch=way.torch, cuda=way.cuda, flavour=way.flavour)
        again = recommend(machine, named, CATALOGUE)
        assert again.choice is not None
        assert way.reference in (again.choice.reference, *again.alternatives)
