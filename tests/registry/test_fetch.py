"""Redirects, certificates, proxies, limits and what goes wrong on the way."""

import socket
import threading
import time

import pytest
from tests.support.registries import PASSWORD, USER, configuration, digest_of, free_port, make_certificates
from tests.support.web_stand_ins import (
    ConnectProxy,
    Reply,
    ScriptedServer,
    TokenGate,
    forwarding,
    json_reply,
    until,
)

from drydock.core.facts import Login, RegistryRules
from drydock.core.trouble import Stopped, Trouble
from drydock.world import Stop

AMD64 = "linux/amd64"


@pytest.fixture(scope="module")
def upstream(plain_registry):
    plain_registry.put_image("some/image", "1")
    return forwarding(plain_registry.address)


def ask(registry, server, stop=None):
    return registry.image(f"{server}/some/image:1", AMD64, stop or Stop())


# redirects


def test_a_blob_elsewhere_is_read_without_the_token(upstream, client):
    def redirecting(asked):
        if "/blobs/" in asked.path:
            return Reply(307, headers={"Location": f"http://{store}{asked.path}"})
        return upstream(asked)

    with ScriptedServer(upstream) as store, ScriptedServer(TokenGate(redirecting)) as server:
        assert ask(client(), server).platform == AMD64
        assert [path.split("/")[-2] for path in store.paths()] == ["blobs"]
        assert "authorization" not in store.asked[0].headers
        sent = [asked for asked in server.asked if "/blobs/" in asked.path]
        assert all(asked.headers["authorization"].startswith("Bearer ") for asked in sent)


def test_a_redirect_on_the_same_server_keeps_the_token(upstream, client):
    def moved(asked):
        if asked.path.startswith("/v2/old/"):
            return Reply(308, headers={"Location": asked.path.replace("/old/", "/some/")})
        return upstream(asked)

    with ScriptedServer(TokenGate(moved)) as server:
        assert client().image(f"{server}/old/image:1", AMD64, Stop()).platform == AMD64


@pytest.mark.parametrize("target", ["http://portal.example.org/login", "ftp://x/", "http://[x", "//:0/"])
def test_a_redirect_to_where_it_may_not_go(client, trouble, target):
    with ScriptedServer(lambda asked: Reply(302, headers={"Location": target})) as server:
        assert trouble(client().image, f"{server}/some/image:1", AMD64).id == "registry-error"


def test_redirects_in_a_circle(client, trouble):
    with ScriptedServer(lambda asked: Reply(302, headers={"Location": asked.path})) as server:
        found = trouble(client().image, f"{server}/some/image:1", AMD64)
        assert (found.id, len(server.asked) < 12) == ("registry-error", True)


# certificates


@pytest.fixture
def strict(upstream, certificates):
    """A server with TLS under a name that is not this computer's, and the variables that lead to it."""
    with (
        ScriptedServer(upstream, certificates.server_context()) as server,
        ConnectProxy({"reg.example.org:443": server.address}) as proxy,
    ):
        server.variables = {"https_proxy": proxy.address}
        yield server


def test_a_certificate_of_an_unknown_authority(strict, client, trouble):
    found = trouble(client(variables=strict.variables).image, "reg.example.org/some/image:1", AMD64)
    assert found.id == "registry-tls"
    assert "unable to get local issuer certificate" in found.values["text"]
    assert strict.asked == []


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_an_authority_that_the_user_names(strict, client, certificates, name):
    registry = client(variables={**strict.variables, name: str(certificates.authority)})
    assert ask(registry, "reg.example.org").registry == "reg.example.org"


def test_an_authority_that_the_engine_has_for_this_registry(strict, client, certificates, tmp_path, trouble):
    folder = tmp_path / "certs.d" / "reg.example.org"
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_bytes(certificates.authority.read_bytes())
    assert ask(client(variables=strict.variables), "reg.example.org").platform == AMD64
    (folder / "ca.crt").write_text("nonsense")
    found = trouble(client(variables=strict.variables).image, "reg.example.org/some/image:1", AMD64)
    assert (found.id, "ca.crt" in found.values["text"]) == ("registry-tls", True)


