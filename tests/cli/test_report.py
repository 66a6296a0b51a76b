import zipfile


def test_a_bundle_opens_as_a_recorded_machine(call, no_engine, fake_nvml, tmp_path, monkeypatch):
    fake_nvml("two-gpus")
    monkeypatch.setenv("USER", "mlin")
    monkeypatch.setenv("HOME", "/home/mlin")
    answer = call("report", "-o", "bundle.zip", "--json")
    assert answer.code == 0
    assert answer.json["kind"] == "report"
    replayed = call("doctor", "--machine", "bundle.zip", "--json")
    live = call("doctor", "--json")
    states = [[(finding["id"], finding["state"]) for finding in answer.json["findings"]] for answer in (replayed, live)]
    assert states[0] == states[1]
    assert len(replayed.json["snapshot"]["gpus"]) == 2


def test_personal_things_are_taken_out_and_listed(call, no_engine, fake_nvml, monkeypatch):
    scenario = fake_nvml("rtx4090")
    uuid = next(
        line.split("=")[1].strip() for line in scenario.scenario.read_text().splitlines() if line.startswith("uuid")
    )
    monkeypatch.setenv("HF_TOKEN", "hf_abcdefghijklmnopq")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/home/mlin/cuda/lib")
    monkeypatch.setenv("HOME", "/home/mlin")
    answer = call("report", "-o", "bundle.zip", "--json")
    with zipfile.ZipFile("bundle.zip") as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert uuid.removeprefix("GPU-") not in everything
    assert "hf_abcdefghijklmnopq" not in everything
    assert "/home/mlin" not in everything
    assert "device UUID" in {item["kind"] for item in answer.json["removed"]}


def test_a_place_that_cannot_be_written(call, no_engine, tmp_path):
    (tmp_path / "file").write_text("")
    answer = call("report", "-o", "file/below/bundle.zip", "--json")
    assert answer.code == 1
    assert answer.json["id"] == "report-not-written"
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["file"]
