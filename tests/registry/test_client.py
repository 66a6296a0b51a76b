"""Against the real registry program, in the variants it can be run in."""

import pytest
from tests.registry.conftest import NOW
from tests.support import registries

from drydock.core.facts import Login, RegistryRules
from drydock.core.trouble import Stopped, Trouble
from drydock.world import Stop

AMD64 = "linux/amd64"
LOGIN = Login(username=registries.USER, password=registries.PASSWORD)


def test_a_single_image(plain_registry, client):
    config = {"Env": ["PYTORCH_VERSION=2.6.0", "NVIDIA_REQUIRE_CUDA=cuda>=12.4"], "Labels": {"a": "b"}, "User": "me"}
    layers = (b"base", b"torch" * 100)
    pushed = plain_registry.put_image("single/image", "1", config=config, layers=layers, oci=False)
    reference = f"{plain_registry}/single/image:1"
    found = client().image(reference, AMD64, Stop())
    assert (found.reference, found.registry, found.asked_at) == (reference, plain_registry.address, NOW)
    assert found.digest == pushed["digest"]
    assert (found.platforms, found.platform) == ((AMD64,), AMD64)
    assert [(layer.digest, layer.size) for layer in found.layers] == [
        (registries.digest_of(layer), len(layer)) for layer in layers
    ]
    assert found.config.environment["NVIDIA_REQUIRE_CUDA"] == "cuda>=12.4"
    assert (found.config.user, found.config.labels) == ("me", {"a": "b"})
    assert found.config.chain == tuple(map(registries.digest_of, layers))
    assert found.config.history == ("step 0", "step 1")


@pytest.mark.parametrize("oci", [True, False])
def test_the_image_for_a_platform_out_of_an_index(plain_registry, client, oci):
    name = f"multi/{'oci' if oci else 'docker'}"
    entries = [
        plain_registry.put_image(name, platform=platform, layers=(platform.encode(),), oci=oci)
        for platform in ("linux/arm64/v8", AMD64, "linux/arm/v6", "linux/arm/v7")
    ]
    attestation = plain_registry.put_image(name, platform="unknown/unknown", oci=oci)
    digest = plain_registry.put_index(name, "1", [*entries, attestation], oci=oci)
    registry, reference = client(), f"{plain_registry}/{name}:1"
    for wanted, taken in ((AMD64, AMD64), ("linux/aarch64", "linux/arm64"), ("linux/arm/v7", "linux/arm/v7")):
        found = registry.image(reference, wanted, Stop())
        assert found.platforms == ("linux/arm64", AMD64, "linux/arm/v6", "linux/arm/v7")
        assert (found.digest, found.platform, found.config.platform) == (digest, taken, taken)
    by_digest = registry.image(f"{plain_registry}/{name}:other@{digest}", AMD64, Stop())
    assert (by_digest.digest, by_digest.platform) == (digest, AMD64)
    of_all = registry.image(reference, "", Stop())
    assert (of_all.digest, of_all.platform, of_all.layers, of_all.config) == (digest, "", (), None)


def test_a_platform_that_is_missing_is_told_with_those_that_are_there(plain_registry, client, trouble):
    entries = [plain_registry.put_image("arm/only", platform=name) for name in ("linux/arm64", "linux/ppc64le")]
    plain_registry.put_index("arm/only", "1", entries)
    found = trouble(client().image, f"{plain_registry}/arm/only:1", AMD64)
    assert found.id == "platform-missing"
    assert "linux/arm64, linux/ppc64le" in found.values["text"]
    plain_registry.put_image("arm/single", "1", platform="linux/arm64")
    assert trouble(client().image, f"{plain_registry}/arm/single:1", AMD64).id == "platform-missing"


def test_an_index_in_an_index_and_one_without_platforms(plain_registry, client):
    inner = plain_registry.put_image("nested/image", platform=AMD64)
    del inner["platform"]
    middle = plain_registry.put_index("nested/image", "inner", [inner])
    size = len(_index_body([inner]))
    outer = [{"mediaType": registries.OCI_INDEX, "digest": middle, "size": size}]
    plain_registry.put_index("nested/image", "outer", outer)
    found = client().image(f"{plain_registry}/nested/image:outer", AMD64, Stop())
    assert (found.platforms, len(found.layers)) == ((AMD64,), 2)


