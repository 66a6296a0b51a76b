"""What would make a rejected image possible, and that no text ever advises a driver that drops a GPU."""

import re
import string
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.snapshots import healthy_snapshot, host, server_gpu

from drydock.core.checks.image import machine_of
from drydock.core.facts import Known, Missing
from drydock.core.images import Gpu, Machine, Reason, Recommendation, Refusal, Wish, recommend
from drydock.core.images.result import Note
from drydock.data.catalogue import load_catalogue
from drydock.data.reasons import explained, text, texts, way

CATALOGUE = load_catalogue()
K80 = Gpu("Tesla K80", (3, 7))
GTX_1080 = Gpu("NVIDIA GeForce GTX 1080", (6, 1))
RTX_2080 = Gpu("NVIDIA GeForce RTX 2080 Ti", (7, 5))
RTX_4090 = Gpu("NVIDIA GeForce RTX 4090", (8, 9))
RTX_5090 = Gpu("NVIDIA GeForce RTX 5090", (12, 0))
H100 = Gpu("NVIDIA H100 80GB HBM3", (9, 0))
ORIN = Gpu("Orin (nvgpu)", (8, 7))
SLICE = "NVIDIA H100 80GB HBM3 MIG 1g.10gb"
DRIVERS = ("440.33.01", "450.80.02", "470.256.02", "535.183.01", "570.124.06", "580.95.05", "590.48.01", "615.10", None)
WISHES = (
    Wish(),
    Wish(torch="2.9"),
    Wish(torch="2.15"),
    Wish(cuda="13.0"),
    Wish(cuda="12.8", flavour="devel"),
    Wish(flavour="devel"),
    Wish(task="compile"),
    Wish(torch="==2.9.*", cuda="11.8"),
)


def ask(*gpus: Gpu, driver: str | None = "580.95.05", os: Any = "linux", arch: Any = "amd64", **wish: Any):
    return recommend(Machine(gpus=gpus, driver=driver, os=os, arch=arch), Wish(**wish), CATALOGUE)


def why_not(answer: Recommendation, tag: str) -> dict[str, Reason]:
    return {why.code: why for item in answer.rejected if item.reference.endswith(f":{tag}") for why in item.why}


def told(answer: Recommendation) -> Iterator[Reason | Refusal]:
    """Every reason, note and refusal that an answer can show."""
    yield from answer.notes
    yield from (why for item in answer.rejected for why in item.why)
    refusals = [answer.refusal, *(plan.refusal for plan in answer.per_gpu)]
    choices = [answer.choice, *(plan.choice for plan in answer.per_gpu)]
    for refusal in refusals:
        if refusal:
            yield refusal
            choices += [refusal.nearest, *refusal.others]
    for choice in choices:
        if choice:
            yield from (*choice.why, *choice.support.notes)


def way_of(reason: Reason) -> str:
    return way(reason.code, reason.values)


def test_every_rejected_image_tells_a_way_or_that_there_is_none() -> None:
    for machine in (
        Machine(gpus=(RTX_4090,), driver="535.183.01"),
        Machine(gpus=(GTX_1080, RTX_5090), driver="580.95.05"),
        Machine(gpus=(GTX_1080,), driver="590.48.01"),
        Machine(gpus=(Gpu("NVIDIA GH200 480GB", (9, 0)),), driver="580.95.05", arch="arm64"),
        Machine(gpus=(ORIN,), driver="540.3.0", os="jetson", arch="arm64"),
        Machine(gpus=(RTX_4090,), driver="560.94", os="wsl2"),
        Machine(gpus=(), driver=None),
    ):
        for wish in WISHES:
            for item in recommend(machine, wish, CATALOGUE).rejected:
                assert any(way_of(reason) for reason in item.why), (item, machine, wish)


def test_every_way_has_values_for_its_placeholders() -> None:
    for gpus in ((GTX_1080,), (K80, H100), (RTX_4090,), (ORIN,), (GTX_1080, RTX_5090)):
        for driver in DRIVERS:
            for wish in WISHES:
                for reason in told(recommend(Machine(gpus=gpus, driver=driver), wish, CATALOGUE)):
                    for line in (text(reason.code, reason.values), way(reason.code, reason.values)):
                        assert not re.search(r"[\[\]{}]", line), line


def test_every_text_of_a_way_belongs_to_a_reason() -> None:
    for key in texts():
        if ".way" in key:
            assert key.partition(".way")[0] in texts()
            assert {name for _, name, _, _ in string.Formatter().parse(texts()[key])}


