"""The faulty proxy of the pull tests in front of the real registry, and what is kept of what was read."""

import time

import pytest
from tests.support.engine.faulty_registry import Fault, FaultyRegistry

from drydock.registry.reading import Shelf
from drydock.world import Stop

AMD64 = "linux/amd64"


@pytest.fixture
def faulty(plain_registry):
    plain_registry.put_image("faulty/image", "1")
    with FaultyRegistry(plain_registry.address) as proxy:
        yield proxy


@pytest.mark.parametrize(
    ("fault", "trouble_id"),
    [
        (Fault.CUT, "registry-unreachable"),
        (Fault.CORRUPT, "pull-corrupt"),
        (Fault.BLOB_500, "registry-error"),
        (Fault.MISSING, "image-not-found"),
        (Fault.UNAUTHORIZED, "registry-auth"),
        (Fault.RATE_LIMITED, "registry-rate-limit"),
        (Fault.SERVER_ERROR, "registry-error"),
    ],
)
def test_each_fault_has_its_name_and_is_over_when_healed(faulty, client, trouble, fault, trouble_id):
    registry = client()
    faulty.fail(fault, after_bytes=10)
    assert trouble(registry.image, f"{faulty}/faulty/image:1", AMD64).id == trouble_id
    faulty.heal()
    assert registry.image(f"{faulty}/faulty/image:1", AMD64, Stop()).platform == AMD64


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.BLOB_500, Fault.SERVER_ERROR])
def test_a_fault_that_passes_is_got_over(faulty, client, fault):
    faulty.fail(fault, after_bytes=10, times=1)
    assert client().image(f"{faulty}/faulty/image:1", AMD64, Stop()).platform == AMD64


def test_a_registry_that_falls_silent(faulty, client, trouble):
    faulty.fail(Fault.HANG, after_bytes=10)
    begin = time.monotonic()
    # generous: the attempt with TLS may have to be waited for
    found = trouble(client(limit=7).image, f"{faulty}/faulty/image:1", AMD64)
    assert time.monotonic() - begin < 20
    assert found.id == "registry-unreachable"


def test_a_shelf_drops_what_was_not_used_for_longest():
    shelf = Shelf(10)
    for name in ("a", "b"):
        shelf.put(name, b"1234")
    assert shelf.get("a") == b"1234"
    shelf.put("c", b"1234")
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (b"1234", None, b"1234")
    shelf.put("large", b"x" * 11)
    assert shelf.get("large") is None