def test_indexes_without_end_are_refused(plain_registry, client, trouble):
    entries = [plain_registry.put_image("deep/image")]
    for level in range(5):
        digest = plain_registry.put_index("deep/image", f"level-{level}", entries)
        entries = [{"mediaType": registries.OCI_INDEX, "digest": digest, "size": len(_index_body(entries))}]
    assert client().image(f"{plain_registry}/deep/image:level-2", AMD64, Stop()).platform == AMD64
    found = trouble(client().image, f"{plain_registry}/deep/image:level-4", AMD64)
    assert (found.id, "without end" in found.values["text"]) == ("registry-error", True)


def _index_body(entries):
    import json

    return json.dumps({"schemaVersion": 2, "mediaType": registries.OCI_INDEX, "manifests": entries})


def test_what_is_not_there(plain_registry, client, trouble):
    plain_registry.put_image("there/is", "1")
    for name in ("there/is:2", "there/is-not", f"there/is@sha256:{'0' * 64}"):
        found = trouble(client().image, f"{plain_registry}/{name}", AMD64)
        assert (found.id, found.values["reference"]) == ("image-not-found", f"{plain_registry}/{name}")
        assert found.values["text"].startswith("manifest unknown")
    found = trouble(client().tags, f"{plain_registry}/there/is-not")
    assert found.id == "image-not-found"
    assert "repository name not known" in found.values["text"]


def test_something_that_is_stored_like_an_image_and_is_none(plain_registry, client, trouble):
    kind = "application/vnd.cncf.helm.config.v1+json"
    blob = plain_registry.put_blob("a/chart", b"{}", kind)
    content = {"schemaVersion": 2, "mediaType": registries.OCI_MANIFEST, "config": blob, "layers": []}
    plain_registry.put_manifest("a/chart", "1", content, registries.OCI_MANIFEST)
    found = trouble(client().image, f"{plain_registry}/a/chart:1", AMD64)
    assert (found.id, kind in found.values["text"]) == ("image-format-other", True)


def test_a_name_that_is_none_is_refused_before_anything_is_asked(client):
    registry = client(rules=RegistryRules(mirrors=("http://127.0.0.1:9",)))
    for question in (lambda: registry.image("Not A Name", AMD64, Stop()), lambda: registry.tags("a:b:c", Stop())):
        with pytest.raises(Trouble) as caught:
            question()
        assert caught.value.id == "image-name-invalid"


def test_a_stop_that_was_asked_for_before(plain_registry, client):
    stop = Stop()
    stop.request()
    with pytest.raises(Stopped):
        client().image(f"{plain_registry}/a/b", AMD64, stop)


def test_more_tags_than_a_page_holds(plain_registry, client):
    descriptor = plain_registry.put_image("many/tags", "t0")
    body = plain_registry.get_manifest("many/tags", descriptor["digest"])
    names = [f"t{number}" for number in range(1100)]
    for name in names[1:]:
        plain_registry.put_manifest("many/tags", name, body, registries.OCI_MANIFEST)
    found = client().tags(f"{plain_registry}/many/tags", Stop())
    assert sorted(found.tags) == sorted(names)
    assert (found.repository, found.read_at) == (f"{plain_registry}/many/tags", NOW)


def test_a_private_registry_with_its_own_authority(private_registry, certificates, client, trouble, tmp_path):
    private_registry.put_image("private/image", "1")
    reference = f"{private_registry}/private/image:1"
    # on loopback the certificate need not be known
    found = client(login={private_registry.address: LOGIN}).image(reference, AMD64, Stop())
    assert len(found.layers) == 2
    assert client(login={private_registry.address: LOGIN}).tags(reference, Stop()).tags == ("1",)
    missing = client()
    refused = trouble(missing.image, reference, AMD64)
    assert (refused.id, "authentication required" in refused.values["text"]) == ("registry-auth", True)
    assert missing.logins_wanted[0] == private_registry.address
    wrong = client(login={private_registry.address: Login(username="captain", password="wrong-horse")})
    refused = trouble(wrong.image, reference, AMD64)
    assert refused.id == "registry-auth"
    assert "wrong-horse" not in str(refused)
    # a token in place of a password is of no use where a password is wanted
    token = client(login={private_registry.address: Login(identity_token="t")})
    assert trouble(token.image, reference, AMD64).id == "registry-auth"