@pytest.mark.parametrize("wish", WISHES)
def test_no_text_for_a_pascal_gpu_on_its_last_driver_speaks_of_a_newer_one(wish: Wish) -> None:
    for cuda in (None, (13, 0)):
        answer = recommend(Machine(gpus=(GTX_1080,), driver="580.95.05", cuda_driver=cuda), wish, CATALOGUE)
        for reason in told(answer):
            line = explained(reason.code, reason.values)
            assert not re.search(r"newer (one|driver)|or newer|update your|updat\w+ the driver", line, re.IGNORECASE), (
                line
            )
            assert not re.search(r"install (a )?driver", line, re.IGNORECASE), line


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_driver_that_is_advised_for_an_old_gpu_is_never_beyond_its_last(driver: str | None) -> None:
    for gpu, last in ((GTX_1080, 580), (K80, 470)):
        for wish in WISHES:
            for reason in told(recommend(Machine(gpus=(gpu,), driver=driver), wish, CATALOGUE)):
                line = explained(reason.code, reason.values)
                assert "newer one" not in line, line
                for number in re.findall(r"[Ii]nstall (?:a )?driver (?:of branch |from )?(\d{3})", line):
                    assert int(number) <= last, line
                    assert str(last) in line, line


def test_what_no_driver_can_mend_is_said_first_and_no_driver_is_advised() -> None:
    why = next(item.why for item in ask(GTX_1080, driver="535.183.01").rejected if "2.14.1-cuda13.0" in item.reference)
    assert [reason.code for reason in why] == ["NO_CODE_FOR_GPU", "DRIVER_TOO_OLD_FOR_CUDA"]
    assert way_of(why[0]).startswith("Nothing")
    assert way_of(why[1]) == ""


def test_the_way_to_a_newer_cuda_is_the_driver_it_needs() -> None:
    why = why_not(ask(RTX_4090, driver="570.124.06"), "2.14.1-cuda13.0-cudnn9-runtime")
    assert "580" in way_of(why["DRIVER_TOO_OLD_FOR_CUDA"])
    windows = why_not(ask(RTX_4090, driver="572.61", os="wsl2"), "2.14.1-cuda13.0-cudnn9-runtime")
    assert "on Windows" in way_of(windows["DRIVER_TOO_OLD_FOR_CUDA"])


def test_beside_an_old_gpu_the_way_ends_at_the_old_ones_last_branch() -> None:
    both = why_not(ask(GTX_1080, RTX_2080, driver="470.256.02"), "2.14.1-cuda12.6-cudnn9-runtime")
    line = way_of(both["DRIVER_TOO_OLD_FOR_CUDA"])
    assert "525.60.13" in line
    assert "none after branch 580" in line
    kepler = why_not(ask(K80, RTX_2080, driver="470.256.02"), "2.14.1-cuda12.6-cudnn9-runtime")
    assert way_of(kepler["NO_CODE_FOR_GPU"]).startswith("Show the container only NVIDIA GeForce RTX 2080 Ti.")
    assert way_of(kepler["DRIVER_TOO_OLD_FOR_CUDA"]).startswith("Nothing on this machine")


def test_two_gpus_that_no_driver_serves_are_told_so() -> None:
    for driver in ("470.256.02", "580.95.05", None, "440.33.01"):
        refusal = ask(H100, K80, driver=driver).refusal
        assert refusal is not None
        assert refusal.values["cause"] == "apart"
        line = text(refusal.code, refusal.values)
        assert "470" in line
        assert "525.60.13" in line


def test_a_newer_gpu_beside_a_pascal_one_names_the_window_of_drivers() -> None:
    refusal = ask(GTX_1080, RTX_5090, driver="565.77").refusal
    assert refusal is not None
    assert refusal.code == "DRIVER_TOO_OLD_FOR_GPU"
    assert "none after branch 580" in text(refusal.code, refusal.values)


def test_the_demand_of_a_devel_image_tells_of_the_toolkits_two_modes() -> None:
    why = why_not(ask(RTX_4090, driver="535.183.01", flavour="devel"), "2.14.1-cuda12.6-cudnn9-devel")
    line = way_of(why["IMAGE_REQUIRES_NEWER_DRIVER"])
    assert "560" in line
    assert "NVIDIA_DISABLE_REQUIRE=1" in line
    assert "jit-cdi" in line
    choice = ask(RTX_4090, driver="535.183.01", flavour="devel", torch="2.9").choice
    assert choice is not None
    assert "START_CHECK_BY_MODE" in {note.code for note in choice.why}


