"""Calls to the engine: short ones through the docker SDK, long ones through exchanges that can be cut."""

from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from typing import TypeVar, cast
from urllib.parse import quote, urlencode

import docker
import docker.errors
import docker.tls
import msgspec
import requests

from drydock.core.trouble import Trouble
from drydock.engines.docker_client import LowLevelClient
from drydock.engines.docker_errors import Act, Doing, message_of, raw_text, trouble_of_answer, trouble_of_failure
from drydock.engines.endpoint import Endpoint, socket_path
from drydock.engines.wire import CALL_LIMIT, Body, Exchange, Refused, Silent, ask, open_socket
from drydock.world import Stop

T = TypeVar("T")

ACT_LIMIT = 120.0
"""Seconds for a call that changes something."""

FAILURES = (docker.errors.DockerException, requests.exceptions.RequestException, OSError, HTTPException)
"""What a call or an exchange may raise when the engine cannot answer properly."""


class Api:
    """One engine's API at one version.

    Attributes:
        client: the SDK's low-level client, for questions.
        patient: the same for what changes something: a start waits for the driver to wake up every GPU, which takes
            many seconds on a large server, and a removal for the disk.
        endpoint: where the engine is.
        version: the API version both sides speak, e.g. ``1.41``.
    """

    def __init__(self, endpoint: Endpoint, version: str, call_limit: float = CALL_LIMIT) -> None:
        self.endpoint = endpoint
        self.version = version
        self.client = cast("LowLevelClient", self._connect(call_limit))
        self.patient = cast("LowLevelClient", self._connect(ACT_LIMIT))

    def _connect(self, limit: float) -> docker.APIClient:
        endpoint = self.endpoint
        client = docker.APIClient(
            base_url=f"unix://{endpoint.via}" if endpoint.via else endpoint.address,
            version=self.version,
            timeout=int(limit),
            tls=_tls(endpoint) if endpoint.certificates else False,
        )
        # a proxy meant for the internet must not stand between Drydock and its engine
        client.trust_env = False
        return client

    def act(self, doing: Doing, subject: str = "") -> Act:
        """Describe what is being done to this engine, for the naming of errors."""
        return Act(doing=doing, endpoint=self.endpoint.address, subject=subject)

    def call(self, act: Act, function: Callable[[], object], answer: type[T]) -> T:
        """Make a short call and check the shape of its answer.

        Args:
            act: what is being done.
            function: the call to the SDK's client.
            answer: the type to convert the answer to; ``object`` takes anything.

        Raises:
            Trouble: the call failed, or the answer has another shape.
        """
        try:
            self._knock()
            return msgspec.convert(function(), type=answer, strict=False)
        except docker.errors.APIError as error:
            raise self.trouble(act, error) from error
        except FAILURES as error:
            raise trouble_of_failure(act, error) from error
        except msgspec.MsgspecError as error:
            raise Trouble("engine-error", endpoint=act.endpoint, text=f"unexpected answer: {error}") from error

    def trouble(self, act: Act, error: BaseException) -> Trouble:
        """Name a failure of the SDK or of an exchange."""
        if isinstance(error, docker.errors.APIError):
            status = error.response.status_code if error.response is not None else 0
            return trouble_of_answer(act, status, message_of(str(error.explanation or error)))
        return trouble_of_failure(act, error)

    def exchange(
        self,
        act: Act,
        method: str,
        path: str,
        parameters: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        *,
        body: bytes | Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Exchange:
        """Begin an exchange with a long answer.

        Args:
            act: what is being done.
            method: HTTP method.
            path: below the API version, with every part of it already quoted.
            parameters: the query.
            body: request body.
            headers: request headers.

        Raises:
            Trouble: the engine does not take the connection.
        """
        query = f"?{urlencode(parameters)}" if parameters else ""
        try:
            return Exchange(self.endpoint, method, f"/v{self.version}{path}{query}", body=body, headers=headers)
        except OSError as error:
            raise trouble_of_failure(act, error) from error

    def ask(
        self,
        act: Act,
        path: str,
        answer: type[T],
        *,
        limit: float,
        headers: Mapping[str, str],
        stop: Stop | None = None,
    ) -> T:
        """Ask what the SDK cannot ask with a time limit and headers of its own.

        Args:
            act: what is being done.
            path: below the API version, with every part of it already quoted.
            answer: the type to convert the answer to.
            limit: seconds without a word from the engine.
            headers: request headers.
            stop: ends the question.

        Raises:
            Trouble: the call failed, or the answer has another shape.
            Stopped: the stop was asked for.
        """
        try:
            if stop is None:
                body = ask(self.endpoint, f"/v{self.version}{path}", limit, headers=headers)
            else:
                with self.exchange(act, "GET", path, headers=headers) as exchange:
                    body = b"".join(exchange.chunks(stop, silence=limit))
            return msgspec.json.decode(body, type=answer)
        except (*FAILURES, Refused, Silent) as error:
            raise trouble_of_failure(act, error) from error
        except msgspec.MsgspecError as error:
            raise Trouble("engine-error", endpoint=act.endpoint, text=f"unexpected answer: {error}") from error

    def answers(self) -> str:
        """Return an empty text when the engine answers a ping, else what went wrong."""
        try:
            ask(self.endpoint, "/_ping")
        except (*FAILURES, Refused) as error:
            return raw_text(error)
        return ""

    def _knock(self) -> None:
        # the SDK leaves its socket open when a local engine has gone, and would wait long for one that is stuck
        if self.endpoint.via or socket_path(self.endpoint.address):
            open_socket(self.endpoint).close()

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
        self.patient.close()


def quoted(part: str) -> str:
    """Quote an image reference or a container's name for a path."""
    return quote(part, safe="/:@")


def _tls(endpoint: Endpoint) -> "docker.tls.TLSConfig":
    folder = endpoint.certificates
    return docker.tls.TLSConfig(
        client_cert=(f"{folder}/cert.pem", f"{folder}/key.pem"),
        ca_cert=f"{folder}/ca.pem" if endpoint.verify else None,
        verify=endpoint.verify,
    )
