"""NVML for tests: the stand-in of ``fake_nvml/``, compiled once, and its scenarios."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

_SOURCE = Path(__file__).parent / "fake_nvml"
SCENARIOS = tuple(sorted(path.stem for path in (_SOURCE / "scenarios").glob("*.ini")))


@dataclass(frozen=True)
class FakeNvml:
    """The stand-in, showing one scenario to this process and to those that get its environment.

    Attributes:
        library: path for ``Nvml.open``, since the loader's search path cannot change within a process.
        scenario: this test's own copy of the scenario, which it may change meanwhile.
    """

    library: str
    scenario: Path

    def environment(self) -> dict[str, str]:
        """Return variables with which any program of another process finds the stand-in as the system's library."""
        path = os.environ.get("LD_LIBRARY_PATH")
        directory = str(Path(self.library).parent)
        return {
            **os.environ,
            "LD_LIBRARY_PATH": f"{directory}:{path}" if path else directory,
            "FAKE_NVML_SCENARIO": str(self.scenario),
        }

    def change(self, old: str, new: str) -> None:
        """Replace a text of the scenario; the next call sees it."""
        text = self.scenario.read_text()
        assert old in text, f"the scenario has no {old!r}"
        fresh = self.scenario.with_suffix(".new")
        fresh.write_text(text.replace(old, new))
        fresh.replace(self.scenario)

    def add(self, lines: str, gpu: int | None = None) -> None:
        """Add lines to one GPU, or to the machine."""
        parts = self.scenario.read_text().split("[gpu]\n")
        place = 0 if gpu is None else gpu + 1
        parts[place] = f"{lines}\n{parts[place]}"
        fresh = self.scenario.with_suffix(".new")
        fresh.write_text("[gpu]\n".join(parts))
        fresh.replace(self.scenario)


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("DRYDOCK_REQUIRE_ENGINE") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def fake_nvml_library(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of the compiled stand-in. Skips without a C compiler, or fails where the whole kit is required."""
    compiler = shutil.which("cc")
    if compiler is None:
        _unavailable("the NVML stand-in needs a C compiler (cc)")
    library = tmp_path_factory.mktemp("fake_nvml") / "libnvidia-ml.so.1"
    options = ["-shared", "-fPIC", "-O1", "-Werror", "-Wall", "-Wextra", "-Wl,-soname,libnvidia-ml.so.1"]
    command = [compiler, *options, "-o", str(library), str(_SOURCE / "fake_nvml.c"), "-lpthread"]
    compiled = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert compiled.returncode == 0, compiled.stderr
    return str(library)


@pytest.fixture
def fake_nvml(fake_nvml_library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], FakeNvml]:
    """Show a scenario by its name; this process then sees it through ``DRYDOCK_NVML_LIBRARY``."""

    def show(name: str) -> FakeNvml:
        scenario = tmp_path / f"{name}.ini"
        shutil.copyfile(_SOURCE / "scenarios" / f"{name}.ini", scenario)
        monkeypatch.setenv("FAKE_NVML_SCENARIO", str(scenario))
        monkeypatch.setenv("DRYDOCK_NVML_LIBRARY", fake_nvml_library)
        return FakeNvml(library=fake_nvml_library, scenario=scenario)

    return show
