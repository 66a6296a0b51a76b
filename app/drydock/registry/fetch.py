"""Requests that follow redirects and are repeated once, without taking a login to where it does not belong."""

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import msgspec

from drydock.core.facts import RegistryRules
from drydock.registry.links import origin
from drydock.registry.question import Question
from drydock.registry.routes import BadProxy, is_insecure, proxy_for
from drydock.registry.trust import BadCertificate, Trust
from drydock.registry.wire import Answer, Unanswered, Way, Wire

_REDIRECTS = {301, 302, 303, 307, 308}
_HOPS = 5
_PASSING = {500, 502, 503, 504}
"""States of a server that are over soon."""
_BREAK = 0.5
"""Seconds before the one repetition."""
_PROXY_WANTS_LOGIN = 407


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to send.

    Attributes:
        limit: bytes that the answer's body may have.
        patient: repeat once what fails in a way that may pass.
        verified: whether the server's certificate must be trusted.
    """

    url: str
    verified: bool
    limit: int
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    patient: bool = True


class Fetch:
    """Sends requests within one question."""

    def __init__(
        self, question: Question, wire: Wire, trust: Trust, rules: RegistryRules, variables: Mapping[str, str]
    ) -> None:
        self._question = question
        self._wire = wire
        self._trust = trust
        self._rules = rules
        self._variables = variables

    def send(self, request: Request) -> Answer:
        """Send a request and follow where it leads.

        Raises:
            Unanswered: no answer.
            Stopped, OutOfTime, PartOver: the question is to end.
        """
        for _ in range(_HOPS):
            answer = self._patiently(request)
            target = answer.header("location")
            if answer.status not in _REDIRECTS or not target:
                return answer
            request = self._redirected(request, target)
        raise Unanswered("nonsense", f"{_host(request.url)} sends the question from one address to the next")

    def insecure(self, host: str) -> bool:
        """Whether a host may be asked without TLS or with an unknown certificate."""
        return is_insecure(host, self._rules.insecure, resolve)

    def _patiently(self, request: Request) -> Answer:
        try:
            answer = self._once(request)
        except Unanswered as error:
            if not request.patient or error.kind != "broken":
                raise
        else:
            if not request.patient or answer.status not in _PASSING:
                return answer
        self._question.rest(_BREAK)
        return self._once(request)

    def _once(self, request: Request) -> Answer:
        way = self._way(request)
        answer = self._wire.ask(
            request.method,
            request.url,
            way=way,
            headers={"User-Agent": "drydock", "Accept-Encoding": "identity", **request.headers},
            limit=request.limit,
            body=request.body,
        )
        if answer.status == _PROXY_WANTS_LOGIN and way.proxy:
            raise Unanswered("unreachable", f"the proxy {way.proxy.address} wants a login")
        return answer

    def _way(self, request: Request) -> Way:
        try:
            proxy = proxy_for(request.url, self._rules, self._variables)
            tls = self._trust.context(_host(request.url), verified=request.verified)
            proxy_tls = self._trust.context(_host(proxy.address) if proxy else "", verified=True)
        except BadProxy as error:
            raise Unanswered("unreachable", str(error)) from error
        except BadCertificate as error:
            raise Unanswered("tls", f"a file of certificates cannot be used: {error}") from error
        return Way(tls, proxy, proxy_tls)

    def _redirected(self, request: Request, target: str) -> Request:
        try:
            url = urljoin(request.url, target)
            here, there = origin(request.url), origin(url)
        except ValueError:
            raise Unanswered("nonsense", f"{_host(request.url)} sends the question on to nowhere") from None
        if here == there:
            return msgspec.structs.replace(request, url=url)
        if request.body is not None:
            # it may hold a login
            raise Unanswered(
                "nonsense", f"{_host(request.url)} sends a login on to {_host(url)}, which is not followed"
            )
        insecure = self.insecure(_host(url))
        if there[0] == "http" and not insecure:
            text = (
                f"{_host(request.url)} sends the question on to {_host(url)} without TLS; the network may want a login"
            )
            raise Unanswered("nonsense", text)
        headers = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
        return msgspec.structs.replace(request, url=url, headers=headers, verified=not insecure)


def resolve(name: str) -> tuple[str, ...]:
    """Return the addresses of a name, none when it has none."""
    import socket

    try:
        return tuple({str(found[4][0]) for found in socket.getaddrinfo(name, None)})
    except (OSError, UnicodeError):
        return ()


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
