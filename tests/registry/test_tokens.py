"""Tokens and logins; a stand-in for a token service is in front of the real registry."""

import pytest
from tests.support.registries import basic
from tests.support.web_stand_ins import Reply, ScriptedServer, TokenGate, forwarding, json_reply

from drydock.core.facts import Login
from drydock.world import Stop

AMD64 = "linux/amd64"


@pytest.fixture
def gate(plain_registry):
    plain_registry.put_image("gated/image", "1")
    plain_registry.put_image("gated/other", "1")
    return TokenGate(forwarding(plain_registry.address))


@pytest.fixture
def server(gate):
    with ScriptedServer(gate) as running:
        yield running


def test_a_token_for_nobody_in_particular_is_asked_for_once(gate, server, client):
    registry = client()
    found = registry.image(f"{server}/gated/image:1", AMD64, Stop())
    assert len(found.layers) == 2
    assert registry.tags(f"{server}/gated/image", Stop()).tags == ("1",)
    # only what reading needs, whatever the challenge names
    assert gate.asked == [({"service": "tests", "scope": "repository:gated/image:pull"}, "")]
    registry.image(f"{server}/gated/other:1", AMD64, Stop())
    assert gate.asked[1:] == [({"service": "tests", "scope": "repository:gated/other:pull"}, "")]


def test_a_token_that_is_over_is_replaced(gate, server, client):
    registry = client()
    registry.tags(f"{server}/gated/image", Stop())
    gate.forget()
    assert registry.tags(f"{server}/gated/image", Stop()).tags == ("1",)
    assert len(gate.asked) == 2


def test_a_token_for_a_login(gate, server, client):
    gate.users = {"me": "it's"}
    registry = client(login={server.address: Login(username="me", password="it's")})
    assert registry.image(f"{server}/gated/image:1", AMD64, Stop()).platform == AMD64
    query, header = gate.asked[0]
    assert (query["account"], header) == ("me", basic("me", "it's"))
    assert registry.logins_wanted == [server.address]
    # the registry itself sees the token alone
    assert not any(
        basic("me", "it's") == asked.headers.get("authorization") for asked in server.asked if "/v2/" in asked.path
    )


def test_a_wrong_login_is_told_in_the_registrys_own_words(gate, server, client, trouble):
    gate.users = {"me": "right"}
    registry = client(login={server.address: Login(username="me", password="not-right")})
    found = trouble(registry.image, f"{server}/gated/image:1", AMD64)
    assert found.id == "registry-auth"
    assert "incorrect username or password" in found.values["text"]
    assert "not-right" not in str(found)


def test_an_identity_token_is_exchanged(gate, server, client):
    gate.refresh_tokens = {"the identity&token"}
    registry = client(login={server.address: Login(identity_token="the identity&token")})
    assert registry.image(f"{server}/gated/image:1", AMD64, Stop()).platform == AMD64
    [(form, header)] = gate.asked
    assert (form["grant_type"], form["scope"], header) == ("refresh_token", "repository:gated/image:pull", "")


def test_an_identity_token_is_not_sent_on_to_another_server(gate, server, client, trouble):
    with ScriptedServer(lambda asked: json_reply({"token": "x"})) as other:
        inner = gate._token
        gate._token = lambda asked: Reply(307, headers={"Location": f"http://{other}/token"}) if inner else None
        registry = client(login={server.address: Login(identity_token="secret-token")})
        found = trouble(registry.image, f"{server}/gated/image:1", AMD64)
        assert (found.id, other.asked) == ("registry-error", [])


def test_a_login_is_not_sent_on_to_another_server(gate, server, client):
    with ScriptedServer(lambda asked: json_reply({"token": "x"})) as other:
        gate._token = lambda asked: Reply(307, headers={"Location": f"http://{other}/token"})
        registry = client(login={server.address: Login(username="me", password="secret")})
        with pytest.raises(Exception, match="registry-auth"):
            registry.image(f"{server}/gated/image:1", AMD64, Stop())
        assert other.asked
        assert not any("authorization" in asked.headers for asked in other.asked)


def test_a_token_that_is_refused(server, gate, client, trouble):
    gate._good = frozenset()
    gate._token = lambda asked: json_reply({"token": "useless"})
    gate.extra = ',error="insufficient_scope"'
    found = trouble(client().image, f"{server}/gated/image:1", AMD64)
    assert (found.id, found.values["text"]) == ("registry-auth", "authentication required")


@pytest.mark.parametrize(
    "answer",
    [
        Reply(200, b"<html><title>Hello</title></html>"),
        json_reply({}),
        json_reply({"token": ""}),
        json_reply({"token": "a\r\nX-Evil: b"}),
        json_reply({"token": 5}),
        json_reply([]),
    ],
)
def test_an_answer_without_a_usable_token(server, gate, client, trouble, answer):
    gate._token = lambda asked: answer
    found = trouble(client().image, f"{server}/gated/image:1", AMD64)
    assert (found.id, "without a token" in found.values["text"]) == ("registry-error", True)


@pytest.mark.parametrize("realm", ["", "/token", "ftp://x/", "http://[x", "https://me:pw@127.0.0.1/token"])
def test_a_realm_that_is_no_address(client, trouble, realm):
    challenge = f'Bearer realm="{realm}"'
    with ScriptedServer(lambda asked: json_reply({}, 401, WWW_Authenticate=challenge)) as server:
        found = trouble(client().image, f"{server}/a/b:1", AMD64)
    assert (found.id, "no address" in found.values["text"]) == ("registry-error", True)


def test_a_realm_that_does_not_answer_is_named(gate, server, client, trouble):
    gate.realm = "http://127.0.0.1:9/token"
    found = trouble(client().image, f"{server}/gated/image:1", AMD64)
    assert (found.id, "127.0.0.1:9" in found.values["text"]) == ("registry-unreachable", True)


def test_a_registry_with_tls_cannot_have_the_login_sent_without(gate, certificates, client, trouble):
    from tests.support.web_stand_ins import ConnectProxy

    gate.realm = "http://reg.example.org/token"
    with (
        ScriptedServer(gate, certificates.server_context()) as server,
        ConnectProxy({"reg.example.org:443": server.address, "reg.example.org:80": server.address}) as proxy,
    ):
        variables = {"all_proxy": proxy.address, "SSL_CERT_FILE": str(certificates.authority)}
        login = {"reg.example.org": Login(username="me", password="secret")}
        found = trouble(client(login=login, variables=variables).image, "reg.example.org/gated/image:1", AMD64)
    assert (found.id, "without TLS" in found.values["text"]) == ("registry-error", True)
    assert proxy.asked == ["CONNECT reg.example.org:443"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_without_a_challenge(client, trouble, status):
    body = {"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}
    with ScriptedServer(lambda asked: json_reply(body, status)) as server:
        found = trouble(client().image, f"{server}/a/b:1", AMD64)
    assert (found.id, found.values["text"]) == ("registry-auth", "requested access to the resource is denied")
