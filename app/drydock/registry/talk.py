"""Requests to one repository on one server: with TLS or without, and with whatever proves who asks."""

from collections.abc import Mapping

from drydock.core.trouble import Trouble
from drydock.registry.failures import limits_of, trouble_of_status, words_of
from drydock.registry.fetch import Fetch, Request
from drydock.registry.reference import Reference
from drydock.registry.servers import Server
from drydock.registry.tokens import Keyring
from drydock.registry.wire import Answer, Unanswered

_UNAUTHORIZED = 401
_NONE: Mapping[str, str] = {}
_LIMIT_HEADERS = ("retry-after", "ratelimit-limit", "ratelimit-remaining")


class Talk:
    """Asks one server about one repository."""

    def __init__(self, server: Server, reference: Reference, fetch: Fetch, keyring: Keyring) -> None:
        self.server = server
        self._reference = reference
        self._fetch = fetch
        self._keyring = keyring
        self._scheme = ""
        self._proven = False

    def ask(
        self,
        below: str,
        *,
        limit: int,
        method: str = "GET",
        headers: Mapping[str, str] = _NONE,
        patient: bool = True,
    ) -> Answer:
        """Ask for something of the repository; answers with an error status come back, too.

        Args:
            below: path below the repository's, such as ``/tags/list``, or the whole address of the same server.
            limit: bytes that the answer may have.
            method: ``GET`` or ``HEAD``.
            headers: to send.
            patient: repeat once what fails in a way that may pass.

        Raises:
            Trouble: the server wants a proof that cannot be had.
            Unanswered: no answer.
            Stopped, OutOfTime, PartOver: the question is to end.
        """
        answer = self._with_scheme(below, limit, method, headers, patient)
        if answer.status != _UNAUTHORIZED or not self._is_own(answer.url):
            return answer
        header = self._keyring.prove(answer, self.server, self._reference.path, self._fetch, self._reference.text)
        if not header:
            return answer
        answer = self._with_scheme(below, limit, method, headers, patient)
        self._proven = header.startswith("Bearer")
        return answer

    def trouble(self, answer: Answer) -> Trouble:
        """Name what an answer with an error status means."""
        found = {name: answer.header(name) for name in _LIMIT_HEADERS if answer.header(name)}
        return trouble_of_status(
            answer.status,
            words_of(answer.body),
            self._reference.text,
            limits=limits_of(found),
            on_hub=self._reference.on_hub,
            proven=self._proven,
        )

    def _with_scheme(self, below: str, limit: int, method: str, headers: Mapping[str, str], patient: bool) -> Answer:
        schemes = (self._scheme,) if self._scheme else self.server.schemes
        kept = self._keyring.kept(self.server, self._reference.path)
        headers = {**headers, **({"Authorization": kept} if kept else {})}
        for place, scheme in enumerate(schemes):
            url = below if "://" in below else f"{scheme}://{self.server.host}/v2/{self._reference.path}{below}"
            request = Request(
                url=url, verified=self.server.verified, limit=limit, method=method, headers=headers, patient=patient
            )
            try:
                answer = self._fetch.send(request)
            except Unanswered:
                # the engine, too, goes on without TLS where it may
                if place + 1 == len(schemes):
                    raise
                continue
            self._scheme = scheme
            return answer
        raise AssertionError("a server has a scheme")

    def _is_own(self, url: str) -> bool:
        return url.split("/", 3)[2] == self.server.host
