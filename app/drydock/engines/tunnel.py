"""A way to an engine on another computer: its socket forwarded by the ``ssh`` program.

The person's own ``ssh`` knows their configuration, keys, agent and jump hosts, and it says on standard error what went
wrong. It is never let ask for anything: there is nobody at its terminal.
"""

import contextlib
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
from drydock.world import Process, Stop, World

OPEN_LIMIT = 15.0
"""Seconds for the whole way: name, connection, key exchange, login."""

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
    # a private directory: who can open the socket in it has the engine
    folder = tempfile.mkdtemp(prefix="drydock-ssh-")
    local = Path(folder) / "engine.sock"
    stop = Stop()
    process: Process | None = None

    def close() -> None:
        stop.request()
        if process is not None:
            process.stop()
        shutil.rmtree(folder, ignore_errors=True)

    try:
        process = world.start(ssh_command(endpoint.address, str(local)), stop=stop)
        _wait_for(process, local, endpoint, limit)
    except BaseException:
        with contextlib.suppress(OSError):
            close()
        raise
    return msgspec.structs.replace(endpoint, via=str(local)), close


def _wait_for(process: Process, local: Path, endpoint: Endpoint, limit: float) -> None:
    ended = threading.Event()

    def watch() -> None:
        # ssh prints nothing here: the end of its output is its own end
        for _line in process.lines():
            pass
        ended.set()

    threading.Thread(target=watch, name="ssh tunnel", daemon=True).start()
    deadline = time.monotonic() + limit
    while not local.exists():
        if ended.wait(0.05):
            outcome = process.wait(1.0)
            text = outcome.stderr.strip() or f"ssh ended with status {outcome.code}"
            raise Trouble("engine-ssh-failed", endpoint=endpoint.address, text=text)
        if time.monotonic() > deadline:
            raise Trouble("engine-ssh-failed", endpoint=endpoint.address, text=f"no connection within {limit:.0f} s")
