"""Docker Hub and its mirrors, and lists of tags page by page.

A stand-in for a proxy leads Docker Hub's names to servers of the tests.
"""

import pytest
from tests.support.registries import free_port
from tests.support.web_stand_ins import ConnectProxy, Reply, ScriptedServer, TokenGate, forwarding, json_reply

from drydock.core.facts import Login, RegistryRules
from drydock.core.trouble import Trouble
from drydock.registry import asking
from drydock.world import Stop

AMD64 = "linux/amd64"


@pytest.fixture
def hub(plain_registry, certificates):
    """Docker Hub, as far as the tests need it; ``hub.variables`` lead to it."""
    plain_registry.put_image("library/ubuntu", "24.04", layers=(b"hub",))
    gate = TokenGate(forwarding(plain_registry.address))
    gate.realm = "https://auth.docker.io/token"
    with (
        ScriptedServer(gate, certificates.server_context()) as server,
        ConnectProxy({"registry-1.docker.io:443": server.address, "auth.docker.io:443": server.address}) as proxy,
    ):
        server.gate, server.proxy = gate, proxy
        server.variables = {"HTTPS_PROXY": proxy.address, "REQUESTS_CA_BUNDLE": str(certificates.authority)}
        yield server


def test_docker_hub(hub, client):
    hub.gate.users = {"me": "pw"}
    registry = client(variables=hub.variables, login={"docker.io": Login(username="me", password="pw")})
    found = registry.image("ubuntu:24.04", AMD64, Stop())
    assert (found.registry, found.reference) == ("registry-1.docker.io", "ubuntu:24.04")
    assert hub.gate.asked[0][0]["scope"] == "repository:library/ubuntu:pull"
    assert registry.logins_wanted == ["docker.io"]
    assert set(hub.proxy.asked) == {"CONNECT registry-1.docker.io:443", "CONNECT auth.docker.io:443"}
    assert registry.tags("ubuntu", Stop()).tags == ("24.04",)


def test_manifests_are_read_once_since_docker_hub_counts_them(hub, client):
    registry = client(variables=hub.variables)
    one, other = (registry.image("ubuntu:24.04", AMD64, Stop()) for _ in range(2))
    assert one == other
    read = [path for path in hub.paths() if path.startswith("GET") and "/manifests/" in path]
    assert read == [f"GET /v2/library/ubuntu/manifests/{one.digest}"]


def test_what_docker_hub_refuses_with_a_token_is_not_there(hub, client, trouble):
    hub.gate._good = frozenset()
    hub.gate._token = lambda asked: json_reply({"token": "good-for-nothing"})
    assert trouble(client(variables=hub.variables).image, "nobody/nothing:1", AMD64).id == "image-not-found"


def test_a_mirror_answers_in_place_of_docker_hub(hub, plain_registry, client):
    rules = RegistryRules(mirrors=(f"http://{plain_registry}",))
    found = client(variables=hub.variables, rules=rules).image("ubuntu:24.04", AMD64, Stop())
    assert (found.registry, hub.asked) == (plain_registry.address, [])


def test_mirrors_that_fail_are_passed_over(hub, client):
    def broken(asked):
        return json_reply({"errors": [{"message": "no such thing"}]}, 404)

    with (
        ScriptedServer(broken) as empty,
        ScriptedServer(lambda asked: Reply(raw=b"nonsense\r\n\r\n")) as odd,
        ScriptedServer(TokenGate(broken, users={"a": "b"})) as closed,
    ):
        mirrors = (f"http://127.0.0.1:{free_port()}", f"http://{empty}", f"http://{odd}", f"http://{closed}")
        login = {"docker.io": Login(username="me", password="pw")}
        registry = client(variables=hub.variables, rules=RegistryRules(mirrors=mirrors), login=login)
        found = registry.image("ubuntu:24.04", AMD64, Stop())
        assert found.registry == "registry-1.docker.io"
        # each was asked, and none was given Docker Hub's login
        for server in (empty, odd, closed):
            assert server.asked
            assert not any("authorization" in asked.headers for asked in server.asked)


def test_a_mirror_that_is_silent_does_not_use_up_the_time(hub, client, monkeypatch):
    monkeypatch.setattr(asking, "MIRROR_LIMIT", 0.3)
    with ScriptedServer(lambda asked: Reply(200, b"x" * 100, pace=5)) as slow:
        rules = RegistryRules(mirrors=(f"http://{slow}",))
        found = client(variables=hub.variables, rules=rules).image("ubuntu:24.04", AMD64, Stop())
    assert (found.registry, bool(slow.asked)) == ("registry-1.docker.io", True)


