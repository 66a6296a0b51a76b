"""Asks a service on this computer whether it answers."""

import http.client
import socket
from collections.abc import Mapping

from drydock.core.facts import Fact, Known, Missing

_GREETING_SIZE = 255


def get_status(port: int, path: str, *, limit: float, headers: Mapping[str, str] | None = None) -> Fact[int]:
    """Return the status of ``GET http://127.0.0.1:port/path``; redirects are not followed, proxies not used."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limit)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        return Known(connection.getresponse().status)
    except TimeoutError as error:
        return Missing("timeout", str(error))
    except ConnectionRefusedError as error:
        return Missing("absent", str(error))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Missing("failed", str(error))
    finally:
        connection.close()


def read_greeting(port: int, *, limit: float) -> Fact[str]:
    """Return the first line a server on 127.0.0.1:port says by itself (SSH servers do)."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=limit) as connection:
            line = connection.recv(_GREETING_SIZE).decode("ascii", "replace").strip()
    except TimeoutError as error:
        return Missing("timeout", str(error))
    except ConnectionRefusedError as error:
        return Missing("absent", str(error))
    except OSError as error:
        return Missing("failed", str(error))
    return Known(line) if line else Missing("failed", "the connection was closed without a word")
