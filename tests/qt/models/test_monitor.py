"""A GPU's readings in words."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.facts import GpuSample, Known, Missing, MonitorSample
from drydock.data.machine import open_machine
from drydock.qt.models.monitor import facts_of, gpu_words, pace_words, reason_words, slow_words

GIB = 1 << 30


def sample(**values):
    base = {
        "key": "GPU-1",
        "index": 0,
        "memory_used": Known(6 * GIB),
        "memory_total": Known(24 * GIB),
        "utilisation": Known(97),
        "temperature": Known(71),
        "power": Known(395.4),
        "sm_clock": Known(2520),
        "memory_clock": Known(10501),
        "event_reasons": Known(0),
    }
    return GpuSample(**{**base, **values})


@pytest.fixture(scope="module")
def gpu():
    return open_machine("rtx4090-desktop").snapshot.gpus[0]


def test_readings_have_their_units(gpu):
    words = gpu_words(sample(), gpu)
    assert words.title == "0  GeForce RTX 4090"
    assert words.memory_figure.text == "6.0 of 24.0\u202fGiB"
    assert words.memory_share == pytest.approx(0.25)
    assert words.utilisation_figure.text == "97%"
    assert words.temperature.text == "71\u202f°C"
    assert words.power.text == "395 of 450 W"
    assert words.sm_clock.text == "2520\u202fMHz"
    assert words.trouble == ""


def test_before_a_diagnosis_nothing_is_made_up():
    words = gpu_words(sample(), None)
    assert words.title == "GPU 0"
    assert words.power.text == "395\u202fW"
    assert words.mig == ""


def test_a_reading_that_is_missing_says_why():
    words = gpu_words(sample(power=Missing("not_supported")), None)
    assert (words.power.text, words.power.why) == ("—", "not supported here")
    assert words.trouble == "", "one sensor that a laptop lacks is no trouble"


def test_a_gpu_of_which_nothing_can_be_read_is_in_trouble():
    lost = Missing("failed", "GPU is lost (NVML_ERROR_GPU_IS_LOST, 15)")
    words = gpu_words(sample(memory_used=lost, utilisation=lost, temperature=lost, power=lost), None)
    assert "GPU is lost" in words.trouble
    assert words.memory_share is None


def test_mig_is_said_with_the_number_of_devices(gpu):
    cut = msgspec.structs.replace(gpu, mig=Known(True), mig_devices=("MIG-1", "MIG-2"))
    assert gpu_words(sample(), cut).mig == "MIG, 2 devices"
    assert gpu_words(sample(), msgspec.structs.replace(gpu, mig=Known(False))).mig == ""


@pytest.mark.parametrize(
    ("mask", "short", "state"),
    [
        (0x0, "Full speed", "ok"),
        (0x1, "Idle", "ok"),
        (0x4, "At power limit", "ok"),
        (0x4 | 0x40, "Too hot", "attention"),
        (0x20, "Too hot", "attention"),
        (0x80, "Power brake", "attention"),
        (0x800, "Reason 0x800", "ok"),
    ],
)
def test_event_reasons_are_words(mask, short, state):
    words = reason_words(sample(event_reasons=Known(mask)))
    assert (words.short, words.state) == (short, state)


def test_every_reason_is_in_the_full_words():
    words = reason_words(sample(event_reasons=Known(0x4 | 0x40 | 0x800)))
    assert words.full.count(";") == 2
    assert "power limit" in words.full
    assert "0x800" in words.full


@given(st.integers(min_value=0, max_value=2**64 - 1))
def test_any_mask_has_words(mask):
    words = reason_words(sample(event_reasons=Known(mask)))
    assert words.short
    assert words.full


def test_reasons_that_cannot_be_read_are_not_full_speed():
    words = reason_words(sample(event_reasons=Missing("not_supported")))
    assert (words.short, words.state) == ("", "not_tested")


def test_facts_are_found_by_uuid_even_when_the_order_changed():
    gpus = open_machine("h100x8-server").snapshot.gpus
    third = gpus[2]
    found = facts_of(sample(key=third.uuid.value, index=7), gpus)
    assert found is third
    assert facts_of(sample(key="5"), gpus) is gpus[5]
    assert facts_of(sample(key="GPU-of-elsewhere"), gpus) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.1, "10 times a second"), (0.5, "2 times a second"), (1.0, "once a second"), (2.0, "every 2 seconds")],
)
def test_pace(seconds, words):
    assert pace_words(seconds) == words


def test_slow_calls_are_said():
    slow = MonitorSample(t=0.0, gpus=(), slow_calls=("nvmlDeviceGetMemoryInfo: 12 ms",))
    assert "MemoryInfo: 12 ms" in slow_words(slow)
    assert "less often" in slow_words(slow)
    assert slow_words(MonitorSample(t=0.0, gpus=())) == ""