def test_when_all_fail_the_mirrors_are_named_too(hub, client, trouble):
    address = f"127.0.0.1:{free_port()}"
    registry = client(variables=hub.variables, rules=RegistryRules(mirrors=(f"http://{address}",)))
    found = trouble(registry.image, "ubuntu:none", AMD64)
    assert found.id == "image-not-found"
    assert found.values["text"].startswith("manifest unknown")
    assert f"{address}: Connection refused" in found.values["text"]


def test_a_mirror_that_has_it_for_others_is_believed_when_docker_hub_is_silent(plain_registry, client, trouble):
    plain_registry.put_image("library/ubuntu", "24.04", layers=(b"hub",))
    nowhere = {"HTTPS_PROXY": f"http://127.0.0.1:{free_port()}"}
    registry = client(variables=nowhere, rules=RegistryRules(mirrors=(f"http://{plain_registry}",)))
    found = trouble(registry.image, "ubuntu:24.04", "linux/s390x")
    assert (found.id, found.values["text"]) == ("platform-missing", "it is published for linux/amd64")
    assert trouble(registry.image, "ubuntu:none", "linux/s390x").id == "registry-unreachable"


def test_tags_are_never_a_mirrors(hub, client):
    with ScriptedServer(lambda asked: json_reply({"tags": ["only-this"]})) as mirror:
        registry = client(variables=hub.variables, rules=RegistryRules(mirrors=(f"http://{mirror}",)))
        assert registry.tags("ubuntu", Stop()).tags == ("24.04",)
        assert mirror.asked == []


def pages(*contents, link):
    """A server of these lists of tags; ``link(address, number)`` leads to the next."""

    def answer(asked):
        number = int(asked.path.partition("page=")[2] or 0)
        more = number + 1 < len(contents)
        headers = {"Link": link(asked.headers["host"], number + 1)} if more else {}
        return json_reply({"name": "a/b", "tags": contents[number]}, **headers)

    return ScriptedServer(answer)


@pytest.mark.parametrize(
    "link",
    [
        lambda host, number: f'</v2/a/b/tags/list?page={number}>; rel="next"',
        lambda host, number: f"<list?page={number}>; rel=next",
        lambda host, number: f'<http://{host}/v2/a/b/tags/list?page={number}>; rel="next"',
    ],
)
def test_pages_of_tags(client, link):
    with pages(["a", "b"], None, [], ["b", "c", "not a tag", "../x"], link=link) as server:
        assert client().tags(f"{server}/a/b", Stop()).tags == ("a", "b", "c")
        assert len([path for path in server.paths() if "tags/list" in path]) == 4


def test_a_list_that_goes_on_elsewhere_is_not_followed(client, trouble):
    with ScriptedServer(lambda asked: json_reply({"tags": ["evil"]})) as other:
        with pages(["a"], ["b"], link=lambda host, number: f"<http://{other}/v2/x?page=1>; rel=next") as server:
            found = trouble(client().tags, f"{server}/a/b")
        assert (found.id, other.asked) == ("registry-error", [])


def test_a_list_without_end_is_refused(client, trouble):
    with pages(*[["a"]] * 50, link=lambda host, number: f"<list?page={number}>; rel=next") as server:
        found = trouble(client().tags, f"{server}/a/b")
        assert (found.id, len(server.asked)) == ("registry-error", asking.PAGE_LIMIT)
    many = [f"t{number}" for number in range(asking.TAG_LIMIT + 1)]
    with pages(many, link=lambda host, number: "") as server:
        assert trouble(client().tags, f"{server}/a/b").id == "registry-error"


def test_a_stop_between_pages(client):
    from drydock.core.trouble import Stopped

    stop = Stop()

    def link(host, number):
        if number == 3:
            stop.request()
        return f"<list?page={number}>; rel=next"

    with pages(*[["a"]] * 10, link=link) as server:
        with pytest.raises(Stopped):
            client().tags(f"{server}/a/b", stop)
        assert len(server.asked) == 3


@pytest.mark.parametrize("body", [b"[]", b'{"tags": 5}', b'{"tags": [1]}', b"<html>", b""])
def test_a_list_that_is_none(client, body):
    with ScriptedServer(lambda asked: Reply(200, body)) as server, pytest.raises(Trouble) as caught:
        client().tags(f"{server}/a/b", Stop())
    assert caught.value.id == "registry-error"
