"""One HTTP exchange with a server, direct or through a proxy. Imported only when something is asked.

urllib3 reads no environment and no password files by itself, follows nothing and repeats nothing here.
"""

import http.client
import socket
import ssl
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import msgspec
import urllib3
import urllib3.connection
import urllib3.exceptions as failure

from drydock.registry.question import Question
from drydock.registry.routes import Proxy

CONNECT_LIMIT = 5.0
"""Seconds to connect to one address, and for the TLS greeting."""
READ_LIMIT = 10.0
"""Seconds without a byte."""

_PIECE = 1 << 16
_REASON_LIMIT = 300
_REFUSED_TUNNEL = "Tunnel connection failed"
"""How http.client words a proxy's refusal to connect."""

Kind: TypeAlias = Literal["unreachable", "tls", "broken", "nonsense"]


class Answer(msgspec.Struct, frozen=True):
    """What a server answered; names of headers in small letters."""

    url: str
    status: int
    headers: Mapping[str, tuple[str, ...]]
    body: bytes

    def header(self, name: str) -> str:
        """Return the first value of a header, empty when it is not there."""
        return next(iter(self.headers.get(name, ())), "")


class Way(NamedTuple):
    """How a server is reached.

    Attributes:
        tls: settings for the server.
        proxy: to go through.
        proxy_tls: settings for the proxy.
    """

    tls: ssl.SSLContext
    proxy: Proxy | None
    proxy_tls: ssl.SSLContext


class Unanswered(Exception):  # noqa: N818 - caught and turned into a Trouble by the caller
    """There is no answer, or none that is HTTP.

    Attributes:
        kind: ``broken`` is a connection that was there and ended too early.
        text: what happened, with the host's or proxy's name.
    """

    def __init__(self, kind: Kind, text: str) -> None:
        super().__init__(kind, text)
        self.kind = kind
        self.text = text


