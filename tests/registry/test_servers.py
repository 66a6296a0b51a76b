from drydock.core.facts import RegistryRules
from drydock.registry.reference import parse_reference
from drydock.registry.servers import Server, mirrors_of, registry_of

HUB_IMAGE = parse_reference("pytorch/pytorch:1")


def unknown(name):
    return ()


def test_docker_hub_is_never_asked_without_tls():
    rules = RegistryRules(insecure=("registry-1.docker.io", "docker.io"))
    assert registry_of(HUB_IMAGE, rules, unknown) == Server("registry-1.docker.io", ("https",), True, "docker.io")


def test_an_insecure_registry_is_asked_with_tls_first():
    found = registry_of(parse_reference("reg.local:5000/a"), RegistryRules(insecure=("reg.local:5000",)), unknown)
    assert found == Server("reg.local:5000", ("https", "http"), False, "reg.local:5000")


def test_mirrors_come_in_their_order_and_only_with_their_own_login():
    rules = RegistryRules(mirrors=("https://mirror.example.org/", "http://10.0.0.1:5000"), insecure=("10.0.0.0/8",))
    assert mirrors_of(HUB_IMAGE, rules, unknown) == (
        Server("mirror.example.org", ("https",), True, "mirror.example.org"),
        Server("10.0.0.1:5000", ("http",), False, "10.0.0.1:5000"),
    )


def test_only_docker_hub_has_mirrors():
    rules = RegistryRules(mirrors=("https://mirror.example.org",))
    assert mirrors_of(parse_reference("nvcr.io/nvidia/pytorch"), rules, unknown) == ()


def test_a_mirror_that_is_no_address_is_passed_over():
    rules = RegistryRules(mirrors=("", "http://[x", "ftp://a", "http://h:99999", "https://good"))
    assert [server.host for server in mirrors_of(HUB_IMAGE, rules, unknown)] == ["good"]
