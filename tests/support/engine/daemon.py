"""Start and stop the private dockerd and registry."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import cast

import psutil
from tests.support.engine.state import EngineState, EngineTrouble, end_process

HOOK_SOURCE = Path(__file__).with_name("nvidia_hook")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# the program each Debian package is needed for
DEBIAN_PACKAGES = {
    "docker.io": "dockerd",
    "docker-registry": "docker-registry",
    "iptables": "iptables",
    "mmdebstrap": "mmdebstrap",
}
GPU_DIRECTORY_VARIABLE = "DRYDOCK_TEST_GPU_DIRECTORY"


class PackagesMissing(EngineTrouble):
    """Debian packages must be installed first."""


def missing_packages() -> list[str]:
    """Names of the Debian packages whose programs are not there."""
    return [package for package, program in DEBIAN_PACKAGES.items() if _program(program) is None]


def why_not() -> str | None:
    """Why no private engine can be started on this machine, or None when one can."""
    if os.geteuid() != 0:
        return "a private dockerd can be started only by root"
    missing = missing_packages()
    if missing:
        return "install the Debian packages: " + " ".join(missing)
    return None


def up(state: EngineState) -> None:
    """Start what is not yet running; an engine that already answers is left as it is.

    Raises:
        PackagesMissing: programs are missing; the text names the Debian packages.
        EngineTrouble: not root, port taken, or a daemon did not come up; the text ends with its log.
    """
    missing = missing_packages()
    if missing:
        raise PackagesMissing(
            "missing Debian packages; run: apt-get install --no-install-recommends " + " ".join(missing)
        )
    if os.geteuid() != 0:
        raise EngineTrouble("a private dockerd can be started only by root")
    with state.locked("up-down", wait_seconds=120):
        _install_hook(state)
        if not engine_answers(state):
            _start_dockerd(state)
        if not registry_answers(state):
            _start_registry(state)


def down(state: EngineState, *, purge: bool) -> None:
    """Stop what ``up`` started, by process id; ``purge`` also deletes images and all other state."""
    if not state.root.exists():
        return
    with state.locked("up-down", wait_seconds=120):
        # dockerd gives containers 5 s (daemon.json) before it kills them
        state.process("dockerd").stop(wait_seconds=30)
        state.process("docker-registry").stop(wait_seconds=5)
        _end_left_containerd(state)
        if purge:
            _delete_state(state)


def engine_answers(state: EngineState) -> bool:
    """Whether the private engine answers a ping within 2 s."""
    with contextlib.suppress(OSError), contextlib.closing(_UnixConnection(state.socket)) as connection:
        connection.request("GET", "/_ping")
        return connection.getresponse().status == 200
    return False


def registry_answers(state: EngineState) -> bool:
    """Whether *our* registry process lives and answers within 2 s."""
    if state.process("docker-registry").find() is None:
        return False
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{state.registry}/v2/", timeout=2) as answer:
        return cast("int", answer.status) == 200
    return False


def exports(state: EngineState) -> list[str]:
    """Shell lines that point a program at the private engine."""
    return [f"export DOCKER_HOST={state.docker_host}", f"export DRYDOCK_TEST_REGISTRY={state.registry}"]


class _UnixConnection(HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("engine", timeout=2)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(2)
        try:
            self.sock.connect(str(self._path))
        except OSError:
            self.sock.close()
            raise


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")


def _install_hook(state: EngineState) -> None:
    # a copy, so that a running engine does not depend on the checkout that started it
    state.gpu.mkdir(parents=True, exist_ok=True)
    state.hook_programs.mkdir(exist_ok=True)
    for source in HOOK_SOURCE.iterdir():
        if source.is_file():
            replacement = state.hook_programs / f".{source.name}.new"
            shutil.copy2(source, replacement)
            replacement.replace(state.hook_programs / source.name)


def _daemon_settings(state: EngineState) -> dict[str, object]:
    return {
        "data-root": str(state.root / "data"),
        "exec-root": str(state.root / "exec"),
        "pidfile": str(state.root / "docker.pid"),
        "hosts": [state.docker_host],
        "log-level": "warn",
        "shutdown-timeout": 5,
        # one more try, after 5 s, in place of five within 75 s: tests of broken pulls end soon
        "max-download-attempts": 1,
        "runtimes": {"nvidia": {"path": str(state.hook_programs / "nvidia-container-runtime")}},
    }


def _start_dockerd(state: EngineState) -> None:
    process = state.process("dockerd")
    if process.find() is None:
        _refuse_beside_another_engine()
        _end_left_containerd(state)
        for stale in ("docker.pid", "docker.sock"):
            (state.root / stale).unlink(missing_ok=True)
        settings = state.root / "daemon.json"
        settings.write_text(json.dumps(_daemon_settings(state), indent=2))
        environment = {
            # dockerd looks for the GPU hook once, at its start, on this path
            "PATH": f"{state.hook_programs}:{os.environ.get('PATH', '')}:{SYSTEM_PATH}",
            GPU_DIRECTORY_VARIABLE: str(state.gpu),
            **{key: os.environ[key] for key in ("HOME", "LANG") if key in os.environ},
        }
        command = [_program("dockerd") or "dockerd", "--config-file", str(settings)]
        process.start(command, environment, state.root / "dockerd.log")
    _wait_for("dockerd", state, engine_answers, wait_seconds=40)


def _start_registry(state: EngineState) -> None:
    process = state.process("docker-registry")
    if process.find() is None:
        with socket.socket() as probe:
            probe.settimeout(2)
            if probe.connect_ex(("127.0.0.1", state.registry_port)) == 0:
                raise EngineTrouble(
                    f"port {state.registry_port} is taken; set DRYDOCK_TEST_REGISTRY_PORT to a free one"
                )
        settings = state.root / "registry.json"  # JSON is YAML too
        settings.write_text(
            json.dumps(
                {
                    "version": "0.1",
                    "log": {"level": "warn", "accesslog": {"disabled": True}},
                    "storage": {
                        "filesystem": {"rootdirectory": str(state.root / "registry")},
                        "delete": {"enabled": True},
                    },
                    "http": {"addr": state.registry},
                }
            )
        )
        command = [_program("docker-registry") or "docker-registry", "serve", str(settings)]
        process.start(command, {"PATH": SYSTEM_PATH}, state.root / "docker-registry.log")
    _wait_for("docker-registry", state, registry_answers, wait_seconds=10)


def _wait_for(program: str, state: EngineState, answers: Callable[[EngineState], bool], wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while not answers(state):
        if time.monotonic() > deadline or state.process(program).find() is None:
            log = state.root / f"{program}.log"
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:]) if log.exists() else "(no log)"
            raise EngineTrouble(f"{program} did not come up; the end of {log}:\n{tail}")
        time.sleep(0.1)


def _refuse_beside_another_engine() -> None:
    # a second dockerd would share the first one's bridge and rewrite its firewall chains
    for process in psutil.process_iter(["name", "status"]):
        if (
            process.info["name"] == "dockerd"
            and process.info["status"] != psutil.STATUS_ZOMBIE
            and _shares_our_network(process.pid)
        ):
            raise EngineTrouble(
                f"another dockerd runs here (process {process.pid}); a private one beside it would disturb its "
                "network. Stop it, or run the tests in a virtual machine."
            )


def _shares_our_network(pid: int) -> bool:
    # one in a network of its own (tests/support/second_engine.py) disturbs nobody
    try:
        return Path(f"/proc/{pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink()
    except OSError:
        return psutil.pid_exists(pid)


def _end_left_containerd(state: EngineState) -> None:
    # a killed dockerd leaves its containerd behind; the next dockerd would adopt it just as it ends, and time out
    record = state.root / "exec" / "containerd" / "containerd.pid"
    with contextlib.suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):
        process = psutil.Process(int(record.read_text()))
        if str(state.root / "exec") in " ".join(process.cmdline()):
            end_process(process, wait_seconds=10)
    record.unlink(missing_ok=True)


def _delete_state(state: EngineState) -> None:
    # a live overlay or network namespace mounted in here must be taken away, not walked into
    for mount in sorted(_mounts_below(state.root), reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=True, timeout=30)
    for entry in state.root.iterdir():
        if entry.name == "up-down.lock":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _mounts_below(root: Path) -> Iterator[str]:
    for line in Path("/proc/mounts").read_text().splitlines():
        # the kernel writes a space in a path as \040
        target = line.split()[1].replace("\\040", " ")
        if target.startswith(f"{root}/"):
            yield target
