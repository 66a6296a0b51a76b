"""GPUs through the real binding and a stand-in for NVIDIA's library."""

from drydock.collect.gpu import collect_nvml
from drydock.core.facts import Known, Missing, RemappedRows, RetiredPages


def test_an_ordinary_card_is_read_whole(fake_nvml):
    reading = collect_nvml(fake_nvml("rtx4090").library)
    assert reading.state.kind == "ready"
    assert isinstance(reading.version, Known)
    assert isinstance(reading.cuda, Known)
    (card,) = reading.gpus
    assert (card.state, card.name, card.compute_capability) == (
        "ok",
        Known("NVIDIA GeForce RTX 4090"),
        Known((8, 9)),
    )
    assert card.memory_total.value > 20 << 30
    assert card.power_limit == Known(450.0)
    assert card.uuid.value.startswith("GPU-")


def test_a_server_has_eight(fake_nvml):
    reading = collect_nvml(fake_nvml("h100x8").library)
    assert [card.index for card in reading.gpus] == list(range(8))
    assert {card.state for card in reading.gpus} == {"ok"}


def test_what_a_card_does_not_tell_is_not_supported_and_no_fault(fake_nvml):
    (card,) = collect_nvml(fake_nvml("laptop").library).gpus
    assert card.state == "ok"
    missing = [getattr(card, name) for name in card.__struct_fields__ if isinstance(getattr(card, name), Missing)]
    assert missing
    assert {fact.why for fact in missing} == {"not_supported"}


def test_a_whole_gpu_of_a_server_says_so(fake_nvml):
    (card, *_) = collect_nvml(fake_nvml("h100x8").library).gpus
    assert (card.ecc_volatile, card.ecc_aggregate) == (Known(0), Known(0))
    assert card.remapped_rows == Known(RemappedRows(corrected=0, uncorrected=0, pending=False, failed=False))
    assert (card.recovery, card.fabric) == (Known("none"), Known("completed"))
    assert (card.slowdown_temperature, card.display, card.compute_mode) == (
        Known(87),
        Known(value=False),
        Known("default"),
    )
    assert card.retired_pages.why == "not_supported"
    assert (card.mig_pending, card.minor) == (Known(value=False), Known(0))


def test_an_ill_gpu_says_what_it_has(fake_nvml):
    fake = fake_nvml("rtx4090")
    fake.add("remapped_corrected = 1\nremapped_uncorrected = 2\nremapped_pending = 1\nremapped_failed = 0", gpu=0)
    fake.add("retired_single_bit = 3\nretired_double_bit = 1\nretired_pending = 1", gpu=0)
    fake.add("recovery_action = 1\nfabric_state = 2\necc_volatile_uncorrected = 7\nmig_mode = 0", gpu=0)
    fake.add("mig_mode_pending = 1", gpu=0)
    (card,) = collect_nvml(fake.library).gpus
    assert card.remapped_rows == Known(RemappedRows(corrected=1, uncorrected=2, pending=True, failed=False))
    assert card.retired_pages == Known(RetiredPages(single_bit=3, double_bit=1, pending=True))
    assert (card.recovery, card.fabric, card.ecc_volatile) == (Known("reset"), Known("in_progress"), Known(7))
    assert (card.mig, card.mig_pending) == (Known(value=False), Known(value=True))


def test_processes_have_names_where_they_are_told(fake_nvml):
    fake = fake_nvml("laptop")
    named = collect_nvml(fake.library, name_of=lambda pid: Known(f"program {pid}"))
    (process,) = named.gpus[0].processes.value
    assert (process.pid, process.kind, process.name) == (2211, "graphics", Known("program 2211"))
    assert process.memory_used.why == "not_supported"


def test_health_that_hangs_ends_the_reading_and_keeps_what_was_read(fake_nvml):
    fake = fake_nvml("h100x8")
    fake.add("fault.nvmlDeviceGetRemappedRows = hang 20", gpu=0)
    reading = collect_nvml(fake.library, limit=0.5)
    assert reading.state.kind == "timeout"
    assert reading.gpus[0].name == Known("NVIDIA H100 80GB HBM3")
    assert reading.gpus[0].remapped_rows.why == "timeout"


def test_slices_are_listed(fake_nvml):
    cards = collect_nvml(fake_nvml("mig").library).gpus
    cut = [card for card in cards if card.mig == Known(value=True)]
    assert cut
    assert all(uuid.startswith("MIG-") for card in cut for uuid in card.mig_devices)
    assert any(card.mig_devices for card in cut)


def test_slices_that_cannot_be_read_are_not_none(fake_nvml):
    fake = fake_nvml("mig")
    fake.change("mig_mode = 1", "mig_mode = 1\nfault.nvmlDeviceGetMaxMigDeviceCount = error 4")
    (card, *_) = collect_nvml(fake.library).gpus
    assert (card.mig.why, card.mig_devices) == ("no_permission", ())


def test_a_lost_gpu_is_named_and_the_other_still_read(fake_nvml):
    fake = fake_nvml("gpu-lost")
    fake.change("from 12 error 15", "error 15")
    first, second = collect_nvml(fake.library).gpus
    assert (first.state, second.state) == ("ok", "lost")
    assert "lost" in second.text.lower()


def test_a_gpu_that_is_lost_while_it_is_read_is_lost(fake_nvml):
    first, second = collect_nvml(fake_nvml("gpu-lost").library).gpus
    assert (first.state, second.state) == ("ok", "lost")


def test_mismatch_missing_driver_and_missing_library_are_states(fake_nvml, tmp_path):
    mismatch = collect_nvml(fake_nvml("mismatch").library)
    assert (mismatch.state.kind, mismatch.state.code, mismatch.gpus) == ("version_mismatch", 18, ())
    assert isinstance(mismatch.version, Missing)
    assert collect_nvml(fake_nvml("no-driver").library).state.kind == "driver_not_loaded"
    absent = collect_nvml(str(tmp_path / "libnvidia-ml.so.1"))
    assert absent.state.kind == "library_not_found"
    assert absent.version.why == "absent"


def test_a_call_that_hangs_ends_the_reading_and_keeps_what_was_read(fake_nvml):
    fake = fake_nvml("rtx4090")
    fake.add("fault.nvmlDeviceGetPowerUsage = hang 20", gpu=0)
    reading = collect_nvml(fake.library, limit=0.5)
    assert reading.state.kind == "timeout"
    assert "nvmlDeviceGetPowerUsage" in reading.state.text
    (card,) = reading.gpus
    assert card.name == Known("NVIDIA GeForce RTX 4090")
    assert card.power.why == "timeout"


def test_a_library_that_hangs_at_the_start_is_a_state(fake_nvml):
    fake = fake_nvml("rtx4090")
    fake.add("fault.nvmlInit = hang 20")
    assert collect_nvml(fake.library, limit=0.5).state.kind == "timeout"
