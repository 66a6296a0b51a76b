"""Proving who asks: tokens and logins, as the distribution project's token specification has it."""

import base64
import threading
from collections.abc import Callable, Iterable
from urllib.parse import urlencode, urlsplit

import msgspec

from drydock.core.facts import Login
from drydock.core.trouble import Trouble
from drydock.registry.challenge import Challenge, parse_challenges
from drydock.registry.failures import trouble_of_status, words_of
from drydock.registry.fetch import Fetch, Request
from drydock.registry.servers import Server
from drydock.registry.wire import Answer

_TOKEN_LIMIT = 1 << 20
_CLIENT = "drydock"


class _Token(msgspec.Struct):
    token: str | None = None
    access_token: str | None = None


class Keyring:
    """Keeps what proved good, for each server and repository."""

    def __init__(self, login: Callable[[str], Login | None]) -> None:
        self._login = login
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], str] = {}

    def kept(self, server: Server, path: str) -> str:
        """Return the Authorization header that was good before, empty when there is none."""
        with self._lock:
            return self._kept.get((server.host, path), "")

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def prove(self, refusal: Answer, server: Server, path: str, fetch: Fetch, reference: str) -> str:
        """Return an Authorization header that answers a refusal, empty when there is nothing to answer it with.

        Args:
            refusal: an answer with status 401.
            server: that refused.
            path: of the repository.
            fetch: to ask for a token with.
            reference: what was asked for.

        Raises:
            Trouble: no token is given.
            Unanswered: the server that gives them does not answer.
        """
        challenges = parse_challenges(refusal.headers.get("www-authenticate", ()))
        login = self._login(server.login_name)
        header = ""
        if bearer := _first(challenges, "bearer"):
            header = f"Bearer {_token(bearer, login, server, path, fetch, reference)}"
        elif _first(challenges, "basic") and login and login.username:
            header = _basic(login)
        with self._lock:
            self._kept[server.host, path] = header
        return header


def _first(challenges: Iterable[Challenge], scheme: str) -> Challenge | None:
    return next((challenge for challenge in challenges if challenge.scheme == scheme), None)


def _basic(login: Login) -> str:
    return "Basic " + base64.b64encode(f"{login.username}:{login.password}".encode()).decode()


def _token(challenge: Challenge, login: Login | None, server: Server, path: str, fetch: Fetch, reference: str) -> str:
    realm = challenge.parameters.get("realm", "")
    host, verified = _checked_realm(realm, server, fetch, reference)
    # the registry may name more in its challenge than reading needs
    query = {"service": challenge.parameters.get("service", ""), "scope": f"repository:{path}:pull"}
    query = {name: value for name, value in query.items() if value}
    if login and login.identity_token:
        request = _refresh_request(realm, verified, login, query)
    else:
        request = _token_request(realm, verified, login, query)
    answer = fetch.send(request)
    words = words_of(answer.body)
    if answer.status >= 400:
        raise trouble_of_status(answer.status, f"{host}: {words or f'HTTP {answer.status}'}", reference)
    return _read_token(answer, host, reference)


def _checked_realm(realm: str, server: Server, fetch: Fetch, reference: str) -> tuple[str, bool]:
    try:
        parts = urlsplit(realm)
        host, usable = parts.netloc, parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        host, usable = "", False
    if not usable or "@" in host:
        text = f"{server.host} wants a token from '{realm[:200]}', which is no address"
        raise Trouble("registry-error", reference=reference, text=text)
    if realm.startswith("http:") and server.verified:
        text = f"{server.host} wants a login to be sent without TLS to {host}, which Drydock does not do"
        raise Trouble("registry-error", reference=reference, text=text)
    return host, not fetch.insecure(host)


def _token_request(realm: str, verified: bool, login: Login | None, query: dict[str, str]) -> Request:
    headers: dict[str, str] = {}
    if login and login.username:
        query = {**query, "account": login.username}
        headers["Authorization"] = _basic(login)
    joint = "&" if "?" in realm else "?"
    return Request(url=f"{realm}{joint}{urlencode(query)}", verified=verified, headers=headers, limit=_TOKEN_LIMIT)


def _refresh_request(realm: str, verified: bool, login: Login, query: dict[str, str]) -> Request:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": login.identity_token,
        "client_id": _CLIENT,
        "access_type": "online",
        **query,
    }
    return Request(
        url=realm,
        method="POST",
        verified=verified,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(form).encode(),
        limit=_TOKEN_LIMIT,
    )


def _read_token(answer: Answer, host: str, reference: str) -> str:
    try:
        read = msgspec.json.decode(answer.body, type=_Token)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        read = _Token()
    token = read.token or read.access_token or ""
    # it becomes a header
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise Trouble("registry-error", reference=reference, text=f"{host} answered without a token")
    return token
