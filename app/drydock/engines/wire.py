"""One HTTP exchange with the engine over its socket, read as it comes, that any thread can cut.

The docker SDK reads a stream only in the thread that began it: nothing but a shutdown of the socket below ends a read
that waits for a silent engine. So the long answers (pull, build, logs, exec) are read here, by a thread of their own.
"""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from drydock.engines.endpoint import Endpoint, socket_path
from drydock.world import Stop

CONNECT_LIMIT = 3.0
"""Seconds to wait for the engine to take a connection."""
CALL_LIMIT = 10.0
"""Seconds to wait for the answer to a short question."""

_CHUNK = 1 << 16
_ERROR_BODY_LIMIT = 1 << 20
# bytes read ahead of whoever takes them
_WAITING_LIMIT = 4 << 20


class Silent(Exception):  # noqa: N818 - caught and turned into a Trouble by the caller
    """The engine sent nothing for too long.

    Attributes:
        seconds: the limit that was exceeded.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Refused(Exception):  # noqa: N818 - caught and turned into a Trouble by the caller
    """The engine answered with an error status.

    Attributes:
        status: HTTP status code.
        body: what came with it, undecodable bytes replaced.
    """

    def __init__(self, status: int, body: str) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


def open_socket(endpoint: Endpoint, limit: float = CONNECT_LIMIT) -> socket.socket:
    """Connect to the engine.

    Raises:
        OSError: the connection failed; the kind says how.
    """
    path = endpoint.via or socket_path(endpoint.address)
    if path:
        return _open_unix(path, limit)
    if endpoint.address.startswith("npipe://"):
        return _open_pipe(endpoint.address.removeprefix("npipe:"), limit)
    parts = urlsplit(endpoint.address)
    host = parts.hostname or ""
    plain = socket.create_connection((host, parts.port or 0), timeout=limit)
    if not endpoint.certificates:
        return plain
    try:
        return _tls_context(endpoint).wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def ask(
    endpoint: Endpoint,
    path: str,
    limit: float = CALL_LIMIT,
    connect_limit: float = CONNECT_LIMIT,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Send one GET request and return the body.

    Raises:
        Refused: an error status.
        OSError: no connection or no answer in time.
        http.client.HTTPException: the answer is not HTTP.
    """
    connection = http.client.HTTPConnection("localhost")
    connection.sock = open_socket(endpoint, connect_limit)
    try:
        connection.sock.settimeout(limit)
        connection.request("GET", path, headers={"User-Agent": "drydock", **(headers or {})})
        response = connection.getresponse()
        body = response.read(_ERROR_BODY_LIMIT)
        if response.status >= 400:
            raise Refused(response.status, body.decode("utf-8", "replace"))
        return body
    finally:
        connection.close()


class BodyBroken(OSError):  # noqa: N818 - caught and turned into a Trouble by the caller
    """The file that is sent could not be read to the size it had."""


