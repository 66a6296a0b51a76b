"""Which torch the Pythons of this host have, told by their package records; torch itself is not imported."""

from drydock.core.facts import Fact, HostTorch, Known, Missing
from drydock.world import World

_LIMIT = 5.0

_PROGRAM = """
import sys
sys.path[:] = [entry for entry in sys.path if entry]
from importlib.metadata import PackageNotFoundError, version
try:
    print("torch", version("torch"))
except PackageNotFoundError:
    print("absent")
"""
"""Run by the other Python (3.8 or newer). The current directory is taken off the path: it is not an installation."""


def collect_host_torch(world: World) -> tuple[HostTorch, ...]:
    """Ask the Python of the active environment and the one on PATH."""
    return tuple(HostTorch(python=python, version=_version(world, python)) for python in _pythons(world))


def _pythons(world: World) -> tuple[str, ...]:
    environment = world.environment()
    windows = world.system() == "windows"
    found: list[str] = []
    if active := environment.get("VIRTUAL_ENV"):
        found.append(rf"{active}\Scripts\python.exe" if windows else f"{active}/bin/python")
    if conda := environment.get("CONDA_PREFIX"):
        found.append(rf"{conda}\python.exe" if windows else f"{conda}/bin/python")
    on_path = world.find_program("python" if windows else "python3")
    if isinstance(on_path, Known) and not any(_same_place(on_path.value, python) for python in found):
        found.append(on_path.value)
    return tuple(dict.fromkeys(found))


def _same_place(one: str, other: str) -> bool:
    return one.rpartition("/")[0] == other.rpartition("/")[0] != ""


def _version(world: World, python: str) -> Fact[str]:
    outcome = world.run([python, "-c", _PROGRAM], limit=_LIMIT)
    if outcome.problem == "timeout":
        return Missing("timeout", f"{python} did not answer within {_LIMIT:.0f} s")
    if outcome.problem == "not_found":
        return Missing("absent", f"{python} is not there")
    words = outcome.stdout.split()
    if outcome.succeeded and len(words) == 2 and words[0] == "torch":
        return Known(words[1])
    if outcome.succeeded and words == ["absent"]:
        return Missing("absent", "torch is not installed for it")
    return Missing("failed", (outcome.stderr.strip().splitlines() or [outcome.problem])[-1][:200])
