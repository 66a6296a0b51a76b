"""Every kind of damage to a recording is refused with words that say which, in a directory and in a bundle alike."""

import io
import json
import shutil
import zipfile

import pytest

from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.data.machine import open_machine

MIB = 1 << 20


@pytest.fixture
def recording(tmp_path):
    """A directory with a whole recording."""
    from importlib import resources

    folder = tmp_path / "machine"
    folder.mkdir()
    root = resources.files("drydock_resources") / "machines" / "rtx4090-desktop"
    for name in ("machine.json", "snapshot.json", "trace.jsonl"):
        (folder / name).write_bytes((root / name).read_bytes())
    return folder


def zipped(folder, path, more=()):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, str(file.relative_to(folder)))
        for name, content in more:
            archive.writestr(name, content)
    return path


def refused(place):
    with pytest.raises(Trouble) as caught:
        open_machine(str(place))
    article = trouble_article(caught.value)
    assert article.remedy
    assert article.exit_code == 2
    return caught.value.id, article.text


def edited(path, **fields):
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **fields}))


def cut(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def grown(path):
    with path.open("r+b") as file:
        file.truncate(70 * MIB)


DAMAGE = {
    "no card": (lambda folder: (folder / "machine.json").unlink(), "machine.json is missing"),
    "no snapshot": (lambda folder: (folder / "snapshot.json").unlink(), "snapshot.json is missing"),
    "card cut off": (lambda folder: cut(folder / "machine.json"), "machine.json: Input data was truncated"),
    "snapshot cut off": (lambda folder: cut(folder / "snapshot.json"), "snapshot.json: Input data was truncated"),
    "trace cut off": (lambda folder: cut(folder / "trace.jsonl"), "trace.jsonl: Input data was truncated"),
    "empty snapshot": (lambda folder: (folder / "snapshot.json").write_bytes(b""), "snapshot.json: Input data"),
    "snapshot of bytes": (lambda folder: (folder / "snapshot.json").write_bytes(b"\xff\x00\xfe"), "snapshot.json: "),
    "a list": (lambda folder: (folder / "snapshot.json").write_bytes(b"[]"), "Expected `object`, got `array`"),
    "another kind of card": (lambda folder: edited(folder / "machine.json", kind="phone"), "Invalid enum value"),
    "gpus of text": (lambda folder: edited(folder / "snapshot.json", gpus="none"), "Expected `array`, got `str`"),
    "schema of text": (lambda folder: edited(folder / "snapshot.json", schema="1"), "Expected `int`, got `str`"),
    "schema zero": (lambda folder: edited(folder / "snapshot.json", schema=0), "there is no schema 0"),
    "card of schema -1": (lambda folder: edited(folder / "machine.json", schema=-1), "there is no schema -1"),
    "huge snapshot": (lambda folder: grown(folder / "snapshot.json"), "snapshot.json is larger than 16 MiB"),
    "huge trace": (lambda folder: grown(folder / "trace.jsonl"), "trace.jsonl is larger than 64 MiB"),
    "nested": (lambda folder: (folder / "snapshot.json").write_bytes(b'{"host":' + b"[" * 200_000), "snapshot.json"),
    "removed of numbers": (lambda folder: (folder / "removed.json").write_bytes(b"[1]"), "removed.json: Expected"),
    "past of numbers": (lambda folder: (folder / "past.json").write_bytes(b"[1]"), "past.json: Expected"),
    "snapshot is a directory": (
        lambda folder: ((folder / "snapshot.json").unlink(), (folder / "snapshot.json").mkdir()),
        "snapshot.json is missing",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_in_a_directory(recording, damage):
    act, words = DAMAGE[damage]
    act(recording)
    kind, text = refused(recording)
    assert kind == "machine-unreadable"
    assert words in text


@pytest.mark.parametrize("damage", DAMAGE)
def test_in_a_bundle(recording, tmp_path, damage):
    act, words = DAMAGE[damage]
    act(recording)
    kind, text = refused(zipped(recording, tmp_path / "b.zip"))
    assert kind == "machine-unreadable"
    assert words in text


@pytest.mark.parametrize("file", ["machine.json", "snapshot.json"])
def test_one_of_the_future_asks_for_an_update(recording, file):
    edited(recording / file, schema=99, app_version="7.0")
    kind, text = refused(recording)
    assert kind == "machine-newer"
    assert "7.0" in text


@pytest.mark.parametrize(
    "name",
    ["../snapshot.json", "a/../../b", "/etc/passwd", "C:/windows/x", "..\\up", "\\\\server\\share", "evidence/.."],
)
def test_a_name_that_leads_out_of_the_bundle(recording, tmp_path, name):
    kind, text = refused(zipped(recording, tmp_path / "b.zip", [(name, b"x")]))
    assert kind == "machine-unreadable"
    assert "leads out of the bundle" in text
    assert not (tmp_path / "snapshot.json").exists()


def test_two_files_of_one_name(recording, tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zipped(recording, tmp_path / "b.zip", [("snapshot.json", b"{}")])
    assert "the same name" in refused(path)[1]


def test_too_many_files(recording, tmp_path):
    path = zipped(recording, tmp_path / "b.zip", [(f"evidence/{number}.txt", b"") for number in range(300)])
    assert "more than 200 files" in refused(path)[1]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(recording, tmp_path):
    path = tmp_path / "b.zip"
    zipped(recording, path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            with archive.open(f"evidence/{number}.txt", "w", force_zip64=True) as file:
                for _ in range(60):
                    file.write(bytes(MIB))
    assert path.stat().st_size < 2 * MIB
    assert "256 MiB unpacked" in refused(path)[1]


def test_a_bomb_that_lies_about_its_size(recording, tmp_path):
    (recording / "snapshot.json").write_bytes(bytes(20 * MIB))
    path = zipped(recording, tmp_path / "b.zip")
    content = path.read_bytes()
    size = (20 * MIB).to_bytes(4, "little")
    assert size in content
    path.write_bytes(content.replace(size, (1000).to_bytes(4, "little")))
    kind, _ = refused(path)
    assert kind == "machine-unreadable"


def test_a_locked_bundle(recording, tmp_path):
    path = zipped(recording, tmp_path / "b.zip")
    content = bytearray(path.read_bytes())
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(sign)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(sign, place + 1)
    path.write_bytes(bytes(content))
    assert "encrypted" in refused(path)[1]


def test_evidence_beside_it_is_no_damage(recording, tmp_path):
    (recording / "evidence").mkdir()
    (recording / "evidence" / "proc_version.txt").write_text("Linux")
    assert open_machine(str(recording)).card.title == "RTX 4090 desktop"
    assert open_machine(str(zipped(recording, tmp_path / "b.zip"))).card.title == "RTX 4090 desktop"


def test_a_bundle_of_the_directory_itself_opens(recording, tmp_path):
    """Somebody zipped the directory instead of its files."""
    path = shutil.make_archive(str(tmp_path / "outer"), "zip", recording.parent, recording.name)
    assert open_machine(path).snapshot == open_machine(str(recording)).snapshot
    two = zipped(recording, tmp_path / "two.zip", [("other/machine.json", b"{}")])
    assert open_machine(str(two)).card.title == "RTX 4090 desktop"


def test_noise_in_memory_is_not_read_as_a_bundle(tmp_path):
    place = tmp_path / "noise.zip"
    place.write_bytes(io.BytesIO(b"PK\x03\x04" + bytes(100)).getvalue())
    assert refused(place)[0] == "machine-unreadable"