def test_a_certificate_of_our_own_for_this_registry(upstream, client, certificates, tmp_path, trouble):
    own = make_certificates(tmp_path / "own")
    with (
        ScriptedServer(upstream, certificates.server_context(own.authority)) as server,
        ConnectProxy({"reg.example.org:443": server.address}) as proxy,
    ):
        variables = {"https_proxy": proxy.address, "SSL_CERT_FILE": str(certificates.authority)}
        assert trouble(client(variables=variables).image, "reg.example.org/some/image:1", AMD64).id in {
            "registry-tls",
            "registry-unreachable",
        }
        folder = tmp_path / "certs.d" / "reg.example.org"
        folder.mkdir(parents=True)
        (folder / "client.cert").write_bytes(own.certificate.read_bytes())
        (folder / "client.key").write_bytes(own.key.read_bytes())
        assert ask(client(variables=variables), "reg.example.org").platform == AMD64


def test_a_certificate_for_another_name(upstream, client, certificates, trouble):
    with (
        ScriptedServer(upstream, certificates.server_context()) as server,
        ConnectProxy({"other.example.org:443": server.address}) as proxy,
    ):
        variables = {"https_proxy": proxy.address, "SSL_CERT_FILE": str(certificates.authority)}
        found = trouble(client(variables=variables).image, "other.example.org/some/image:1", AMD64)
    assert (found.id, "other.example.org" in found.values["text"]) == ("registry-tls", True)


def test_an_insecure_registry_needs_no_known_certificate(strict, client):
    rules = RegistryRules(insecure=("reg.example.org",))
    assert ask(client(variables=strict.variables, rules=rules), "reg.example.org").platform == AMD64


def test_a_bundle_that_is_not_there_is_named(client, trouble):
    variables = {"SSL_CERT_FILE": "/nowhere/bundle.pem"}
    found = trouble(client(variables=variables).image, "reg.example.org/some/image:1", AMD64)
    assert (found.id, "/nowhere/bundle.pem" in found.values["text"]) == ("registry-tls", True)


def test_a_registry_without_tls_that_is_not_listed_as_insecure(upstream, client, trouble):
    with (
        ScriptedServer(upstream) as server,
        ConnectProxy({"reg.example.org:443": server.address, "reg.example.org": server.address}) as proxy,
    ):
        variables = {"all_proxy": proxy.address}
        assert trouble(client(variables=variables).image, "reg.example.org/some/image:1", AMD64).id != "image-not-found"
        assert (server.asked, proxy.asked) == ([], ["CONNECT reg.example.org:443"])
        rules = RegistryRules(insecure=("reg.example.org",))
        assert ask(client(variables=variables, rules=rules), "reg.example.org").platform == AMD64
        assert proxy.asked[-1].startswith("GET http://reg.example.org/v2/")


# proxies


def test_a_proxy_with_a_login(upstream, certificates, client, trouble):
    with (
        ScriptedServer(upstream, certificates.server_context()) as server,
        ConnectProxy({"reg.example.org:443": server.address}, login="Basic bWU6cC53") as proxy,
    ):
        authority = {"SSL_CERT_FILE": str(certificates.authority)}
        address = proxy.address.replace("//", "//me:p.w@")
        assert ask(client(variables={**authority, "https_proxy": address}), "reg.example.org").platform == AMD64
        refused = client(variables={**authority, "https_proxy": proxy.address.replace("//", "//me:wrong@")})
        found = trouble(refused.image, "reg.example.org/some/image:1", AMD64)
        assert f"the proxy {proxy.address}" in found.values["text"]
    assert found.id == "registry-unreachable"
    assert "407" in found.values["text"]
    assert "wrong" not in found.values["text"]


def test_a_proxy_that_does_not_lead_there_or_is_not_there(client, trouble):
    with ConnectProxy({}) as proxy:
        found = trouble(client(variables={"https_proxy": proxy.address}).image, "reg.example.org/a/b", AMD64)
        assert (found.id, f"the proxy {proxy.address}" in found.values["text"]) == ("registry-unreachable", True)
    gone = f"http://127.0.0.1:{free_port()}"
    for setting, words in ((gone, f"the proxy {gone}: Connection refused"), ("socks5://x:1", "kind")):
        found = trouble(client(rules=RegistryRules(proxies={"https": setting})).image, "reg.example.org/a/b", AMD64)
        assert (found.id, words in found.values["text"]) == ("registry-unreachable", True)


