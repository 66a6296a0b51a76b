"""The quick diagnosis, against torch's own collect_env (needs DRYDOCK_TORCH_PYTHON or torch in this Python).

Each machine is measured in one run: this computer as it is, and, with a C compiler, the same with eight GPUs played by
the NVML stand-in of the tests. ``DOCKER_HOST`` chooses the engine that is asked. The first finding is timed from the
start of the process, and the whole diagnosis also against its own slowest collector, in the same process.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Ratio, alternate, told

GOAL = 0.5
FIRST_GOAL = 0.15
SLOWEST_GOAL = 1.5
_ROUNDS = 5
_FAKE_NVML = Path(__file__).parent.parent / "tests" / "support" / "fake_nvml"

# the doctor says 1 or 3 on a machine without a GPU, so its exit status is swallowed
_DOCTOR = """
import sys
sys.argv[1:] = ["doctor", "--json"]
from drydock.__main__ import main
try:
    main()
except SystemExit:
    pass
"""
# the real command ends in the step that tells the first finding, so that only the way there is timed
_FIRST = """
import os, sys
import drydock.jobs.diagnose as diagnose
diagnose.FindingReached = lambda finding: os._exit(0)
sys.argv[1:] = ["doctor", "--json"]
from drydock.__main__ import main
main()
"""
_INSIDE = """
import time
from drydock.cli.base import open_context
from drydock.jobs.diagnose import DiagnoseJob
from drydock.world import Stop
with open_context() as context:
    begun = time.perf_counter()
    diagnosis = DiagnoseJob(context).run(lambda step: None, Stop())
    whole = time.perf_counter() - begun
print(whole * 1000, max(run.seconds for run in diagnosis.snapshot.collectors) * 1000)
"""


def measure() -> Iterator[Ratio]:
    torch_python = os.environ.get("DRYDOCK_TORCH_PYTHON", sys.executable)
    if subprocess.run([torch_python, "-c", "import torch"], capture_output=True, check=False).returncode:
        yield Ratio("doctor", "collect_env", 0, 0, "ms", GOAL, "no Python with torch: set DRYDOCK_TORCH_PYTHON")
        return
    with tempfile.TemporaryDirectory() as folder:
        yield from _machine(torch_python, "this computer", DRYDOCK_HOME=folder)
        if shutil.which("cc") is None:
            yield Ratio("doctor, 8 GPUs played", "collect_env", 0, 0, "ms", GOAL, "no C compiler")
            return
        yield from _machine(torch_python, "8 GPUs played", DRYDOCK_HOME=folder, **_played_gpus(Path(folder)))


def _machine(torch_python: str, name: str, **variables: str) -> Iterator[Ratio]:
    commands = {
        "anchor": [torch_python, "-m", "torch.utils.collect_env"],
        "doctor": [sys.executable, "-c", _DOCTOR],
        "first": [sys.executable, "-c", _FIRST],
    }
    times = alternate(commands, rounds=_ROUNDS, **variables)
    anchor = "torch.utils.collect_env"
    yield Ratio(f"doctor, {name}", anchor, times["doctor"], times["anchor"], "ms", GOAL)
    yield Ratio(f"first finding, {name}", anchor, times["first"], times["anchor"], "ms", FIRST_GOAL)
    pairs = [told([sys.executable, "-c", _INSIDE], **variables) for _ in range(_ROUNDS)]
    whole, slowest = min(pairs, key=lambda pair: pair[0] / pair[1])[:2]
    middle = statistics.median(pair[0] / pair[1] for pair in pairs)
    note = f"median ratio {middle:.2f}x"
    yield Ratio(f"whole diagnosis, {name}", "its slowest collector", whole, slowest, "ms", SLOWEST_GOAL, note)


def _played_gpus(folder: Path) -> dict[str, str]:
    """Compile the stand-in, and return the variables with which every process finds it as the system's library."""
    library = folder / "libnvidia-ml.so.1"
    source = str(_FAKE_NVML / "fake_nvml.c")
    options = ["-shared", "-fPIC", "-O2", "-Wl,-soname,libnvidia-ml.so.1"]
    subprocess.run(["cc", *options, "-o", str(library), source, "-lpthread", "-lm"], check=True, timeout=60)
    scenario = str(_FAKE_NVML / "scenarios" / "h100x8.ini")
    return {"LD_LIBRARY_PATH": str(folder), "DRYDOCK_NVML_LIBRARY": str(library), "FAKE_NVML_SCENARIO": scenario}
