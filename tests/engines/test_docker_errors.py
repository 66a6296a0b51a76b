"""The texts are what engines of several versions were seen to answer."""

import http.client

import pytest
import requests

from drydock.engines.docker_errors import (
    Act,
    message_of,
    raw_text,
    reach_of_failure,
    trouble_of_answer,
    trouble_of_failure,
)
from drydock.engines.docker_wording import Doing
from drydock.engines.wire import Refused, Silent

REFERENCE = "registry.example/team/image:1.0"
MANIFEST = "unknown: failed to resolve reference: unexpected status from HEAD request to http://r/v2/x/manifests/1: "
PULL = "error pulling image configuration: download failed after attempts=6: "


def act(doing: Doing, *, begun: bool = False) -> Act:
    return Act(doing=doing, endpoint="unix:///e.sock", subject=REFERENCE, begun=begun)


@pytest.mark.parametrize(
    ("doing", "status", "text", "expected"),
    [
        ("pull", 404, "manifest for r/x:9 not found: manifest unknown: manifest unknown", "image-not-found"),
        (
            "pull",
            404,
            "pull access denied for x, repository does not exist or may require login",
            "image-not-found",
        ),
        ("pull", 500, "unauthorized", "registry-auth"),
        ("pull", 401, "anything", "registry-auth"),
        ("pull", 500, MANIFEST + "401 Unauthorized", "registry-auth"),
        ("pull", 500, "toomanyrequests: You have reached your pull rate limit.", "registry-rate-limit"),
        ("pull", 500, MANIFEST + "429 Too Many Requests", "registry-rate-limit"),
        ("pull", 500, "received unexpected HTTP status: 500 Internal Server Error", "registry-error"),
        ("pull", 500, "received unexpected HTTP status: 503 Service Unavailable", "registry-error"),
        ("pull", 500, MANIFEST + "500 Internal Server Error", "registry-error"),
        ("pull", 400, "invalid reference format", "image-name-invalid"),
        ("pull", 500, 'Get "http:": http: no Host in request URL', "image-name-invalid"),
        ("pull", 500, 'Get "https://r.invalid/v2/": dial tcp: lookup r.invalid: no such host', "registry-unreachable"),
        ("pull", 500, 'Get "http://r/v2/": dial tcp 10.0.0.1:80: connect: connection refused', "registry-unreachable"),
        (
            "pull",
            500,
            'Get "https://r/v2/": proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused',
            "registry-proxy",
        ),
        ("pull", 500, 'Get "https://r/v2/": Proxy Authentication Required', "registry-proxy"),
        ("pull", 500, 'Get "https://r/v2/": x509: certificate signed by unknown authority', "registry-tls"),
        ("pull", 500, "http: server gave HTTP response to HTTPS client", "registry-tls"),
        ("pull", 0, "filesystem layer verification failed for digest sha256:00", "pull-corrupt"),
        ("pull", 0, "commit failed: unexpected commit digest sha256:00, expected sha256:11", "pull-corrupt"),
        ("pull", 0, "write /data/tmp/GetImageBlob1: no space left on device", "disk-full"),
        ("pull", 0, "no matching manifest for linux/arm64 in the manifest list entries", "platform-missing"),
        ("pull", 0, "something nobody has seen", "engine-error"),
        ("create", 404, "No such image: nope:1", "image-not-found"),
        ("create", 409, 'Conflict. The container name "/x" is already in use by container "00".', "name-taken"),
        ("create", 500, "creating container storage: the container name x is already in use", "name-taken"),
        (
            "create",
            400,
            "invalid mount config for type: bind source path does not exist: /x",
            "mount-source-missing",
        ),
        ("container", 500, 'could not select device driver "" with capabilities: [[gpu]]', "gpu-runtime-missing"),
        ("create", 400, "Unknown runtime specified nvidia", "gpu-runtime-missing"),
        ("create", 400, "unknown or invalid runtime name: nvidia", "gpu-runtime-missing"),
        (
            "container",
            500,
            "error running hook #0: stderr: nvidia-container-cli: nvml error",
            "gpu-runtime-failed",
        ),
        ("container", 500, "unresolvable CDI devices nvidia.com/gpu=9", "cdi-device-missing"),
        ("container", 500, 'could not select device driver "cdi" with capabilities: []', "cdi-device-missing"),
        ("container", 500, "Bind for 127.0.0.1:8888 failed: port is already allocated", "port-taken"),
        ("container", 404, "No such container: x", "container-not-found"),
        ("container", 409, "Container 00 is not running", "container-not-running"),
        ("container", 400, 'exec: "nope": executable file not found in $PATH: unknown', "program-not-in-image"),
        ("image", 409, "conflict: unable to remove: image is being used by running container 00", "image-in-use"),
        ("image", 404, "No such image: x", "image-not-found"),
        ("build", 0, "The command '/bin/sh -c exit 3' returned a non-zero code: 3", "build-failed"),
        ("build", 0, "The command '/bin/sh -c curl: connection refused' returned a non-zero code: 7", "build-failed"),
        ("build", 0, "pull access denied for x, repository does not exist or may require login", "image-not-found"),
    ],
)
def test_what_engines_say_gets_its_name(doing: Doing, status: int, text: str, expected: str) -> None:
    trouble = trouble_of_answer(act(doing), status, text)
    assert trouble.id == expected
    assert trouble.values["text"] == text