class Body:
    """A file that is sent as the body of a request.

    Attributes:
        size: bytes that are promised to the engine.
        sent: bytes read so far, which is what the engine has taken but for a few buffers.
        touched: when bytes were last taken, on the monotonic clock.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self.sent = 0
        self.touched = time.monotonic()
        self._file = file

    def read(self, amount: int = -1, /) -> bytes:
        """Return the next bytes; called by the thread that sends.

        Raises:
            BodyBroken: the file cannot be read, or has become shorter.
        """
        try:
            left = self.size - self.sent
            piece = self._file.read(left if amount < 0 else min(amount, left))
        except OSError as error:
            raise BodyBroken(error.errno, error.strerror) from error
        if not piece and self.sent < self.size:
            raise BodyBroken("the file became shorter while it was read")
        self.sent += len(piece)
        self.touched = time.monotonic()
        return piece


class Exchange:
    """A request whose answer is read piece by piece.

    Use as a context manager: leaving it cuts the connection and waits for the reading thread.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        method: str,
        path: str,
        *,
        body: bytes | Body | None = None,
        headers: Mapping[str, str] | None = None,
        connect_limit: float = CONNECT_LIMIT,
    ) -> None:
        """Connect; the request itself is sent when the answer is first asked for.

        Raises:
            OSError: the connection failed.
        """
        self._socket = open_socket(endpoint, connect_limit)
        # the limit of the connection must not end a quiet stream: silence is measured in `chunks`
        self._socket.settimeout(None)
        sent = {"User-Agent": "drydock", **(headers or {})}
        if isinstance(body, Body):
            # without it the body would go in chunks, which not every engine takes
            sent["Content-Length"] = str(body.size)
        self._body = body
        self._request = (method, path, body, sent)
        self._pieces = _Pieces()
        self._thread = threading.Thread(target=self._read, name="engine stream", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Exchange":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Cut the connection and wait for the thread that reads it."""
        self.close()

    def cut(self) -> None:
        """End the connection at once, from any thread; the engine gives up the work it was doing for it."""
        # a closed connection cannot be shut down again, and need not be
        with contextlib.suppress(OSError, AttributeError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut the connection and free everything."""
        self._pieces.leave()
        self.cut()
        self._thread.join(timeout=5)
        self._socket.close()

    def chunks(self, stop: Stop, *, silence: float | None, tick: float = 0.5) -> Iterator[bytes]:
        """Yield the body as it comes, and an empty piece after each ``tick`` seconds without any.

        Args:
            stop: cuts the connection.
            silence: seconds without a byte in either direction after which the engine is given up; None waits for ever.
            tick: seconds.

        Raises:
            Stopped: the stop was asked for.
            Refused: the engine answered with an error status.
            Silent: the engine sent nothing for ``silence`` seconds.
            OSError: the connection broke.
            http.client.HTTPException: the connection ended in the middle of the answer.
        """
        forget = stop.on_request(self.cut)
        last = time.monotonic()
        try:
            while True:
                stop.check()
                try:
                    piece = self._pieces.take(tick)
                except Exception:
                    # a connection that was cut on request is no failure
                    stop.check()
                    raise
                if piece is None:
                    stop.check()
                    return
                now = time.monotonic()
                if piece:
                    last = now
                elif isinstance(self._body, Body):
                    last = max(last, self._body.touched)
                if silence is not None and now - last > silence:
                    raise Silent(silence)
                yield piece
        finally:
            forget()

    def _read(self) -> None:
        connection = http.client.HTTPConnection("localhost", blocksize=_CHUNK)
        connection.sock = self._socket
        try:
            method, path, body, headers = self._request
            # an engine that has seen enough of a body answers and hangs up before it has taken all of it
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            with response:
                if response.status >= 400:
                    text = response.read(_ERROR_BODY_LIMIT).decode("utf-8", "replace")
                    self._pieces.end(Refused(response.status, text))
                    return
                while piece := response.read1(_CHUNK):
                    if not self._pieces.put(piece):
                        return
            self._pieces.end(None)
        except (OSError, http.client.HTTPException) as error:
            self._pieces.end(error)
        except Exception as error:  # noqa: BLE001 - http.client trips over a connection that is closed under it
            self._pieces.end(OSError(f"{type(error).__name__}: {error}"))


class _Pieces:
    """What has been read and not yet taken; what comes quicker than it is taken is taken together.

    Engines send each event of a pull in an HTTP chunk of its own: handed over one by one, the two threads would spend
    more time on waking each other than on the events.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._content = bytearray()
        self._ended = False
        self._error: BaseException | None = None
        self._left = False

    def put(self, piece: bytes) -> bool:
        """Add a piece; waits while much is waiting. False when nobody will take it any more."""
        with self._changed:
            self._content += piece
            self._changed.notify()
            self._changed.wait_for(lambda: self._left or len(self._content) < _WAITING_LIMIT)
            return not self._left

    def end(self, error: BaseException | None) -> None:
        """Say that nothing more comes, and why."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify()

    def leave(self) -> None:
        """Say that nothing more will be taken."""
        with self._changed:
            self._left = True
            self._changed.notify()

    def take(self, limit: float) -> bytes | None:
        """Return all that came, empty when nothing did for ``limit`` seconds; None at the end.

        Raises:
            BaseException: what ended the reading, when everything before it was taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._content or self._ended, limit)
            if self._content:
                taken = bytes(self._content)
                self._content.clear()
                self._changed.notify()
                return taken
            if self._error is not None:
                raise self._error
            return None if self._ended else b""


def _open_unix(path: str, limit: float) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise OSError("this system has no unix sockets")
    plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        plain.settimeout(limit)
        _connect_patiently(plain, path, time.monotonic() + limit)
    except BaseException:
        plain.close()
        raise
    return plain


def _connect_patiently(plain: socket.socket, path: str, deadline: float) -> None:
    # where TCP would wait, a unix socket whose queue of waiting connections is full refuses at once
    while True:
        try:
            plain.connect(path)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError("the engine takes no connection: too many are waiting") from None
            time.sleep(0.05)


def _open_pipe(pipe: str, limit: float) -> socket.socket:
    try:
        from docker.transport import NpipeSocket  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType] - exists on Windows only
    except ImportError:
        raise FileNotFoundError(f"named pipes exist only on Windows ({pipe})") from None
    handle = NpipeSocket()  # pyright: ignore[reportUnknownVariableType]
    handle.settimeout(limit)  # pyright: ignore[reportUnknownMemberType]
    handle.connect(pipe)  # pyright: ignore[reportUnknownMemberType]
    return cast("socket.socket", handle)


def _tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    folder = Path(endpoint.certificates)
    authority = folder / "ca.pem"
    context = ssl.create_default_context(cafile=str(authority) if authority.exists() else None)
    if not endpoint.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if (folder / "cert.pem").exists():
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
