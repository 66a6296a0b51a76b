import io
import tempfile
import zipfile

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drydock.core.facts import Known
from drydock.core.trouble import Trouble
from drydock.data.machine import open_machine, sample_machines


def files_of(machine):
    return {
        "machine.json": msgspec.json.encode(machine.card),
        "snapshot.json": msgspec.json.encode(machine.snapshot),
        "trace.jsonl": b"\n".join(msgspec.json.encode(sample) for sample in machine.trace),
    }


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def desktop():
    return open_machine("rtx4090-desktop")


def test_every_sample_opens_and_says_that_it_was_composed():
    samples = sample_machines()
    assert set(samples) == {"rtx4090-desktop", "h100x8-server", "broken-laptop", "wsl2-desktop"}
    for name, card in samples.items():
        machine = open_machine(name)
        assert machine.card.kind == "sample"
        assert "Composed" in card.description
        assert machine.snapshot.label == card.title


def test_traces_speak_of_the_gpus_of_their_snapshot():
    for name in sample_machines():
        machine = open_machine(name)
        keys = {gpu.uuid.value for gpu in machine.snapshot.gpus if isinstance(gpu.uuid, Known)}
        assert all({reading.key for reading in sample.gpus} == keys for sample in machine.trace)
        assert bool(machine.trace) == bool(keys)
        assert all(a.t < b.t for a, b in zip(machine.trace, machine.trace[1:], strict=False))


def test_a_directory_and_a_zip_of_the_same_files_are_the_same_machine(desktop, tmp_path):
    for name, content in files_of(desktop).items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "b.zip").write_bytes(zipped(files_of(desktop)))
    from_directory, from_zip = open_machine(str(tmp_path)), open_machine(str(tmp_path / "b.zip"))
    assert from_directory.snapshot == from_zip.snapshot == desktop.snapshot
    assert from_zip.trace == desktop.trace


def test_a_place_that_cannot_be_looked_at_is_a_trouble():
    with pytest.raises(Trouble) as caught:
        open_machine("x" * 5000)
    assert caught.value.id == "machine-unreadable"


@pytest.mark.parametrize("number", [b"1" + b"0" * 400, b"-1" + b"0" * 30])
def test_numbers_that_no_computer_has_are_refused(desktop, tmp_path, number):
    (gpu,) = desktop.snapshot.gpus
    known = msgspec.json.encode(gpu.memory_total)
    files = files_of(desktop)
    files["snapshot.json"] = files["snapshot.json"].replace(known, b'{"state":"known","value":' + number + b"}")
    (tmp_path / "b.zip").write_bytes(zipped(files))
    with pytest.raises(Trouble) as caught:
        open_machine(str(tmp_path / "b.zip"))
    assert caught.value.id == "machine-unreadable"
    assert "out of range" in str(caught.value.values["text"])


def test_an_unknown_place_names_the_samples():
    with pytest.raises(Trouble) as caught:
        open_machine("/nowhere/at/all")
    assert caught.value.id == "machine-not-found"
    assert "h100x8-server" in str(caught.value.values["samples"])


@pytest.mark.parametrize("damage", ["cut", "no snapshot", "not a zip", "wrong types", "empty", "bad trace"])
def test_a_damaged_bundle_is_refused_in_words(desktop, tmp_path, damage):
    files = files_of(desktop)
    if damage == "no snapshot":
        del files["snapshot.json"]
    if damage == "wrong types":
        files["snapshot.json"] = files["snapshot.json"].replace(b'"gpus":[', b'"gpus":[7,')
    if damage == "bad trace":
        files["trace.jsonl"] += b"\n{]"
    content = zipped(files)
    content = {"cut": content[: len(content) // 2], "not a zip": b"hello", "empty": b""}.get(damage, content)
    (tmp_path / "b.zip").write_bytes(content)
    with pytest.raises(Trouble) as caught:
        open_machine(str(tmp_path / "b.zip"))
    assert caught.value.id == "machine-unreadable"
    assert caught.value.values["text"]


def test_a_bundle_of_the_future_asks_for_an_update(desktop, tmp_path):
    files = files_of(desktop)
    files["machine.json"] = msgspec.json.encode(msgspec.structs.replace(desktop.card, schema=99, app_version="7.0"))
    (tmp_path / "b.zip").write_bytes(zipped(files))
    with pytest.raises(Trouble) as caught:
        open_machine(str(tmp_path / "b.zip"))
    assert caught.value.id == "machine-newer"
    assert caught.value.values["version"] == "7.0"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 4000))
def test_any_bytes_end_in_a_machine_or_a_trouble(noise, at):
    content = zipped(files_of(open_machine("broken-laptop")))
    with tempfile.NamedTemporaryFile(suffix=".zip") as place:
        place.write(content[:at] + noise + content[at + len(noise) :])
        place.flush()
        try:
            ended = open_machine(place.name).card.title
        except Trouble as trouble:
            ended = trouble.id
    assert ended in {"Broken laptop", "machine-unreadable", "machine-newer"}
