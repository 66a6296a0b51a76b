import pytest

from drydock.core.bench.ceilings import gpu_class, peak_flops
from drydock.data import reference

NAMES = {
    "v100-sxm2": "Tesla V100-SXM2-32GB",
    "t4": "Tesla T4",
    "rtx-2080-ti": "NVIDIA GeForce RTX 2080 Ti",
    "a100-sxm": "NVIDIA A100-SXM4-80GB",
    "a100-pcie": "NVIDIA A100 80GB PCIe",
    "rtx-3090": "NVIDIA GeForce RTX 3090",
    "rtx-a6000": "NVIDIA RTX A6000",
    "a10": "NVIDIA A10",
    "rtx-4090": "NVIDIA GeForce RTX 4090",
    "rtx-6000-ada": "NVIDIA RTX 6000 Ada Generation",
    "l40s": "NVIDIA L40S",
    "l4": "NVIDIA L4",
    "h100-sxm": "NVIDIA H100 80GB HBM3",
    "h100-pcie": "NVIDIA H100 PCIe",
    "h200-sxm": "NVIDIA H200",
    "b200": "NVIDIA B200",
    "rtx-5090": "NVIDIA GeForce RTX 5090",
    "rtx-pro-6000": "NVIDIA RTX PRO 6000 Blackwell Workstation Edition",
}


@pytest.mark.parametrize("part", reference.parts(), ids=lambda part: part.id)
def test_the_computed_ceiling_is_the_published_one(part):
    peak = peak_flops(
        capability=part.compute_capability,
        multiprocessors=part.multiprocessors,
        clock_mhz=part.rated_mhz,
        kind=part.kind,
        precision="fp16",
    )
    assert peak is not None
    # the data sheet of the L40S is the farthest off: 362.05 dense, and 733 sparse, which is twice 366.5
    assert part.half_tflops == pytest.approx(peak / 1e12, rel=0.012)


@pytest.mark.parametrize("part", reference.parts(), ids=lambda part: part.id)
def test_a_part_is_found_by_the_name_nvml_gives(part):
    name = NAMES[part.id]
    assert reference.part_for(name, part.multiprocessors) == part
    assert gpu_class(name) == part.kind
    assert reference.part_for(name, part.multiprocessors - 1) is None, "a slice is not the part"
    assert reference.part_for(name + " Laptop GPU", part.multiprocessors) in (None, part)


def test_a_laptop_part_is_not_its_big_sister():
    assert reference.part_for("NVIDIA GeForce RTX 4090 Laptop GPU", 128) is None


def test_expectations_name_known_parts_and_are_ordered():
    expected = reference.expectations()
    known = {part.id for part in reference.parts()} | {"geforce"}
    assert set(expected.gemm) <= known
    for expectation in [*expected.gemm.values(), *expected.work.values()]:
        assert 0 < expectation.low < expectation.high < 1.5
        assert expectation.source


def test_expected_product_falls_back_to_the_consumer_line_only():
    parts = {part.id: part for part in reference.parts()}
    assert reference.expected_gemm(parts["rtx-5090"]) == reference.expectations().gemm["geforce"]
    assert reference.expected_gemm(parts["a100-sxm"]) == reference.expectations().gemm["a100-sxm"]
    assert reference.expected_gemm(parts["t4"]) is None