class Wire:
    """The connections of one question; belongs to its thread."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._managers: dict[Way, urllib3.PoolManager] = {}

    def close(self) -> None:
        """End all connections."""
        for manager in self._managers.values():
            manager.clear()
        self._managers.clear()

    def ask(
        self,
        method: str,
        url: str,
        *,
        way: Way,
        headers: Mapping[str, str],
        limit: int,
        body: bytes | None = None,
    ) -> Answer:
        """Send one request and read the whole answer.

        Args:
            method: such as ``GET``.
            url: whole address.
            way: to the server.
            headers: to send.
            limit: bytes that the answer's body may have.
            body: to send.

        Raises:
            Unanswered: no answer.
            Stopped, OutOfTime, PartOver: the question is to end.
        """
        self._question.check()
        try:
            return self._exchange(method, url, self._manager(way), headers, limit, body)
        except (failure.HTTPError, OSError, http.client.HTTPException, ValueError) as error:
            # a connection that was cut fails like one that broke
            self._question.check()
            raise _unanswered(error, url, way.proxy) from error

    def _exchange(
        self,
        method: str,
        url: str,
        manager: urllib3.PoolManager,
        headers: Mapping[str, str],
        limit: int,
        body: bytes | None,
    ) -> Answer:
        response = manager.request(
            method, url, headers=headers, body=body, preload_content=False, redirect=False, retries=False
        )
        try:
            content = _read(response, url, limit) if method != "HEAD" else b""
            self._question.check()
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()
        names = {name.lower() for name in response.headers}
        found = {name: tuple(response.headers.getlist(name)) for name in names}
        return Answer(url, response.status, found, content)

    def _manager(self, way: Way) -> urllib3.PoolManager:
        if way not in self._managers:
            self._managers[way] = _make_manager(self._question, way)
        return self._managers[way]


def _make_manager(question: Question, way: Way) -> urllib3.PoolManager:
    timeout = urllib3.Timeout(connect=CONNECT_LIMIT, read=READ_LIMIT)
    if way.proxy is None:
        manager = urllib3.PoolManager(ssl_context=way.tls, timeout=timeout)
    else:
        login = f"{way.proxy.username}:{way.proxy.password}" if way.proxy.username or way.proxy.password else None
        manager = urllib3.ProxyManager(
            way.proxy.address,
            proxy_headers=urllib3.make_headers(proxy_basic_auth=login) if login else None,
            proxy_ssl_context=way.proxy_tls,
            ssl_context=way.tls,
            timeout=timeout,
        )
    manager.pool_classes_by_scheme = _pool_classes(question)
    return manager


def _pool_classes(question: Question) -> dict[str, type[urllib3.HTTPConnectionPool]]:
    class Connection(urllib3.connection.HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return question.hold(super()._new_conn())

    class SecureConnection(urllib3.connection.HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return question.hold(super()._new_conn())

        def connect(self) -> None:
            super().connect()
            # whoever asks for an unverified connection was told to by the engine's settings: no warning is needed
            self.is_verified = True

    class Pool(urllib3.HTTPConnectionPool):
        ConnectionCls = Connection  # pyright: ignore[reportAssignmentType] - urllib3's own classes miss its protocol

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = SecureConnection  # pyright: ignore[reportAssignmentType] - as above

    return {"http": Pool, "https": SecurePool}


def _read(response: urllib3.BaseHTTPResponse, url: str, limit: int) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() not in {"identity", ""}:
        raise Unanswered("nonsense", f"{_host(url)} answered in an encoding that was not asked for")
    pieces: list[bytes] = []
    size = 0
    while piece := response.read(_PIECE, decode_content=False):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise Unanswered("nonsense", f"{_host(url)} answered with more than {limit >> 20} MiB")
    return b"".join(pieces)


def _unanswered(error: BaseException, url: str, proxy: Proxy | None) -> Unanswered:
    if isinstance(error, Unanswered):
        return error
    links = tuple(_chain(error))
    through = any(isinstance(link, failure.ProxyError) or _REFUSED_TUNNEL in str(link) for link in links)
    who = f"the proxy {proxy.address}" if proxy and through else _host(url)
    kind, reason = _classified(links)
    if through:
        # whatever a proxy does wrong keeps the registry from being reached
        return Unanswered("unreachable", f"{who}: {reason}")
    if proxy:
        who = f"{who} (through the proxy {proxy.address})"
    return Unanswered(kind, f"{who}: {reason}")


def _classified(links: Iterable[BaseException]) -> tuple[Kind, str]:
    links = tuple(links)

    def first(*kinds: type[BaseException]) -> BaseException | None:
        return next((link for link in links if isinstance(link, kinds)), None)

    if (error := first(ssl.SSLCertVerificationError)) is not None:
        return "tls", getattr(error, "verify_message", "") or _text(error)
    if (error := first(ssl.SSLError)) is not None:
        return "tls", _tls_text(error)
    if (error := first(failure.SSLError)) is not None:
        return "tls", _text(error)
    if first(failure.NameResolutionError, socket.gaierror) is not None:
        return "unreachable", "this name is not known to the network (DNS)"
    # a refused connection is a kind of these for urllib3, so the cause decides
    if (error := first(ConnectionRefusedError)) is not None:
        return "unreachable", _text(error)
    if type(first(failure.ConnectTimeoutError)) is failure.ConnectTimeoutError:
        return "unreachable", f"no connection within {CONNECT_LIMIT:.0f} s"
    if first(failure.ReadTimeoutError, TimeoutError) is not None:
        return "unreachable", f"no answer within {READ_LIMIT:.0f} s"
    if first(http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, failure.IncompleteRead) is not None:
        return "broken", "the connection ended before the answer was whole"
    if (error := first(http.client.HTTPException)) is not None:
        return "nonsense", f"an answer that is not HTTP ({_text(error)})"
    if (error := first(OSError)) is not None:
        return "unreachable", _text(error)
    return "nonsense", _text(error or links[0])


def _tls_text(error: BaseException) -> str:
    reason = str(getattr(error, "reason", "") or "")
    if reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"}:
        return "it does not speak TLS; a registry without it must be listed as insecure in the engine's settings"
    return reason.replace("_", " ").lower() or _text(error)


def _text(error: BaseException) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (said or type(error).__name__)[:_REASON_LIMIT]


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2] or url[:_REASON_LIMIT]


def _chain(error: BaseException) -> Iterable[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        link = waiting.pop(0)
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        followers: tuple[object, ...] = (
            link.__cause__,
            link.__context__,
            getattr(link, "reason", None),
            getattr(link, "original_error", None),
            *link.args,
        )
        waiting.extend(item for item in followers if isinstance(item, BaseException))
