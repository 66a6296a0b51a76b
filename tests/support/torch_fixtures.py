"""A Python that has torch, for the tests that run the real probes."""

import importlib.util
import os
import subprocess
import sys

import pytest


def _has_torch(python: str) -> bool:
    try:
        command = [python, "-c", "import torch; torch.ones(1)"]
        asked = subprocess.run(command, check=False, capture_output=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


@pytest.fixture(scope="session")
def torch_python() -> str:
    """Path of a Python with torch: DRYDOCK_TORCH_PYTHON, or this one. Skips, or fails where torch is required."""
    named = os.environ.get("DRYDOCK_TORCH_PYTHON")
    if named and _has_torch(named):
        return named
    if not named and importlib.util.find_spec("torch") is not None and _has_torch(sys.executable):
        return sys.executable
    reason = f"{named} has no torch" if named else "no torch here (DRYDOCK_TORCH_PYTHON names a Python that has it)"
    if os.environ.get("DRYDOCK_REQUIRE_TORCH") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
