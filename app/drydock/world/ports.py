"""TCP ports on the loopback address: taken or free, and by whom."""

import contextlib
import errno
import socket

from drydock.core.facts import Fact, Known, Missing

_CONNECT_LIMIT = 0.5


def taken(number: int) -> Fact[bool]:
    """Return whether 127.0.0.1:number cannot be published because something is there.

    A connection that is accepted proves a listener (also one that only forwards packets); if none is, an attempt to
    bind tells of sockets that are bound and do not listen.
    """
    if not 0 < number < 65536:
        return Missing("failed", f"{number} is not a port number")
    try:
        with socket.create_connection(("127.0.0.1", number), timeout=_CONNECT_LIMIT):
            return Known(value=True)
    except TimeoutError:
        # packets are swallowed, so something handles the port
        return Known(value=True)
    except OSError:
        return _bound(number)


def _bound(number: int) -> Fact[bool]:
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
        # on Unix this only forgives connections that are still closing; on Windows it would forgive listeners
        probe.setsockopt(socket.SOL_SOCKET, exclusive or socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except PermissionError:
            # a privileged port on which nothing answers
            return Known(value=False)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return Known(value=True)
            return Missing("failed", str(error))
    return Known(value=False)


def owner(number: int) -> Fact[str]:
    """Return the name of the program that listens on the port; other users' programs are not visible to all."""
    import psutil

    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied as error:
        return Missing("no_permission", str(error))
    except (OSError, psutil.Error, RuntimeError) as error:
        return Missing("failed", str(error))
    listeners = [c for c in connections if c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == number]
    pids = [connection.pid for connection in listeners if connection.pid]
    if pids:
        return process_name(pids[0])
    return Missing("no_permission", "it belongs to another user") if listeners else Missing("absent")


def process_name(pid: int) -> Fact[str]:
    """Return the name of a process."""
    import psutil

    try:
        return Known(psutil.Process(pid).name())
    except psutil.NoSuchProcess:
        return Missing("absent", f"no process {pid}")
    except psutil.AccessDenied:
        return Missing("no_permission", f"process {pid}")
    except (OSError, psutil.Error, ValueError, OverflowError) as error:
        return Missing("failed", str(error))
