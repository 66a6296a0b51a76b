"""The quick diagnosis, against torch's own collect_env (needs DRYDOCK_TORCH_PYTHON or torch in this Python)."""

import os
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.harness import Ratio, alternate

GOAL = 0.5


def measure() -> Iterator[Ratio]:
    torch_python = os.environ.get("DRYDOCK_TORCH_PYTHON", sys.executable)
    if subprocess.run([torch_python, "-c", "import torch"], capture_output=True, check=False).returncode:
        yield Ratio("doctor", "collect_env", 0, 0, "ms", GOAL, "no Python with torch: set DRYDOCK_TORCH_PYTHON")
        return
    # the doctor says 1 or 3 on a machine without a GPU, so its exit status is swallowed
    doctor = (
        "import subprocess,sys; subprocess.run([sys.executable,'-m','drydock','doctor','--json'],capture_output=True)"
    )
    times = alternate(
        {"anchor": [torch_python, "-m", "torch.utils.collect_env"], "doctor": [sys.executable, "-c", doctor]}, rounds=5
    )
    yield Ratio("doctor", "torch.utils.collect_env", times["doctor"], times["anchor"], "ms", GOAL)
