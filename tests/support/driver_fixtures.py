"""libcuda and NVML for tests: the stand-in of ``fake_driver/``, compiled with the answers a test wants."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

_SOURCE = Path(__file__).parent / "fake_driver" / "fake_driver.c"
MakeLibrary = Callable[..., Path]


@pytest.fixture
def fake_driver(tmp_path: Path) -> MakeLibrary:
    """A factory of libraries: ``fake_driver("libcuda.so.1", init=803, count=1, version="…", sleep=0)`` → its path."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("the driver stand-in needs a C compiler (cc)")

    def make(name: str, *, init: int = 0, count: int = 1, version: str = "580.95.05", sleep: int = 0) -> Path:
        folder = tmp_path / f"driver-{init}-{count}-{version}-{sleep}"
        folder.mkdir(exist_ok=True)
        library = folder / name
        values = [f"-DINIT={init}", f"-DCOUNT={count}", f'-DVERSION="{version}"', f"-DSLEEP={sleep}"]
        command = [compiler, "-shared", "-fPIC", f"-Wl,-soname,{name}", *values, "-o", str(library), str(_SOURCE)]
        compiled = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        assert compiled.returncode == 0, compiled.stderr
        return library

    return make