def test_where_triton_cannot_work_that_is_said_first() -> None:
    choice = ask(GTX_1080, task="compile").choice
    assert choice is not None
    assert choice.why[0].code == "COMPILE_CANNOT_WORK"
    mixed = ask(RTX_2080, GTX_1080, task="compile")
    assert mixed.choice is not None
    assert mixed.choice.why[0] == Note(
        "COMPILE_CANNOT_WORK",
        {"gpu": GTX_1080.name, "capability": "6.1", "others": RTX_2080.name, "cause": "others"},
    )
    turing, pascal = (plan.choice for plan in mixed.per_gpu)
    assert turing is not None
    assert pascal is not None
    assert "COMPILE_CANNOT_WORK" not in {note.code for note in turing.why}
    assert pascal.why[0].code == "COMPILE_CANNOT_WORK"


@pytest.mark.parametrize(
    ("gpu", "driver", "cause", "says"),
    [
        (ORIN, "540.3.0", "jetpack6", "24.01-py3-igpu to 26.02-py3-igpu"),
        (ORIN, "36.4.0", "jetpack6", "JetPack 7.2"),
        (ORIN, "35.4.1", "jetpack5_orin", "r35"),
        (ORIN, None, None, "26.02-py3-igpu"),
        (Gpu("Xavier", (7, 2)), "35.4.1", "jetpack5", "r35"),
        (Gpu("NVIDIA Tegra X1", (5, 3)), "32.7.4", "jetpack4", "r32"),
    ],
)
def test_a_jetson_is_told_its_images_by_jetpack(gpu: Gpu, driver: str | None, cause: str | None, says: str) -> None:
    refusal = ask(gpu, driver=driver, os="jetson", arch="arm64").refusal
    assert refusal is not None
    assert refusal.code == "JETSON"
    assert refusal.values.get("cause") == cause
    assert says in text(refusal.code, refusal.values)


def test_each_slice_has_a_plan_of_its_own() -> None:
    slices = tuple(Gpu(SLICE, (9, 0), uuid=f"MIG-{number}") for number in range(7))
    answer = ask(*slices)
    assert answer.choice is not None
    assert [plan.device_request for plan in answer.per_gpu] == [f"device=MIG-{number}" for number in range(7)]
    assert [plan.choice.coverage[0].gpu for plan in answer.per_gpu if plan.choice] == list(slices)
    note = next(note for note in answer.notes if note.code == "MIG_SLICE")
    assert note.values["mib"] == 10240


def test_a_small_slice_has_little_memory() -> None:
    small = {note.code for note in ask(Gpu("NVIDIA A100-SXM4-40GB MIG 1g.5gb", (8, 0))).notes}
    assert small >= {"MIG_SLICE", "LITTLE_MEMORY"}
    assert "LITTLE_MEMORY" not in {note.code for note in ask(Gpu(SLICE, (9, 0))).notes}


def test_a_gpu_cut_into_slices_is_seen_as_its_slices() -> None:
    cut = server_gpu(mig=Known(value=True), mig_devices=("MIG-a", "MIG-b"))
    machine = machine_of(healthy_snapshot(gpus=(cut, server_gpu(1))))
    assert [(gpu.uuid, gpu.is_slice) for gpu in machine.gpus][:2] == [("MIG-a", True), ("MIG-b", True)]
    assert [gpu.is_slice for gpu in machine.gpus] == [True, True, False]
    assert {gpu.compute_capability for gpu in machine.gpus} == {(9, 0)}
    mute = server_gpu(compute_capability=Missing("timeout"))
    assert machine_of(healthy_snapshot(gpus=(mute,))).gpus == ()


def test_a_processor_without_images_is_a_refusal_that_names_it() -> None:
    machine = machine_of(healthy_snapshot(host=host(architecture="ppc64le")))
    assert machine.arch == "other"
    answer = recommend(machine, Wish(), CATALOGUE)
    assert answer.refusal is not None
    assert answer.refusal.code == "NO_IMAGE_FOR_PROCESSOR"
    assert "ppc64le" in text(answer.refusal.code, answer.refusal.values)
    assert all("OTHER_PROCESSOR" in {why.code for why in item.why} for item in answer.rejected)


def test_a_driver_known_by_its_cuda_alone_is_judged_by_that() -> None:
    def refusal(gpu: Gpu, cuda: tuple[int, int]) -> str | None:
        answer = recommend(Machine(gpus=(gpu,), driver=None, cuda_driver=cuda), Wish(), CATALOGUE).refusal
        return answer.code if answer else None

    assert refusal(GTX_1080, (13, 0)) is None
    assert refusal(GTX_1080, (13, 1)) == "DRIVER_DROPPED_GPU"
    assert refusal(RTX_5090, (12, 6)) == "DRIVER_TOO_OLD_FOR_GPU"
    assert refusal(RTX_4090, (10, 2)) == "DRIVER_TOO_OLD_FOR_GPU"
