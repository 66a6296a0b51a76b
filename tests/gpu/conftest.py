"""The acceptance on a machine with a real GPU: NVML facts, probes, benchmark, with the host's Python.

    DRYDOCK_TORCH_PYTHON=/path/to/python make test ARGS=tests/gpu

Skipped where the system's own NVML library does not answer, or no Python with a CUDA build of torch is named.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from drydock.world.nvml import Nvml, NvmlError


@pytest.fixture(scope="module")
def nvml():
    """The real library's session; the tests' stand-in is never used here."""
    if os.environ.get("DRYDOCK_NVML_LIBRARY"):
        pytest.skip("DRYDOCK_NVML_LIBRARY names another library than the driver's own")
    try:
        session = Nvml.open()
    except NvmlError as error:
        if error.kind in ("library_not_found", "driver_not_loaded"):
            pytest.skip(f"no real GPU here: {error}")
        raise
    yield session
    session.close()


@pytest.fixture(scope="module")
def cuda_python(nvml):
    """A Python whose torch was built with CUDA."""
    python = os.environ.get("DRYDOCK_TORCH_PYTHON", sys.executable)
    asked = "import torch, sys; sys.exit(0 if torch.version.cuda else 1)"
    done = subprocess.run([python, "-c", asked], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"{python} has no torch with CUDA (set DRYDOCK_TORCH_PYTHON): {done.stderr.strip()[-200:]}")
    return python


def pytest_collection_modifyitems(items):
    """Run these before all others: a process that has used the stand-in cannot be sure to load the real library."""
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.gpu)
            item.add_marker(pytest.mark.timeout(900))
    items.sort(key=lambda item: not str(item.path).startswith(here))
