"""The images that Drydock made, among the engine's."""

from drydock.core.facts import Container, LocalImage
from drydock.core.launch import derived_of, service_image

PARENT = "pytorch/pytorch:2.9"


def image(image_id, references=(), labels=None, size=10):
    return LocalImage(id=image_id, references=references, digests=(), size=size, created="", labels=labels or {})


def made(parts=("jupyter", "compiler"), parent_id="sha256:one", **changes):
    derived = service_image(PARENT, parent_id, parts, "sha256:digest")
    return image("sha256:" + "d" * 64, (derived.tag,), derived.labels | changes, size=15)


def one(*images, containers=()):
    (found,) = derived_of(images, containers)
    return found


def test_what_a_derived_image_tells():
    found = one(made(), image("sha256:one", (PARENT,)))
    assert (found.parent, found.parent_id, found.parent_digest) == (PARENT, "sha256:one", "sha256:digest")
    assert found.parts == ("jupyter", "compiler")
    assert (found.size, found.added_size) == (15, 5)
    assert (found.state, found.stale) == ("current", False)
    assert derived_of([image("sha256:one", (PARENT,))]) == ()


def test_other_contents_behind_the_name_make_it_stale():
    found = one(made(), image("sha256:one"), image("sha256:two", (PARENT,)))
    assert (found.state, found.stale) == ("parent_changed", True)


def test_another_recipe_makes_it_stale():
    found = one(made(**{"drydock.service-image": "older"}), image("sha256:one", (PARENT,)))
    assert (found.state, found.stale) == ("recipe_changed", True)


def test_a_parent_that_is_gone_may_come_back():
    found = one(made())
    assert (found.state, found.stale, found.added_size) == ("parent_gone", False, None)
    assert one(made(), image("sha256:one")).state == "parent_gone"


def test_the_same_contents_under_another_name_are_the_parent_still():
    assert one(made(), image("sha256:one", ("mirror:5000/pytorch/pytorch:2.9",))).state == "current"


def test_who_uses_it():
    derived = made()

    def container(name, of):
        return Container(id=name, name=name, image=of, status="exited", labels={})

    containers = (
        container("by-name", derived.references[0]),
        container("by-id", derived.id),
        container("by-short-id", "d" * 12),
        container("other", PARENT),
        container("nothing", ""),
    )
    assert one(derived, containers=containers).containers == ("by-name", "by-id", "by-short-id")
