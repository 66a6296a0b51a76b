"""Things that listen where an engine should be, and a relay that lets a real engine be lost."""

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path


class Listener:
    """Listens on a unix socket and gives each connection to ``serve`` in a thread of its own."""

    def __init__(self, path: Path, serve: Callable[[socket.socket], None]) -> None:
        self.path = path
        self._serve = serve
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._ended = False
        self._main = threading.Thread(target=self._accept)
        self._main.start()

    @property
    def address(self) -> str:
        return f"unix://{self.path}"

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self.die()

    def die(self) -> None:
        """Close everything at once; the socket's file stays, as that of a killed engine does."""
        with self._lock:
            self._ended = True
            sockets = [self._socket, *self._open]
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._main.join()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                if self._ended:
                    connection.close()
                    return
                self._open.add(connection)
            thread = threading.Thread(target=self._handle, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _handle(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._serve(connection)
        with self._lock:
            self._open.discard(connection)

    def track(self, connection: socket.socket) -> None:
        """Close this one too when the listener dies."""
        with self._lock:
            self._open.add(connection)


def answering(answer: bytes) -> Callable[[socket.socket], None]:
    """Read a request's head and send a fixed answer."""

    def serve(connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                return
            head += piece
        connection.sendall(answer)

    return serve


def http(body: str, kind: str = "application/json", status: str = "200 OK") -> bytes:
    content = body.encode()
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def silent(connection: socket.socket) -> None:
    """Take everything and never answer."""
    while connection.recv(65536):
        pass


class Relay(Listener):
    """Stands in front of a real engine's socket; its death is what the death of the engine looks like."""

    def __init__(self, path: Path, engine: str) -> None:
        self._engine = engine.removeprefix("unix://")
        super().__init__(path, self._relay)

    def _relay(self, connection: socket.socket) -> None:
        with socket.socket(socket.AF_UNIX) as upstream:
            upstream.connect(self._engine)
            self.track(upstream)
            back = threading.Thread(target=_copy, args=(upstream, connection))
            back.start()
            _copy(connection, upstream)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        source.shutdown(socket.SHUT_RDWR)
