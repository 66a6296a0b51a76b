"""Where the private engine keeps its state, and the record of the processes it started."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import psutil

DEFAULT_ROOT = "/tmp/drydock-engine"
DEFAULT_REGISTRY_PORT = 5055
# sockaddr_un holds 108 bytes; containerd makes its own, longer, paths below the state directory
LONGEST_ROOT = 60


class EngineTrouble(Exception):
    """The private engine cannot be started, used or stopped; the text says what to do."""


@dataclass(frozen=True)
class EngineState:
    """The state directory of one private engine.

    Attributes:
        root: directory that holds everything the engine writes; its path is kept short for sockets.
        registry_port: port of the registry on 127.0.0.1.
    """

    root: Path
    registry_port: int

    @classmethod
    def from_environment(cls) -> EngineState:
        """Read ``DRYDOCK_TEST_ENGINE_ROOT`` and ``DRYDOCK_TEST_REGISTRY_PORT``.

        Raises:
            EngineTrouble: a value cannot be used.
        """
        root = Path(os.environ.get("DRYDOCK_TEST_ENGINE_ROOT", DEFAULT_ROOT))
        if not root.is_absolute() or len(str(root)) > LONGEST_ROOT or root == Path("/"):
            raise EngineTrouble(
                f"DRYDOCK_TEST_ENGINE_ROOT must be an absolute path of at most {LONGEST_ROOT} characters, not {root}"
            )
        port = os.environ.get("DRYDOCK_TEST_REGISTRY_PORT", str(DEFAULT_REGISTRY_PORT))
        if not port.isdigit() or not 1024 <= int(port) <= 65535:
            raise EngineTrouble(f"DRYDOCK_TEST_REGISTRY_PORT must be a port from 1024 to 65535, not {port!r}")
        return cls(root=root, registry_port=int(port))

    @property
    def socket(self) -> Path:
        return self.root / "docker.sock"

    @property
    def docker_host(self) -> str:
        """The engine's address, as ``DOCKER_HOST`` wants it."""
        return f"unix://{self.socket}"

    @property
    def registry(self) -> str:
        """The registry's address, as it is written in front of an image name."""
        return f"127.0.0.1:{self.registry_port}"

    @property
    def gpu(self) -> Path:
        """Directory through which tests and the GPU hook stand-in talk."""
        return self.root / "gpu"

    @property
    def hook_programs(self) -> Path:
        return self.root / "hook"

    @property
    def cache(self) -> Path:
        """Root file systems and layers that images are made from."""
        return self.root / "cache"

    def process(self, name: str) -> RecordedProcess:
        """The record of the process ``name`` (``dockerd`` or ``docker-registry``)."""
        return RecordedProcess(self.root / f"{name}.process.json", name)

    @contextlib.contextmanager
    def locked(self, name: str, wait_seconds: float) -> Generator[None]:
        """Hold an advisory lock shared by every process that uses this state directory.

        Raises:
            EngineTrouble: another process held the lock for all of ``wait_seconds``.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        path = self.root / f"{name}.lock"
        with path.open("a") as file:
            deadline = time.monotonic() + wait_seconds
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise EngineTrouble(f"{path} stayed locked for {wait_seconds:.0f} s") from None
                    time.sleep(0.1)
            yield


@dataclass(frozen=True)
class RecordedProcess:
    """A process that was started from here, known by id *and* start time, so that a reused id is never touched."""

    path: Path
    program: str

    def start(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        """Start ``command`` in a session of its own with its output appended to ``log``."""
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            # not subprocess.Popen: its object would warn about a child that is meant to outlive it
            pid = os.posix_spawnp(
                command[0],
                command,
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, nothing, 0),
                    (os.POSIX_SPAWN_DUP2, output, 1),
                    (os.POSIX_SPAWN_DUP2, output, 2),
                    # a daemon that kept its caller's files would keep a lock like flock(1)'s, or a pipe, open for good
                    *((os.POSIX_SPAWN_CLOSE, number) for number in _inherited_files()),
                ],
                setsid=True,
            )
        finally:
            os.close(output)
            os.close(nothing)
        self.path.write_text(json.dumps({"pid": pid, "created": psutil.Process(pid).create_time()}))

    def find(self) -> psutil.Process | None:
        """The live process of the record; a zombie counts as gone."""
        try:
            record = cast("dict[str, float]", json.loads(self.path.read_text()))
            process = psutil.Process(int(record["pid"]))
            same = abs(process.create_time() - record["created"]) < 1
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except (FileNotFoundError, ValueError, KeyError, psutil.NoSuchProcess):
            return None

    def stop(self, wait_seconds: float) -> bool:
        """Ask the process to end, then make it end.

        Returns:
            Whether there was a live process to stop.
        """
        process = self.find()
        if process is not None:
            end_process(process, wait_seconds)
        self.path.unlink(missing_ok=True)
        return process is not None


def _inherited_files() -> list[int]:
    return [number for number in map(int, os.listdir("/proc/self/fd")) if number > 2 and _is_inheritable(number)]


def _is_inheritable(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:
        return False  # closed meanwhile: the listing's own


def end_process(process: psutil.Process, wait_seconds: float) -> None:
    """Send SIGTERM and, when that was not enough within ``wait_seconds``, SIGKILL."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        if not _gone(process, wait_seconds):
            process.kill()
            _gone(process, 5)


def _gone(process: psutil.Process, wait_seconds: float) -> bool:
    deadline = time.monotonic() + wait_seconds
    while time.monotonic() < deadline:
        try:
            # Process.wait() would wait for a zombie that some other parent never reaps
            if process.status() == psutil.STATUS_ZOMBIE:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(process.pid, os.WNOHANG)
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False
