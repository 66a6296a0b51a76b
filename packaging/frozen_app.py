"""The packaged program as the checks start it: with a home of its own, a time limit, and nothing of this build."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NOTHING: Mapping[str, str] = {}
OFFSCREEN: Mapping[str, str] = {"QT_QPA_PLATFORM": "offscreen"}
LIMIT = 90.0
"""Seconds within which the program has to end."""


class CheckError(Exception):
    """A check did not hold."""


def expect(holds: object, text: str) -> None:
    """Raise when the condition does not hold."""
    if not holds:
        raise CheckError(text)


class Frozen:
    """The packaged program, run with an environment that holds nothing of this build."""

    def __init__(self, program: Path, scratch: Path) -> None:
        self.program = program
        self.scratch = scratch
        self.package = program.resolve().parent

    def environment(self, added: Mapping[str, str]) -> dict[str, str]:
        """Return what a fresh login would have, with a home of its own and no engine."""
        home = self.scratch / "home"
        home.mkdir(exist_ok=True)
        base = {
            "HOME": str(home),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "DRYDOCK_HOME": str(home / "drydock"),
            "DOCKER_HOST": f"unix://{self.scratch}/no-engine.sock",
        }
        return {**base, **added}

    def run(
        self, *arguments: str, code: int | None = 0, also: Mapping[str, str] = NOTHING
    ) -> "subprocess.CompletedProcess[str]":
        """Run the program; ``code`` is the exit code it must have, None for any."""
        command = [str(self.program), *arguments]
        try:
            done = subprocess.run(
                command, check=False, capture_output=True, text=True, timeout=LIMIT, env=self.environment(also),
                stdin=subprocess.DEVNULL, cwd=self.scratch,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise CheckError(f"{' '.join(arguments)} did not end within {LIMIT:.0f} s") from error
        said = (done.stderr or done.stdout)[-1500:]
        expect("Traceback" not in done.stderr, f"{' '.join(arguments)} failed inside: {said}")
        expect(code in (None, done.returncode), f"{' '.join(arguments)} ended with {done.returncode}: {said}")
        return done

    def json(self, *arguments: str, code: int | None = 0, also: Mapping[str, str] = NOTHING) -> dict[str, Any]:
        """Run the program with ``--json`` and return what it printed."""
        return json.loads(self.run(*arguments, "--json", code=code, also=also).stdout)

    def window(self, *arguments: str) -> None:
        """Open the window without a screen and let it close by itself; no temporary file may be left behind."""
        place = self.scratch / "temporary"
        place.mkdir(exist_ok=True)
        self.run("gui", *arguments, "--quit-after", "0.6", also={**OFFSCREEN, "TMPDIR": str(place)})
        left = [entry.name for entry in place.iterdir()]
        expect(not left, f"the window left {left} behind")
