import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.facts import Layer
from drydock.registry.manifests import (
    LAYER_COUNT_LIMIT,
    LAYER_LIMIT,
    Index,
    Manifest,
    Unreadable,
    digest_of,
    read_config,
    read_manifest,
)

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64
CONFIG = {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 7, "digest": ONE}


def layer(digest=TWO, size=5, kind="application/vnd.oci.image.layer.v1.tar+gzip", **more):
    return {"mediaType": kind, "size": size, "digest": digest, **more}


def read(content, content_type=""):
    return read_manifest(json.dumps(content).encode(), content_type)


def image(**changes):
    return {"schemaVersion": 2, "config": CONFIG, "layers": [layer()], **changes}


def index(*entries):
    return {"schemaVersion": 2, "manifests": list(entries)}


def test_the_layers_of_an_image():
    found = read(image(layers=[layer(), layer(ONE, 0), layer()]))
    assert found == Manifest(ONE, 7, (Layer(TWO, 5), Layer(ONE, 0), Layer(TWO, 5)), 0)


def test_layers_that_lie_elsewhere_are_counted():
    foreign = layer(kind="application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", urls=["https://x"])
    assert read(image(layers=[foreign, layer()])).foreign == 1


def test_attestations_are_no_platforms():
    found = read(
        index(
            layer(ONE, platform={"os": "linux", "architecture": "amd64"}),
            layer(TWO, platform={"os": "unknown", "architecture": "unknown"}),
            layer(TWO, annotations={"vnd.docker.reference.type": "attestation-manifest"}),
            layer(TWO, platform={"os": "linux", "architecture": "arm", "variant": "v7"}),
        )
    )
    assert isinstance(found, Index)
    assert [(entry.digest, entry.platform) for entry in found.entries] == [(ONE, "linux/amd64"), (TWO, "linux/arm/v7")]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"schemaVersion": 1, "fsLayers": [], "history": [], "layers": 3}, "old"),
        (image(config={**CONFIG, "mediaType": "application/vnd.cncf.helm.config.v1+json"}), "other"),
        ({"schemaVersion": 2}, "nonsense"),
        ({}, "nonsense"),
        ([], "nonsense"),
        (None, "nonsense"),
        (image(manifests=[]), "nonsense"),
        (image(layers=[layer(size=-1)]), "nonsense"),
        (image(layers=[layer(size=LAYER_LIMIT)]), "nonsense"),
        (image(layers=[layer(size=1.5)]), "nonsense"),
        (image(layers=[layer(size="5")]), "nonsense"),
        (image(layers=[layer("md5:" + "0" * 32)]), "nonsense"),
        (image(layers=[layer("sha256:../../x")]), "nonsense"),
        (image(layers=[layer()] * (LAYER_COUNT_LIMIT + 1)), "nonsense"),
        (image(layers=[{"digest": ONE}]), "nonsense"),
        (index(layer("nonsense")), "nonsense"),
    ],
)
def test_what_is_no_image_is_refused(content, kind):
    with pytest.raises(Unreadable) as caught:
        read(content)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><title>Guest network</title>", "web page"),
        (b"\xff\xfe", "no JSON"),
        (b"", "nothing"),
        (b"[" * 100_000, "JSON"),
        (b'{"schemaVersion": 2', "no JSON"),
    ],
)
def test_what_is_no_json_is_called_what_it_is(body, words):
    with pytest.raises(Unreadable, match=words):
        read_manifest(body)


def test_the_configuration_of_an_image():
    content = {
        "architecture": "arm64",
        "variant": "v8",
        "os": "linux",
        "created": "2025-01-02T03:04:05Z",
        "config": {
            "User": "me",
            "Env": ["PATH=/bin", "A=b=c", "EMPTY=", "BARE", "=odd"],
            "Labels": {"x": "y"},
            "Entrypoint": ["/tini", "--"],
            "Cmd": None,
        },
        "rootfs": {"type": "layers", "diff_ids": [ONE, TWO]},
        "history": [{"created_by": "ADD x"}, {"empty_layer": True}],
    }
    found = read_config(json.dumps(content).encode())
    assert found.platform == "linux/arm64"
    assert found.environment == {"PATH": "/bin", "A": "b=c", "EMPTY": "", "BARE": ""}
    assert (found.user, found.labels, found.entrypoint, found.command) == ("me", {"x": "y"}, ("/tini", "--"), ())
    assert (found.chain, found.history) == ((ONE, TWO), ("ADD x", ""))


def test_a_configuration_may_say_next_to_nothing():
    found = read_config(
        b'{"architecture":"amd64","os":"linux","config":null,"rootfs":{"diff_ids":null},"history":null}'
    )
    assert (found.platform, found.environment, found.chain) == ("linux/amd64", {}, ())


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"architecture":1,"os":"linux"}', b"\xff", b"<html>"])
def test_what_is_no_configuration_is_refused(body):
    with pytest.raises(Unreadable):
        read_config(body)


_keys = st.sampled_from(
    ["schemaVersion", "mediaType", "manifests", "config", "layers", "digest", "size", "platform", "os", "architecture"]
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=200) | _json.map(msgspec.json.encode))
def test_any_answer_is_read_or_refused(body):
    for reader in (read_manifest, read_config):
        with contextlib.suppress(Unreadable):
            reader(body)


@given(_json)
def test_a_broken_part_of_a_good_manifest_is_refused_or_read(part):
    for name in ("config", "layers", "manifests", "mediaType"):
        with contextlib.suppress(Unreadable):
            read({**image(), name: part})


def test_digests_by_two_algorithms():
    assert digest_of(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest_of(b"", "sha512:x").startswith("sha512:cf83e1357eefb8bdf1542850d66d8007")
