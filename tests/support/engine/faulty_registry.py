"""A slow and failing proxy in front of a registry, on loopback, with faults switched while it runs."""

from __future__ import annotations

import contextlib
import enum
import http.client
import json
import socket
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

_UPSTREAM_SECONDS = 30
_PIECE_BYTES = 1 << 16


class Fault(enum.Enum):
    """What can go wrong on the way to a registry."""

    CUT = "the connection ends in the middle of a layer"
    HANG = "a layer stops coming, and the connection stays open"
    CORRUPT = "one byte of a layer is wrong"
    BLOB_500 = "a layer is refused with status 500"
    MISSING = "the manifest is not there (404)"
    UNAUTHORIZED = "the manifest is refused with status 401"
    RATE_LIMITED = "the manifest is refused with status 429"
    SERVER_ERROR = "the manifest is refused with status 500"


# status, code and message of the registry protocol's error object
_MANIFEST_REFUSALS = {
    Fault.MISSING: (404, "MANIFEST_UNKNOWN", "manifest unknown"),
    Fault.UNAUTHORIZED: (401, "UNAUTHORIZED", "authentication required"),
    Fault.RATE_LIMITED: (429, "TOOMANYREQUESTS", "the pull rate limit is reached"),
    Fault.SERVER_ERROR: (500, "UNKNOWN", "internal error"),
}


@dataclass
class _Armed:
    fault: Fault
    after_bytes: int
    times: int | None
    digest_part: str


class FaultyRegistry:
    """The proxy; a context manager that is reachable only inside its ``with``.

    Attributes:
        bytes_per_second: limit for each layer's stream; None for no limit. May change at any time.
    """

    def __init__(self, upstream: str, bytes_per_second: float | None = None) -> None:
        """Prepare a proxy for the registry at ``upstream`` (``host:port``)."""
        self.bytes_per_second = bytes_per_second
        self._upstream = upstream
        self._lock = threading.Lock()
        self._armed: _Armed | None = None
        self._seen: list[str] = []
        self._closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> FaultyRegistry:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="faulty-registry")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is None or self._thread is None:
            return
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()  # waits for the threads of all requests

    def __str__(self) -> str:
        return self.address

    @property
    def address(self) -> str:
        """``127.0.0.1:port``, to stand in front of an image name."""
        if self._server is None:
            raise RuntimeError("a FaultyRegistry has an address only inside its `with`")
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> list[str]:
        """``METHOD path [Range]`` of every request so far."""
        with self._lock:
            return list(self._seen)

    def fail(self, fault: Fault, *, after_bytes: int = 0, times: int | None = None, digest_part: str = "") -> None:
        """Make requests go wrong from now on.

        Args:
            fault: what happens.
            after_bytes: for faults inside a layer: how much arrives first; layers no longer than this are spared.
            times: how many requests are hit; None for all.
            digest_part: only layers whose digest contains this.
        """
        with self._lock:
            self._armed = _Armed(fault, after_bytes, times, digest_part)

    def heal(self) -> None:
        """Let everything through again; hanging layers go on."""
        with self._lock:
            self._armed = None

    def forward(self, handler: _Handler) -> None:
        """Answer one request; called in the server's threads."""
        blob_range = handler.headers.get("Range", "")
        with self._lock:
            self._seen.append(f"{handler.command} {handler.path} {blob_range}".strip())
        is_manifest = "/manifests/" in handler.path
        is_blob = "/blobs/sha256:" in handler.path and handler.command == "GET"
        if is_manifest and (refusal := self._fires(*_MANIFEST_REFUSALS)):
            status, code, message = _MANIFEST_REFUSALS[refusal.fault]
            handler.refuse(status, {"errors": [{"code": code, "message": message}]})
        elif is_blob and self._fires(Fault.BLOB_500, path=handler.path):
            handler.refuse(500, {"errors": [{"code": "UNKNOWN", "message": "internal error"}]})
        else:
            with contextlib.closing(http.client.HTTPConnection(self._upstream, timeout=_UPSTREAM_SECONDS)) as upstream:
                upstream.request(handler.command, handler.path, headers=handler.forwarded_headers())
                self._relay(upstream.getresponse(), handler, is_blob=is_blob)

    @contextlib.contextmanager
    def connected(self, connection: socket.socket) -> Generator[None]:
        """Remember a connection as long as it is served."""
        with self._lock:
            self._connections.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._connections.discard(connection)

    def _fires(self, *faults: Fault, path: str = "", length: int | None = None) -> _Armed | None:
        with self._lock:
            armed = self._armed
            if armed is None or armed.fault not in faults or armed.times == 0:
                return None
            if armed.digest_part not in path or (length is not None and length <= armed.after_bytes):
                return None
            if armed.times is not None:
                armed.times -= 1
            return armed

    def _relay(self, answer: http.client.HTTPResponse, handler: _Handler, *, is_blob: bool) -> None:
        handler.begin(answer)
        if handler.command == "HEAD":
            return
        hit = None
        if is_blob:
            length = int(answer.headers.get("Content-Length", "0"))
            hit = self._fires(Fault.CUT, Fault.HANG, Fault.CORRUPT, path=handler.path, length=length)
        sent = 0
        begin = time.monotonic()
        while piece := answer.read(_PIECE_BYTES):
            if hit and sent + len(piece) > hit.after_bytes:
                keep = hit.after_bytes - sent
                handler.wfile.write(piece[:keep])
                if hit.fault is Fault.CUT:
                    handler.close_connection = True
                    handler.connection.shutdown(socket.SHUT_RDWR)
                    return
                piece = self._disturbed(hit.fault, piece[keep:])
                hit, sent = None, sent + keep
            handler.wfile.write(piece)
            sent += len(piece)
            if is_blob and self.bytes_per_second:
                self._closing.wait(max(0.0, sent / self.bytes_per_second - (time.monotonic() - begin)))

    def _disturbed(self, fault: Fault, piece: bytes) -> bytes:
        if fault is Fault.CORRUPT:
            return bytes([piece[0] ^ 0xFF]) + piece[1:]
        while not self._closing.wait(0.02):
            with self._lock:
                if self._armed is None or self._armed.fault is not Fault.HANG:
                    break
        return piece


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # an engine first tries TLS and goes on with plain HTTP only after an answer that is whole HTTP
    default_request_version = "HTTP/1.1"

    def handle(self) -> None:
        proxy = cast("_Server", self.server).proxy
        with proxy.connected(self.connection), contextlib.suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        try:
            cast("_Server", self.server).proxy.forward(self)
        except (OSError, http.client.HTTPException):
            # the client went away, or the registry behind did: both ends show it as a broken connection
            self.close_connection = True

    do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: tests read ``FaultyRegistry.requests``."""

    def forwarded_headers(self) -> dict[str, str]:
        """The client's headers; repeated ones joined, since an engine sends several Accept lines."""
        names = {name for name in self.headers if name.lower() not in ("connection", "host")}
        return {name: ", ".join(self.headers.get_all(name) or []) for name in names}

    def begin(self, answer: http.client.HTTPResponse) -> None:
        """Send the status line and headers of the registry's answer."""
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "server", "date"):
                self.send_header(name, value)
        self.end_headers()

    def refuse(self, status: int, content: dict[str, Any]) -> None:
        """Answer with an error object instead of asking the registry."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close() waits for them and none is left over
    block_on_close = True

    def __init__(self, proxy: FaultyRegistry) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)
