"""Compose the recorded machines of this folder: ``python -m tests.machines.build``.

Nobody's computer was read. Each machine shows one kind of trouble (or none) as public reports and documentation
describe it: versions, states and single lines of messages are taken from the sources that its card names, the rest is
what such a computer shows. ``expected.json`` says what the doctor must name first.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

import msgspec
from tests.machines.broken import BROKEN
from tests.machines.case import Case
from tests.machines.healthy import HEALTHY
from tests.machines.kept_container import KEPT_CONTAINER
from tests.machines.kept_driver import KEPT_DRIVER
from tests.machines.kept_engine import KEPT_ENGINE
from tests.machines.kept_healthy import KEPT_HEALTHY
from tests.machines.later_again import LATER_AGAIN
from tests.machines.later_container import LATER_CONTAINER
from tests.machines.later_host import LATER_HOST
from tests.machines.parts import TAKEN_AT, pruned
from tests.machines.started import STARTED

from drydock.data.machine import MachineCard

HERE = Path(__file__).parent
CASES: tuple[Case, ...] = (
    *HEALTHY,
    *BROKEN,
    *STARTED,
    *KEPT_DRIVER,
    *KEPT_ENGINE,
    *KEPT_CONTAINER,
    *KEPT_HEALTHY,
    *LATER_HOST,
    *LATER_CONTAINER,
    *LATER_AGAIN,
)


def files_of(case: Case) -> dict[str, bytes]:
    """Return a machine's files by name."""
    card = MachineCard(
        kind="sample",
        title=case.title,
        description=case.description,
        made_at=TAKEN_AT,
        sources=case.sources,
    )
    return {
        "machine.json": _json(pruned(card)),
        "snapshot.json": _lines(pruned(case.snapshot)),
        "expected.json": _json(msgspec.to_builtins(case.expected)),
    }


def _json(tree: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(tree), indent=1) + b"\n"


def _lines(tree: dict[str, Any]) -> bytes:
    """Write an object with a field a line: short, and a change shows where it is."""
    fields = (b"%s: %s" % (msgspec.json.encode(name), msgspec.json.encode(value)) for name, value in tree.items())
    return b"{\n" + b",\n".join(fields) + b"\n}\n"


def main() -> None:
    """Write all machines, and remove those that are no longer composed."""
    for folder in HERE.iterdir():
        if (folder / "expected.json").is_file():
            shutil.rmtree(folder)
    for case in CASES:
        folder = HERE / case.name
        folder.mkdir()
        for name, content in files_of(case).items():
            (folder / name).write_bytes(content)
    sys.stdout.write(f"{len(CASES)} machines\n")


if __name__ == "__main__":
    main()