def test_this_computer_is_never_asked_through_a_proxy(upstream, client):
    variables = {name: f"http://127.0.0.1:{free_port()}" for name in ("http_proxy", "https_proxy", "all_proxy")}
    with ScriptedServer(upstream) as server:
        assert ask(client(variables=variables), server).platform == AMD64


def test_the_environment_and_netrc_of_the_process_count_for_nothing(upstream, client, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    with ScriptedServer(upstream) as server:
        assert ask(client(), server).platform == AMD64
        assert not any("authorization" in asked.headers for asked in server.asked)


# what goes wrong


@pytest.mark.parametrize(
    ("status", "code", "trouble_id"),
    [
        (404, "MANIFEST_UNKNOWN", "image-not-found"),
        (404, "NAME_UNKNOWN", "image-not-found"),
        (403, "DENIED", "registry-auth"),
        (429, "TOOMANYREQUESTS", "registry-rate-limit"),
        (500, "UNKNOWN", "registry-error"),
        (503, "UNAVAILABLE", "registry-error"),
        (418, "TEAPOT", "registry-error"),
    ],
)
def test_each_refusal_has_its_name_and_the_registrys_words(client, trouble, status, code, trouble_id):
    body = {"errors": [{"code": code, "message": f"told by\x1b[31m {code}"}]}
    with ScriptedServer(lambda asked: json_reply(body, status)) as server:
        found = trouble(client().image, f"{server}/some/image:1", AMD64)
        assert len(server.asked) <= 3
    assert found.id == trouble_id
    # a refused HEAD has no words
    assert code in found.values["text"] or status == 429
    assert "\x1b" not in found.values["text"]


def test_a_pull_limit_is_told_with_its_numbers(client, trouble):
    headers = {"Retry_After": "600", "RateLimit_Limit": "100;w=21600", "RateLimit_Remaining": "0;w=21600"}
    body = {"errors": [{"code": "TOOMANYREQUESTS", "message": "too many pulls"}]}
    with ScriptedServer(lambda asked: json_reply(body, 429, **headers)) as server:
        found = trouble(client().image, f"{server}/some/image:1", AMD64)
        assert "0 of 100 pulls left in 6 h, try again in 600 s" in found.values["text"]
        # one question does not make it worse
        assert len(server.asked) == 1
        assert "too many pulls" in trouble(client().tags, f"{server}/some/image").values["text"]


@pytest.mark.parametrize("failure", [json_reply({}, 503), Reply(raw=b""), Reply(200, b"{", declared=50)])
def test_what_fails_once_is_asked_again(upstream, client, failure):
    failed = []

    def once(asked):
        if asked.method == "GET" and "/manifests/" in asked.path and not failed:
            failed.append(asked.path)
            return failure
        return upstream(asked)

    with ScriptedServer(once) as server:
        assert ask(client(), server).platform == AMD64
        assert failed


def test_what_fails_twice_is_given_up(client, trouble):
    with ScriptedServer(lambda asked: Reply(raw=b"")) as server:
        found = trouble(client().tags, f"{server}/some/image")
        assert (found.id, len(server.asked)) == ("registry-unreachable", 2)
        assert "ended before the answer was whole" in found.values["text"]


def test_a_web_page_in_place_of_an_answer(client, trouble):
    page = Reply(200, b"<!DOCTYPE html><html><title>Welcome to our hotel</title></html>", {"Content-Type": "text/html"})
    with ScriptedServer(lambda asked: page) as server:
        found = trouble(client().image, f"{server}/some/image:1", AMD64)
    assert (found.id, "web page" in found.values["text"]) == ("registry-error", True)
    refused = Reply(403, page.body)
    with ScriptedServer(lambda asked: refused) as server:
        assert trouble(client().image, f"{server}/a/b", AMD64).values["text"] == "Welcome to our hotel"


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n",
    ],
)
def test_an_answer_that_is_no_http(client, trouble, raw):
    with ScriptedServer(lambda asked: Reply(raw=raw)) as server:
        assert trouble(client().image, f"{server}/a/b", AMD64).id in {"registry-error", "registry-unreachable"}


def test_an_answer_without_end_is_cut_off(client, trouble):
    def endless(asked):
        return Reply(raw=b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (9 << 20))

    with ScriptedServer(endless) as server:
        found = trouble(client().image, f"{server}/a/b", AMD64)
    assert (found.id, "more than 4 MiB" in found.values["text"]) == ("registry-error", True)