@pytest.mark.parametrize(
    "text",
    [
        "driver failed: Error starting userland proxy: listen tcp4 127.0.0.1:8877: bind: address already in use",
        "failed to bind host port for 127.0.0.1:8877:172.17.0.2:80/tcp: address already in use",
        "Bind for 0.0.0.0:8877 failed: port is already allocated",
    ],
)
def test_the_taken_port_is_named(text: str) -> None:
    assert trouble_of_answer(act("container"), 500, text).values["port"] == "8877"


def test_a_registry_that_goes_away_in_the_middle_is_an_interruption() -> None:
    text = PULL + "dial tcp 10.0.0.1:80: connect: connection refused"
    assert trouble_of_answer(act("pull"), 0, text).id == "registry-unreachable"
    assert trouble_of_answer(act("pull", begun=True), 0, text).id == "pull-interrupted"


def test_an_error_body_is_opened() -> None:
    assert message_of('{"message":"no space"}\n') == "no space"
    assert message_of('{"cause":"a","message":"b"}') == "b"
    assert message_of("<html>") == "<html>"
    assert message_of("[1]") == "[1]"
    assert len(message_of("x" * 100_000)) < 10_000


def test_failures_of_the_connection_get_their_names() -> None:
    assert trouble_of_failure(act("engine"), TimeoutError("timed out")).id == "engine-timeout"
    assert trouble_of_failure(act("engine"), ConnectionResetError(104, "reset")).id == "engine-lost"
    assert trouble_of_failure(act("engine"), PermissionError(13, "denied")).id == "engine-no-permission"
    assert trouble_of_failure(act("pull"), Silent(120)).id == "pull-interrupted"
    assert trouble_of_failure(act("build"), Silent(120)).id == "engine-timeout"
    wrapped = RuntimeError("outer", ConnectionRefusedError(111, "refused"))
    assert trouble_of_failure(act("engine"), wrapped).id == "engine-lost"


def test_status_answers_of_what_is_no_engine() -> None:
    assert reach_of_failure(Refused(404, "<html>"), local=True, installed=True).kind == "not_an_engine"
    assert reach_of_failure(Refused(503, "starting"), local=True, installed=True).kind == "unreachable"
    old = Refused(400, '{"message":"client version 1.52 is too new. Maximum supported API version is 1.39"}')
    assert reach_of_failure(old, local=True, installed=True).kind == "too_old"


def raised(error: BaseException, cause: BaseException) -> BaseException:
    """Return an error as it comes when another one led to it."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (
            raised(
                requests.exceptions.ConnectionError("('Connection aborted.', …)"),
                ConnectionResetError(104, "Connection reset by peer"),
            ),
            "Connection reset by peer",
        ),
        (http.client.IncompleteRead(b""), "the answer broke off"),
        (TimeoutError("timed out"), "timed out"),
        (Refused(404, ""), "HTTP 404"),
        (Refused(404, '{"message": "page not found"}'), "HTTP 404: page not found"),
        (ValueError(), "ValueError"),
    ],
)
def test_errors_are_told_in_the_systems_own_words(error: BaseException, expected: str) -> None:
    assert raw_text(error) == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("toomanyrequests: retry-after: 178.5ms, allowed: 44000/minute", 0.1785),
        ("toomanyrequests: retry-after: 250µs, allowed: 44000/minute", 0.00025),
        ("toomanyrequests: retry-after: 1h2m3s", 3723.0),
        ("429 Too Many Requests, Retry-After: 30", 30.0),
        ("Too Many Requests. Retry after 90 seconds", 90.0),
    ],
)
def test_a_registry_that_says_when_to_come_back_is_understood(text: str, seconds: float) -> None:
    trouble = trouble_of_answer(act("pull"), 500, text)
    assert trouble.id == "registry-rate-limit"
    assert trouble.values["retry_after"] == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["toomanyrequests: You have reached your pull rate limit.", "toomanyrequests: retry-after: soon"]
)
def test_a_registry_that_does_not_say_when_is_not_guessed(text: str) -> None:
    assert "retry_after" not in trouble_of_answer(act("pull"), 500, text).values
