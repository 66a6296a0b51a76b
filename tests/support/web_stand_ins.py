"""Small servers that play what cannot be had in a test: a token service, a proxy, a server that misbehaves.

They stand in for the real ones only in the ways that the tests name, and listen on loopback alone.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import secrets
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

_TLS_GREETING = b"\x16"


@dataclass(frozen=True)
class Asked:
    """A request that came in; names of headers in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to answer.

    Attributes:
        pace: seconds to wait after each byte of the body.
        declared: length to announce; None announces the true one.
        raw: sent in place of everything else.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pace: float = 0
    declared: int | None = None
    raw: bytes | None = None


def json_reply(content: Any, status: int = 200, **headers: str) -> Reply:
    """A reply in JSON; underscores in the names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(content).encode(), {"Content-Type": "application/json", **named})


class ScriptedServer:
    """A web server that answers as a function says; a context manager."""

    def __init__(self, answer: Callable[[Asked], Reply], tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self._answer = answer
        self._closing = threading.Event()
        self._server = _Server(self, tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="scripted server")

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __str__(self) -> str:
        return self.address

    @property
    def address(self) -> str:
        """``127.0.0.1:port``."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def paths(self) -> list[str]:
        """``METHOD path`` of every request so far."""
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    def reply_to(self, asked: Asked) -> Reply:
        """Answer one request; called in the server's threads."""
        self.asked.append(asked)
        return self._answer(asked)

    def wait(self, seconds: float) -> bool:
        """Wait, unless the server closes; say whether it does."""
        return self._closing.wait(seconds)


def forwarding(upstream: str) -> Callable[[Asked], Reply]:
    """Answer as the registry at ``upstream`` (plain HTTP) does."""

    def answer(asked: Asked) -> Reply:
        kept = {name: value for name, value in asked.headers.items() if name in {"accept", "range"}}
        with contextlib.closing(http.client.HTTPConnection(upstream, timeout=10)) as connection:
            connection.request(asked.method, asked.path, headers=kept)
            got = connection.getresponse()
            body = got.read()
            passed = {name: value for name, value in got.getheaders() if name.lower() not in _HOP_HEADERS}
            length = int(got.headers.get("Content-Length") or len(body))
            return Reply(got.status, body, passed, declared=length if asked.method == "HEAD" else None)

    return answer


class TokenGate:
    """Stands in for a token service and a registry that wants its tokens; behind it answers ``inner``.

    Attributes:
        realm: to name in the challenge; empty names this server.
        users: name and password of those who get a token. When empty, everybody does.
        refresh_tokens: identity tokens that are good.
        asked: requests for tokens, as query or form and the Authorization header.
    """

    def __init__(self, inner: Callable[[Asked], Reply], *, users: Mapping[str, str] | None = None) -> None:
        self.realm = ""
        self.users = dict(users or {})
        self.refresh_tokens: set[str] = set()
        self.asked: list[tuple[dict[str, str], str]] = []
        self.extra = ""
        self._inner = inner
        self._good: set[str] = set()

    def __call__(self, asked: Asked) -> Reply:
        if urlsplit(asked.path).path == "/token":
            return self._token(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") in self._good:
            return self._inner(asked)
        realm = self.realm or f"http://{asked.headers['host']}/token"
        challenge = f'Bearer realm="{realm}",service="tests",scope="repository:wanted/too-much:pull,push"{self.extra}'
        return json_reply(
            {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]},
            401,
            WWW_Authenticate=challenge,
        )

    def forget(self) -> None:
        """No token that was given is good any more."""
        self._good.clear()

    def _token(self, asked: Asked) -> Reply:
        text = asked.body.decode() if asked.method == "POST" else urlsplit(asked.path).query
        query = {name: values[0] for name, values in parse_qs(text).items()}
        header = asked.headers.get("authorization", "")
        self.asked.append((query, header))
        if asked.method == "POST":
            allowed = query.get("refresh_token") in self.refresh_tokens
        else:
            allowed = not self.users or self._known(header)
        if not allowed:
            return json_reply({"details": "incorrect username or password"}, 401)
        token = secrets.token_hex(8)
        self._good.add(token)
        return json_reply({"access_token" if asked.method == "POST" else "token": token, "expires_in": 300})

    def _known(self, header: str) -> bool:
        name, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        return name in self.users and self.users[name] == password


class ConnectProxy:
    """Stands in for a company's HTTP proxy; it leads names to servers of the tests. A context manager.

    Attributes:
        routes: ``host:port`` as asked for, to the address that answers; others are refused with 502.
        login: the Proxy-Authorization header that it wants.
        asked: ``METHOD target`` of every request.
    """

    def __init__(self, routes: Mapping[str, str], login: str = "") -> None:
        self.routes = dict(routes)
        self.login = login
        self.asked: list[str] = []
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> ConnectProxy:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    @property
    def address(self) -> str:
        """``http://127.0.0.1:port``."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="proxy stand-in")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = self._listener.accept()
                self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(5)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(4096)
                if not piece:
                    return
                head += piece
            method, target = head.decode("latin-1").split(" ", 2)[:2]
            self.asked.append(f"{method} {target}")
            if self.login and f"proxy-authorization: {self.login}".lower() not in head.decode("latin-1").lower():
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            place = target if method == "CONNECT" else urlsplit(target).netloc
            if place not in self.routes:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            host, port = self.routes[place].split(":")
            with socket.create_connection((host, int(port)), timeout=5) as server:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    path = target.split(place, 1)[1] or "/"
                    server.sendall(head.replace(target.encode(), path.encode(), 1))
                self._relay(client, server)

    def _relay(self, one: socket.socket, other: socket.socket) -> None:
        while not self._closing.is_set():
            for ready in select.select([one, other], [], [], 0.05)[0]:
                piece = ready.recv(1 << 16)
                if not piece:
                    return
                (other if ready is one else one).sendall(piece)


_HOP_HEADERS = {"connection", "transfer-encoding", "content-length", "server", "date"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def handle(self) -> None:
        server = cast("_Server", self.server)
        with contextlib.suppress(OSError):
            if server.tls is not None:
                self.connection.settimeout(5)
                self.connection = server.tls.wrap_socket(self.connection, server_side=True)
                self.request = self.connection
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb", buffering=0)
            elif self.connection.recv(1, socket.MSG_PEEK) == _TLS_GREETING:
                return
            super().handle()

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, self.rfile.read(length) if length else b"")
        scripted = cast("_Server", self.server).scripted
        reply = scripted.reply_to(asked)
        if reply.raw is not None:
            self.wfile.write(reply.raw)
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body) if reply.declared is None else reply.declared))
        self.end_headers()
        if self.command == "HEAD":
            return
        if not reply.pace:
            self.wfile.write(reply.body)
            return
        for place in range(len(reply.body)):
            self.wfile.write(reply.body[place : place + 1])
            if scripted.wait(reply.pace):
                return

    do_HEAD = do_GET
    do_POST = do_GET

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()
        with contextlib.suppress(OSError):
            self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: tests read what was asked."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, scripted: ScriptedServer, tls: ssl.SSLContext | None) -> None:
        self.scripted = scripted
        self.tls = tls
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that go away are what is tested."""


def until(true: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
