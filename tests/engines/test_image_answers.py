import msgspec

from drydock.core.facts import ImageConfig
from drydock.engines import image_answers as answers

NOW = "2026-01-02T03:04:05Z"
DIGEST = "sha256:" + "0" * 64


def published(platforms: object, own: str = "linux/amd64"):
    raw = {"Descriptor": {"digest": DIGEST, "mediaType": "x", "size": 5}, "Platforms": platforms}
    return answers.published_image(msgspec.convert(raw, answers.Distribution), "a/b:1", "docker.io", own, NOW)


def test_an_image_without_a_name_has_no_references() -> None:
    raw = {"Id": "sha256:00", "RepoTags": ["<none>:<none>"], "RepoDigests": None, "Created": 1735689600, "Size": 5}
    image = answers.image_of_summary(msgspec.convert(raw, answers.ImageSummary))
    assert (image.references, image.digests, image.created) == ((), (), "2025-01-01T00:00:00Z")


def test_a_configuration_says_what_the_image_says() -> None:
    raw = {
        "Id": "sha256:00",
        "Created": NOW,
        "Os": "linux",
        "Architecture": "arm",
        "Variant": "v7",
        "Config": {"Env": ["A=b=c", "B"], "User": "me", "Entrypoint": ["/e", "x"], "Cmd": None, "Labels": {"l": "1"}},
        "RootFS": {"Type": "layers", "Layers": ["sha256:1", "sha256:2"]},
    }
    history = (answers.HistoryEntry(created_by="RUN two"), answers.HistoryEntry(created_by="ADD one"))
    assert answers.config_of_detail(msgspec.convert(raw, answers.ImageDetail), history) == ImageConfig(
        platform="linux/arm/v7",
        created=NOW,
        environment={"A": "b=c", "B": ""},
        labels={"l": "1"},
        user="me",
        entrypoint=("/e", "x"),
        command=(),
        chain=("sha256:1", "sha256:2"),
        history=("ADD one", "RUN two"),
    )


def test_an_image_that_says_nothing_has_an_empty_configuration() -> None:
    raw = {"Id": "sha256:00", "Config": None, "RootFS": {"Type": "layers"}}
    assert answers.config_of_detail(msgspec.convert(raw, answers.ImageDetail)) == ImageConfig(platform="")


def test_platforms_of_attachments_are_none_of_the_image() -> None:
    told = [
        {"os": "linux", "architecture": "amd64"},
        {"os": "linux", "architecture": "arm64", "variant": "v8"},
        {"os": "unknown", "architecture": "unknown"},
    ]
    image = published(told)
    assert (image.digest, image.platforms, image.platform) == (
        DIGEST,
        ("linux/amd64", "linux/arm64/v8"),
        "linux/amd64",
    )
    assert (image.registry, image.layers, image.config, image.asked_at) == ("docker.io", (), None, NOW)
    assert published(told, "linux/arm64").platform == "linux/arm64/v8"
    assert published(told, "linux/s390x").platform == ""


def test_a_registry_that_tells_no_platform_leaves_it_open() -> None:
    for nothing in (None, [], [{}], [{"os": "linux", "architecture": ""}]):
        assert published(nothing).platforms == ()
