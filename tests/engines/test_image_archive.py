import bz2
import contextlib
import gzip
import io
import json
import lzma
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.trouble import Trouble
from drydock.engines.image_archive import ends_properly, look_into

MANIFEST = json.dumps([{"Config": "c.json", "RepoTags": ["a/b:1", "a/b:2"], "Layers": []}]).encode()
OCI = json.dumps({"manifests": [{"digest": "x", "annotations": {"io.containerd.image.name": "docker.io/a/b:1"}}]})


def tar(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("_json", ".json"))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


DOCKER = tar(layer=bytes(5000), manifest_json=MANIFEST)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], str]:
    def writer(content: bytes) -> str:
        file = tmp_path / "image.tar"
        file.write_bytes(content)
        return str(file)

    return writer


def trouble_of(path: str) -> Trouble:
    with pytest.raises(Trouble) as caught:
        look_into(path)
    assert caught.value.values["path"] == path
    return caught.value


def test_what_docker_wrote_tells_its_names(write: Callable[[bytes], str]) -> None:
    archive = look_into(write(DOCKER))
    assert (archive.size, archive.packed, archive.references) == (len(DOCKER), False, ("a/b:1", "a/b:2"))


def test_an_oci_layout_tells_its_names(write: Callable[[bytes], str]) -> None:
    assert look_into(write(tar(index_json=OCI.encode()))).references == ("docker.io/a/b:1",)


def test_an_image_without_a_name_is_one(write: Callable[[bytes], str]) -> None:
    content = json.dumps([{"Config": "c.json", "RepoTags": None}]).encode()
    assert look_into(write(tar(manifest_json=content))).references == ()


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=lambda pack: pack.__module__)
def test_a_packed_archive_is_one(write: Callable[[bytes], str], pack: Callable[[bytes], bytes]) -> None:
    archive = look_into(write(pack(DOCKER)))
    assert (archive.packed, archive.references) == (True, ())


def test_what_this_python_cannot_unpack_is_left_to_the_engine(write: Callable[[bytes], str]) -> None:
    assert look_into(write(b"\x28\xb5\x2f\xfd and more")).packed


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        bytes(10240),
        gzip.compress(b"hello"),
        gzip.compress(DOCKER)[:60],
        tar(etc=b"passwd", bin=b"sh"),
        tar(manifest_json=b"{"),
        tar(manifest_json=b'{"a": 1}'),
        tar(index_json=b"[]"),
        DOCKER[:4000],
        DOCKER[: len(DOCKER) // 2],
    ],
    ids=[
        "empty",
        "text",
        "zeros",
        "packed text",
        "cut gzip",
        "files",
        "cut list",
        "other list",
        "other",
        "cut",
        "half",
    ],
)
def test_what_is_no_archive_of_images_is_said_so(write: Callable[[bytes], str], content: bytes) -> None:
    trouble = trouble_of(write(content))
    assert trouble.id == "image-archive-not-an-image"
    assert trouble.values["text"]


def test_files_that_cannot_be_read_are_said_so(tmp_path: Path) -> None:
    assert trouble_of(str(tmp_path / "no.tar")).id == "image-archive-missing"
    assert trouble_of(str(tmp_path)).id == "image-archive-unreadable"
    assert trouble_of("a\x00b").id == "image-archive-unreadable"
    os.mkfifo(tmp_path / "pipe")
    assert trouble_of(str(tmp_path / "pipe")).id == "image-archive-unreadable"


def test_a_whole_archive_ends_in_zeros(write: Callable[[bytes], str]) -> None:
    assert ends_properly(write(DOCKER))
    assert not ends_properly(write(DOCKER + b'{"error":"no"}'))
    assert not ends_properly(write(b""))


@given(st.one_of(st.binary(max_size=3000), st.integers(0, len(DOCKER) - 1).map(lambda end: DOCKER[:end])))
def test_any_file_is_an_archive_or_said_not_to_be(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.tar"
    file.write_bytes(content)
    with contextlib.suppress(Trouble):
        assert look_into(str(file)).size == len(content)
