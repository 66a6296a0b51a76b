"""What the two GPU stand-ins share: the log of requests, and the switches that tests flip.

Everything lies in the directory named by the environment variable ``DRYDOCK_TEST_GPU_DIRECTORY``:

``requests.jsonl``  one line for each container that asked for GPUs (written here)
``fail``            while it exists, every request is refused with its text (written by tests)
``inject.json``     ``{"path in container": "path on this machine"}``, files bound into the container (by tests)
"""

import fcntl
import json
import os
import sys
from pathlib import Path

DIRECTORY = Path(os.environ["DRYDOCK_TEST_GPU_DIRECTORY"])


def container_environment(bundle: str) -> dict[str, str]:
    """The environment of the container whose OCI bundle lies at ``bundle``."""
    settings = json.loads((Path(bundle) / "config.json").read_text())
    entries: list[str] = settings["process"].get("env", [])
    return {name: value for name, _, value in (entry.partition("=") for entry in entries)}


def record(through: str, container_id: str, environment: dict[str, str]) -> None:
    """Append one request to the log; ``through`` says which stand-in saw it."""
    line = json.dumps(
        {
            "through": through,
            "container_id": container_id,
            "visible_devices": environment.get("NVIDIA_VISIBLE_DEVICES"),
            "capabilities": environment.get("NVIDIA_DRIVER_CAPABILITIES"),
        }
    )
    with (DIRECTORY / "requests.jsonl").open("a") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        log.write(line + "\n")


def refuse_if_told() -> None:
    """End with exit code 1 and the chosen text on stderr while the switch is on."""
    switch = DIRECTORY / "fail"
    if switch.exists():
        sys.stderr.write(switch.read_text())
        sys.exit(1)