@pytest.mark.parametrize("part", ["/manifests/", "/blobs/"])
def test_what_is_not_as_its_digest_says_is_refused(upstream, client, trouble, part):
    def changed(asked):
        reply = upstream(asked)
        spoilt = asked.method == "GET" and part in asked.path
        return Reply(reply.status, reply.body + b" ", reply.headers) if spoilt else reply

    with ScriptedServer(changed) as server:
        found = trouble(client().image, f"{server}/some/image:1", AMD64)
    assert (found.id, "digest" in found.values["text"]) == ("pull-corrupt", True)


def test_a_registry_that_tells_no_digest(client):
    config = configuration(AMD64, {})
    manifest = (
        b'{"schemaVersion":2,"config":{"mediaType":"","size":%d,"digest":"%s"},"layers":[]}'
        % (len(config), digest_of(config).encode())
    )  # fmt: skip

    def answer(asked):
        return Reply(200, config if "/blobs/" in asked.path else manifest)

    with ScriptedServer(answer) as server:
        found = client().image(f"{server}/a/b:1", AMD64, Stop())
    assert (found.digest, found.layers) == (digest_of(manifest), ())


def test_a_configuration_that_is_too_large_is_not_read(client, trouble):
    body = b'{"schemaVersion":2,"config":{"mediaType":"","size":99999999,"digest":"sha256:%s"},"layers":[]}' % (
        b"0" * 64
    )
    with ScriptedServer(lambda asked: Reply(200, body)) as server:
        assert trouble(client().image, f"{server}/a/b:1", AMD64).id == "registry-error"
        assert not any("/blobs/" in path for path in server.paths())


# limits and stops


def test_an_answer_that_drips_does_not_outlast_the_question(client, trouble):
    with ScriptedServer(lambda asked: Reply(200, b" " * 10_000, pace=0.02)) as server:
        begin = time.monotonic()
        found = trouble(client(limit=0.5).image, f"{server}/a/b:1", AMD64)
        # all of it would take 200 seconds
        assert time.monotonic() - begin < 60
    assert (found.id, "no whole answer" in found.values["text"]) == ("registry-unreachable", True)
    no_threads_left()


@pytest.mark.parametrize("at", ["connect", "head", "body"])
def test_a_stop_cuts_the_question_off_wherever_it_is(client, at):
    stop = Stop()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = f"127.0.0.1:{listener.getsockname()[1]}"
        taken = []

        def serve():
            connection, _ = listener.accept()
            taken.append(connection)
            if at == "body":
                # the attempt with TLS ends, the one without gets half an answer
                connection.close()
                connection, _ = listener.accept()
                taken.append(connection)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            stop.wait(5)

        serving = threading.Thread(target=serve)
        serving.start()
        asking = threading.Timer(0.3, stop.request)
        asking.start()
        begin = time.monotonic()
        with pytest.raises(Stopped):
            client(limit=90).tags(f"{server}/a/b", stop)
        assert time.monotonic() - begin < 60
        asking.join()
        serving.join()
        for connection in taken:
            connection.close()
    no_threads_left()


def test_a_login_that_takes_for_ever_does_not_hold_a_stop_up(certificates, client):
    stop, entered, released = Stop(), threading.Event(), threading.Event()

    def slow_login(name):
        entered.set()
        released.wait(10)

    registry = client()
    registry._login = slow_login
    with ScriptedServer(TokenGate(lambda asked: json_reply({}))) as server:
        threading.Thread(target=lambda: (entered.wait(10), stop.request())).start()
        with pytest.raises(Stopped):
            registry.image(f"{server}/a/b:1", AMD64, stop)
        released.set()
        no_threads_left()


def no_threads_left():
    until(lambda: not [thread for thread in threading.enumerate() if thread.name == "registry question"])


def test_nothing_secret_is_in_a_trouble(private_registry, client):
    registry = client(login={private_registry.address: Login(username=USER, password=PASSWORD)})
    with pytest.raises(Trouble) as caught:
        registry.image(f"{private_registry}/not/there:1", AMD64, Stop())
    assert caught.value.id == "image-not-found"
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in repr(Login(username=USER, password=PASSWORD))
