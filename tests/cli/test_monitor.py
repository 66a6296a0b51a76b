def test_plays_a_recorded_trace(call):
    answer = call("monitor", "--machine", "h100x8-server", "--count", "2", "--interval", "0.1", "--json")
    assert answer.code == 0
    assert answer.json["kind"] == "monitor"
    assert [len(sample["gpus"]) for sample in answer.json["samples"]] == [8, 8]


def test_samples_through_nvml(call, no_engine, fake_nvml):
    fake_nvml("h100x8")
    answer = call("monitor", "--count", "3", "--interval", "0.1", "--json")
    assert answer.code == 0
    samples = answer.json["samples"]
    assert [len(sample["gpus"]) for sample in samples] == [8, 8, 8]
    assert samples[0]["t"] < samples[1]["t"] < samples[2]["t"]
    assert all(gpu["memory_total"]["state"] == "known" for sample in samples for gpu in sample["gpus"])


def test_says_why_there_is_nothing_to_watch(call, no_engine, monkeypatch):
    monkeypatch.setenv("DRYDOCK_NVML_LIBRARY", "/nowhere/libnvidia-ml.so.1")
    answer = call("monitor", "--count", "1")
    assert answer.code == 3
    assert "management library" in answer.err
    assert call("monitor", "--machine", "broken-laptop", "--count", "1").code == 3


def test_prints_for_people(call):
    answer = call("monitor", "--machine", "rtx4090-desktop", "--count", "1")
    assert "GPU 0  memory" in answer.out
    assert "gnome-shell" in answer.out
