from drydock.core.bench.records import DeviceFacts, Hello
from drydock.jobs.ceilings import ceilings_of


def hello(device, *devices):
    return Hello(v=1, seq=0, t=0.0, device=device, devices=devices)


def gpu(index, name, sms, cc=(9, 0)):
    return DeviceFacts(index=index, name=name, sms=sms, cc=cc)


def test_a_known_part_has_its_datasheet_peak():
    found = ceilings_of([hello("cuda:0", gpu(0, "NVIDIA H100 80GB HBM3", 132))])
    # 989 TFLOP/s dense bf16: NVIDIA's H100 SXM data sheet
    assert abs(found.datasheet / 989e12 - 1) < 0.012


def test_the_measured_gpu_counts_not_the_first():
    records = [hello("cuda:1", gpu(0, "NVIDIA H100 80GB HBM3", 132), gpu(1, "NVIDIA GeForce RTX 4090", 128, (8, 9)))]
    assert abs(ceilings_of(records).datasheet / 165.2e12 - 1) < 0.012


def test_nothing_is_guessed():
    assert ceilings_of([]) is None
    assert ceilings_of([hello("cpu")]) is None
    assert ceilings_of([hello("cuda:0", gpu(0, "NVIDIA Mystery 1", 7))]) is None
    # a slice of a part, or a cut-down board sold under its name, has fewer multiprocessors
    assert ceilings_of([hello("cuda:0", gpu(0, "NVIDIA H100 80GB HBM3", 16))]) is None
