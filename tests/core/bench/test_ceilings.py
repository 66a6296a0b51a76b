import pytest

from drydock.core.bench.ceilings import gpu_class, multiply_adds_per_clock, peak_flops


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("NVIDIA GeForce RTX 4090", "geforce"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "geforce"),
        ("NVIDIA TITAN RTX", "datacentre"),
        ("NVIDIA RTX A6000", "datacentre"),
        ("NVIDIA H100 80GB HBM3", "datacentre"),
    ],
)
def test_class_by_name(name, kind):
    assert gpu_class(name) == kind


@pytest.mark.parametrize(
    ("capability", "sms", "mhz", "kind", "precision", "tflops"),
    [
        ((8, 0), 108, 1410, "datacentre", "tf32", 156),
        ((9, 0), 132, 1830, "datacentre", "tf32", 494),
        ((8, 0), 108, 1410, "datacentre", "fp32", 19.5),
        ((8, 9), 128, 2520, "geforce", "fp32", 82.6),
        ((8, 9), 128, 2520, "geforce", "fp8", 330.3),
        ((8, 6), 82, 1695, "geforce", "tf32", 35.6),
        ((7, 5), 40, 1590, "datacentre", "fp16", 65),
    ],
)
def test_published_peaks_in_other_precisions(capability, sms, mhz, kind, precision, tflops):
    peak = peak_flops(capability=capability, multiprocessors=sms, clock_mhz=mhz, kind=kind, precision=precision)
    assert peak is not None
    assert peak / 1e12 == pytest.approx(tflops, rel=0.012)


def test_what_a_part_cannot_do_has_no_peak():
    assert multiply_adds_per_clock((7, 5), "datacentre", "bf16") is None
    assert multiply_adds_per_clock((8, 6), "datacentre", "fp8") is None
    assert multiply_adds_per_clock((6, 1), "geforce", "fp16") is None
    assert multiply_adds_per_clock((99, 0), "datacentre", "fp16") is None
    assert peak_flops(capability=(8, 0), multiprocessors=0, clock_mhz=1, kind="datacentre", precision="fp16") is None
