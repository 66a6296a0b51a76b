"""Registries of the tests, and the clients that ask them."""

import pytest
from tests.support import registries

from drydock.core.facts import RegistryRules
from drydock.core.trouble import Trouble
from drydock.registry.client import Registry
from drydock.registry.reading import Shelf
from drydock.world import Stop

NOW = "2026-01-02T03:04:05Z"


@pytest.fixture(scope="session")
def plain_registry(tmp_path_factory):
    with registries.running_registry(tmp_path_factory.mktemp("plain-registry")) as registry:
        yield registry


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    registries.need_programs()
    folder = tmp_path_factory.mktemp("certificates")
    return registries.make_certificates(folder, "registry-1.docker.io", "auth.docker.io", "reg.example.org")


@pytest.fixture(scope="session")
def private_registry(tmp_path_factory, certificates):
    folder = tmp_path_factory.mktemp("private-registry")
    with registries.running_registry(folder, certificates=certificates, with_login=True) as registry:
        yield registry


@pytest.fixture
def client(tmp_path):
    """Make a client: ``client(login=…, rules=…, variables=…, limit=…)``, with logins by name of registry."""
    opened = []

    def make(login=None, rules=None, variables=None, **more):
        wanted = []

        def find(name):
            wanted.append(name)
            return (login or {}).get(name)

        registry = Registry(
            login=find,
            rules=rules or RegistryRules(),
            variables=variables or {},
            now=lambda: NOW,
            **{"certificate_folders": (tmp_path / "certs.d",), "shelf": Shelf(), **more},
        )
        registry.logins_wanted = wanted
        opened.append(registry)
        return registry

    yield make
    for registry in opened:
        registry.close()


@pytest.fixture
def trouble():
    """Ask, and return the trouble it ends in: ``trouble(registry.image, reference, platform)``."""

    def ask(question, *arguments):
        with pytest.raises(Trouble) as caught:
            question(*arguments, Stop())
        return caught.value

    return ask
