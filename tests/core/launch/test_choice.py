"""What a person chose, and the words it is written in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.launch import Choice, MountWish, parse_gpus, parse_mount
from drydock.core.launch.choice import without_tag
from drydock.core.trouble import Trouble

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("/data:/data", MountWish(source="/data", target="/data")),
        ("/data/a b:/in:ro", MountWish(source="/data/a b", target="/in", read_only=True)),
        ("models:/models:rw", MountWish(source="models", target="/models")),
        (r"C:\work:/workspace", MountWish(source=r"C:\work", target="/workspace")),
        ("/with:colon:/x", MountWish(source="/with:colon", target="/x")),
    ],
)
def test_mounts(text, mount):
    assert parse_mount(text) == mount


@pytest.mark.parametrize("text", ["", "/data", "/data:", ":/data", "/data:relative", "/data:ro"])
def test_mounts_that_say_too_little(text):
    with pytest.raises(Trouble, match="launch-mount-invalid"):
        parse_mount(text)


@given(st.text(max_size=30))
def test_any_text_is_a_mount_or_a_trouble(text):
    try:
        mount = parse_mount(text)
    except Trouble:
        return
    assert mount.source
    assert mount.target.startswith("/")


def test_gpus():
    assert parse_gpus("all") == "all"
    assert parse_gpus(" none ") == "none"
    assert parse_gpus("GPU-1, MIG-2,GPU-1") == ("GPU-1", "MIG-2")
    for text in ("", "0", "GPU-1,", "all,none"):
        with pytest.raises(Trouble, match="launch-gpus-invalid"):
            parse_gpus(text)


@pytest.mark.parametrize(
    ("image", "pinned"),
    [
        ("pytorch/pytorch:2.9.0-cuda12.8-cudnn9-runtime", f"pytorch/pytorch@{DIGEST}"),
        ("localhost:5000/torch", f"localhost:5000/torch@{DIGEST}"),
        ("localhost:5000/torch:1", f"localhost:5000/torch@{DIGEST}"),
        (f"torch@{DIGEST}", f"torch@{DIGEST}"),
    ],
)
def test_a_digest_pins_the_image(image, pinned):
    assert Choice(image=image, digest=DIGEST).pinned_image == pinned
    assert Choice(image=image).pinned_image == image


def test_a_port_is_no_tag():
    assert without_tag("localhost:5000/torch") == "localhost:5000/torch"
    assert without_tag("localhost:5000/torch:1") == "localhost:5000/torch"


def test_services_keep_their_order():
    assert Choice(image="i", tensorboard=1, jupyter=0).services == ("jupyter", "tensorboard")
