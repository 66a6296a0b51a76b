"""Questions to services of this computer."""

import http.server
import socket
import threading
from contextlib import contextmanager

import pytest

from drydock.core.facts import Known, Missing
from drydock.world.http import get_status, read_greeting


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        allowed = self.headers.get("Authorization") == "token right"
        self.send_response(302 if self.path == "/elsewhere" else 200 if allowed else 403)
        self.send_header("Location", "/")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@contextmanager
def listener():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server, server.getsockname()[1]


def free_port():
    with listener() as (_, port):
        return port


def test_the_status_as_it_is(web, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert get_status(web, "/", limit=5) == Known(403)
    assert get_status(web, "/", limit=5, headers={"Authorization": "token right"}) == Known(200)
    assert get_status(web, "/elsewhere", limit=5) == Known(302)


def test_nobody_there():
    port = free_port()
    assert isinstance(answer := get_status(port, "/", limit=5), Missing)
    assert answer.why == "absent"
    assert isinstance(answer := read_greeting(port, limit=5), Missing)
    assert answer.why == "absent"


def test_one_who_says_nothing():
    with listener() as (_, port):
        assert get_status(port, "/", limit=0.2).why == "timeout"
        assert read_greeting(port, limit=0.2).why == "timeout"


@pytest.mark.parametrize(("said", "heard"), [(b"SSH-2.0-OpenSSH_9.2\r\n", Known("SSH-2.0-OpenSSH_9.2")), (b"", None)])
def test_one_who_speaks_first(said, heard):
    with listener() as (server, port):

        def speak():
            connection, _ = server.accept()
            with connection:
                connection.sendall(said)

        thread = threading.Thread(target=speak)
        thread.start()
        answer = read_greeting(port, limit=5)
        thread.join()
    assert answer == heard if heard else answer.why == "failed"


def test_one_who_speaks_another_language():
    with listener() as (server, port):

        def speak():
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        answer = get_status(port, "/", limit=5)
        thread.join()
    assert answer.why == "failed"
