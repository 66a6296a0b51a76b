"""A second dockerd, in a network of its own, that a test may restart as it likes; the shared one is left alone."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import docker
import psutil
import pytest
from tests.support.engine.daemon import HOOK_SOURCE, SYSTEM_PATH

_START_SECONDS = 40
_SERVICE = """#!/bin/sh
# STAND-IN for the service manager: it knows one service, and how to start, reload and restart it
start() {{
    setsid unshare --net dockerd --config-file {config} >>{root}/log 2>&1 </dev/null &
}}
stop() {{
    number=$(cat {root}/pid) && kill "$number" || return 1
    for _ in $(seq 200); do
        [ -e {root}/pid ] || return 0
        sleep 0.1
    done
    return 1
}}
case "$*" in
    "start docker") start ;;
    "stop docker") stop ;;
    "reload-or-restart docker") kill -HUP "$(cat {root}/pid)" ;;
    "restart docker") stop; start ;;
    "enable docker") touch {root}/enabled ;;
    "disable docker") rm {root}/enabled ;;
    "is-enabled --quiet docker") [ -e {root}/enabled ] ;;
    "is-active --quiet docker") [ -e {root}/pid ] ;;
    *) echo "no service for: $*" >&2; exit 5 ;;
esac
"""


class SecondEngine:
    """It runs containers without a network, and has the runtimes that its settings name.

    Attributes:
        root: a root directory: its ``etc/docker/daemon.json`` is the engine's, its ``systemctl`` restarts the engine.
        docker_host: its address.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.config = self.root / "etc" / "docker" / "daemon.json"
        self.docker_host = f"unix://{folder}/sock"
        self._programs = self.root / "usr" / "bin"

    def prepare(self) -> None:
        """Write its settings and its programs."""
        self.config.parent.mkdir(parents=True)
        shutil.copytree(HOOK_SOURCE, self._programs)
        service = self._programs / "systemctl"
        service.write_text(_SERVICE.format(config=self.config, root=self.folder))
        service.chmod(0o755)
        places = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
        settings: dict[str, object] = {name: str(self.folder / place) for name, place in places.items()}
        settings |= {"hosts": [self.docker_host], "bridge": "none", "iptables": False, "shutdown-timeout": 2}
        self.config.write_text(json.dumps(settings, indent=2) + "\n")

    def service(self, act: str) -> None:
        """Ask the stand-in for the service manager."""
        environment = {"PATH": f"{self._programs}:{SYSTEM_PATH}", "DRYDOCK_TEST_GPU_DIRECTORY": str(self.folder)}
        program = str(self._programs / "systemctl")
        subprocess.run([program, act, "docker"], check=True, timeout=60, env=environment)

    def client(self) -> docker.DockerClient:
        """Return the docker SDK's client for it, when it answers."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                log = (self.folder / "log").read_text(errors="replace")[-2000:]
                pytest.fail(f"the second engine did not come up:\n{log}", pytrace=False)
            time.sleep(0.1)
        return docker.DockerClient(base_url=self.docker_host, timeout=60, version="auto")

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            # it takes connections before it is ready, and answers them when it is
            return probe.connect_ex(f"{self.folder}/sock") == 0

    def end(self) -> None:
        """Stop it, and unmount what it left."""
        if (self.folder / "pid").exists():
            with suppress(subprocess.SubprocessError):
                self.service("stop")
        # one that was killed leaves its containerd, and that its containers
        left = [process for process in psutil.process_iter(["cmdline"]) if self._is_ours(process.info["cmdline"])]
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=10)
        for line in Path("/proc/mounts").read_text().splitlines():
            place = line.split()[1]
            if place.startswith(f"{self.folder}/"):
                subprocess.run(["umount", "--lazy", place], check=False, timeout=20)
        shutil.rmtree(self.folder)

    def _is_ours(self, words: list[str] | None) -> bool:
        return any(word.startswith(f"{self.folder}/") for word in words or ())


@contextmanager
def second_engine() -> Iterator[SecondEngine]:
    """Start one, and end it again."""
    # sockets have short paths
    made = SecondEngine(Path(tempfile.mkdtemp(prefix="dd-", dir="/tmp")))
    try:
        made.prepare()
        made.service("start")
        made.client().close()
        yield made
    finally:
        made.end()
