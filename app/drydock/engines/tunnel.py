"""A way to an engine on another computer: its socket forwarded by the ``ssh`` program.

The person's own ``ssh`` knows their configuration, keys, agent and jump hosts, and it says on standard error what went
wrong. It is never let ask for anything: there is nobody at its terminal.
"""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from drydock.core.trouble import Trouble
from drydock.engines.endpoint import Endpoint
from drydock.world import Stop, World

OPEN_LIMIT = 15.0
"""Seconds for the whole way: name, connection, key exchange, login."""

_CLOSE_LIMIT = 5.0
_REMOTE_SOCKET = "/var/run/docker.sock"


def ssh_command(address: str, local_socket: str) -> tuple[str, ...]:
    """Return the command that forwards the engine's socket of an ``ssh://`` address to a local one."""
    parts = urlsplit(address)
    target = f"{parts.username}@{parts.hostname}" if parts.username else str(parts.hostname)
    port = ("-p", str(parts.port)) if parts.port else ()
    remote = parts.path if parts.path not in ("", "/") else _REMOTE_SOCKET
    return (
        "ssh", "-nNT", *port,
        "-o", "BatchMode=yes",
        "-o", "ConnectTimeout=10",
        "-o", "ExitOnForwardFailure=yes",
        "-o", "ServerAliveInterval=15",
        "-o", "StreamLocalBindUnlink=yes",
        "-L", f"{local_socket}:{remote}",
        "--", target,
    )  # fmt: skip


def open_tunnel(world: World, endpoint: Endpoint, limit: float = OPEN_LIMIT) -> tuple[Endpoint, Callable[[], None]]:
    """Open the tunnel.

    Returns:
        The endpoint with its local socket, and what ends the tunnel.

    Raises:
        Trouble: ``engine-ssh-failed`` with what ssh said.
    """
    tunnel = _Tunnel(world, endpoint)
    try:
        tunnel.wait_until_open(limit)
    except BaseException:
        tunnel.close()
        raise
    return msgspec.structs.replace(endpoint, via=str(tunnel.local)), tunnel.close


class _Tunnel:
    def __init__(self, world: World, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        # a private directory: who can open the socket in it has the engine
        self._folder = tempfile.mkdtemp(prefix="drydock-ssh-")
        self.local = Path(self._folder) / "engine.sock"
        try:
            self._process = world.start(ssh_command(endpoint.address, str(self.local)), stop=Stop())
        except Trouble as trouble:
            shutil.rmtree(self._folder, ignore_errors=True)
            text = f"{trouble.values.get('program', 'ssh')}: {trouble.values.get('text', trouble.id)}"
            raise Trouble("engine-ssh-failed", endpoint=endpoint.address, text=text) from trouble
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="ssh tunnel", daemon=True)
        self._watcher.start()

    def wait_until_open(self, limit: float) -> None:
        deadline = time.monotonic() + limit
        while not self.local.exists():
            if self._ended.wait(0.05):
                outcome = self._process.wait(1.0)
                raise self._trouble(outcome.stderr.strip() or f"ssh ended with status {outcome.code}")
            if time.monotonic() > deadline:
                raise self._trouble(f"no connection within {limit:.0f} s")

    def close(self) -> None:
        self._process.stop()
        self._process.wait(_CLOSE_LIMIT)
        self._watcher.join(timeout=1)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _watch(self) -> None:
        # ssh prints nothing here: the end of its output is its own end
        for _line in self._process.lines():
            pass
        self._ended.set()

    def _trouble(self, text: str) -> Trouble:
        return Trouble("engine-ssh-failed", endpoint=self._endpoint.address, text=text)
