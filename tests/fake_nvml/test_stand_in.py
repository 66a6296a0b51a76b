"""The stand-in itself: an unmodified pynvml in another process takes it for the system's library."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from tests.support.nvml_fixtures import SCENARIOS, FakeNvml

_LOOK = """
import json, os, pynvml as n
n.nvmlInit()
gpus = []
for i in range(n.nvmlDeviceGetCount()):
    h = n.nvmlDeviceGetHandleByIndex(i)
    processes = [p.pid == os.getpid() for p in n.nvmlDeviceGetComputeRunningProcesses(h)]
    v1, v2 = n.nvmlDeviceGetMemoryInfo(h), n.nvmlDeviceGetMemoryInfo(h, version=n.nvmlMemory_v2)
    gpus.append([n.nvmlDeviceGetName(h), n.nvmlDeviceGetUUID(h), processes, v1.total, v2.total, v2.reserved > 0])
print(json.dumps([n.nvmlSystemGetDriverVersion(), n.nvmlSystemGetCudaDriverVersion(), gpus]))
n.nvmlShutdown()
try:
    n.nvmlDeviceGetCount()
except n.NVMLError_Uninitialized:
    print("shut down")
"""


def _python(code: str, fake: FakeNvml) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=False, env=fake.environment(), capture_output=True, text=True, timeout=30)


def test_unmodified_pynvml_sees_it(fake_nvml: Callable[[str], FakeNvml]) -> None:
    ran = _python(_LOOK, fake_nvml("two-gpus"))
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    seen, after = ran.stdout.splitlines()
    driver, cuda, gpus = json.loads(seen)
    assert (driver, cuda) == ("570.86.10", 12080)
    assert [gpu[0] for gpu in gpus] == ["NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 3090"]
    assert [gpu[2] for gpu in gpus] == [[True], []]
    assert gpus[0][3] == gpus[0][4] == 25757220864
    assert gpus[0][5]
    assert after == "shut down"


@pytest.mark.parametrize(
    ("scenario", "error"), [("mismatch", "NVMLError_LibRmVersionMismatch"), ("no-driver", "NVMLError_DriverNotLoaded")]
)
def test_start_fails_as_the_scenario_says(scenario: str, error: str, fake_nvml: Callable[[str], FakeNvml]) -> None:
    ran = _python("import pynvml; pynvml.nvmlInit()", fake_nvml(scenario))
    assert ran.returncode == 1
    assert error in ran.stderr


def test_missing_scenario_is_an_error(fake_nvml: Callable[[str], FakeNvml]) -> None:
    fake = fake_nvml("rtx4090")
    fake.scenario.unlink()
    ran = _python("import pynvml; pynvml.nvmlInit()", fake)
    assert ran.returncode == 1
    assert "NVMLError_Unknown" in ran.stderr


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_is_understood(scenario: str, fake_nvml: Callable[[str], FakeNvml]) -> None:
    ran = _python("import pynvml\ntry: pynvml.nvmlInit()\nexcept pynvml.NVMLError: pass", fake_nvml(scenario))
    assert ran.returncode == 0
    assert ran.stderr == ""


def test_numbers_move_in_time(fake_nvml: Callable[[str], FakeNvml]) -> None:
    fake = fake_nvml("rtx4090")
    fake.change("gpu_utilisation = 5..97/10", "gpu_utilisation = 0:5 3:97")
    fake.change("power_mw = 60000..450000/20", "power_mw = 60000..450000/1")
    code = """
import pynvml as n, time
n.nvmlInit()
h = n.nvmlDeviceGetHandleByIndex(0)
print(n.nvmlDeviceGetUtilizationRates(h).gpu)
powers = set()
while n.nvmlDeviceGetUtilizationRates(h).gpu != 97:
    powers.add(n.nvmlDeviceGetPowerUsage(h))
    time.sleep(0.02)
assert len(powers) > 3 and all(60000 <= power <= 450000 for power in powers), powers
"""
    ran = _python(code, fake)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "5\n"
