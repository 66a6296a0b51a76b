"""Command line of the private engine: ``python -m tests.support.engine up|down|status``."""

from __future__ import annotations

import argparse
import sys

from tests.support.engine import daemon
from tests.support.engine.state import EngineState, EngineTrouble


def main() -> int:
    """Run one command.

    Returns:
        0 done or running; 1 not running, or it failed; 3 Debian packages are missing.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.support.engine", description="The tests' engine.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start dockerd and the registry; prints export lines")
    up.add_argument("--images", action="store_true", help="also build every test image that is not there yet")
    down = commands.add_parser("down", help="stop what up started")
    down.add_argument("--purge", action="store_true", help="also delete images, layers and logs")
    commands.add_parser("status", help="say whether the engine answers; prints export lines when it does")
    wish = parser.parse_args()
    try:
        state = EngineState.from_environment()
        if wish.command == "up":
            daemon.up(state)
            if wish.images:
                _build_images(state)
        elif wish.command == "down":
            daemon.down(state, purge=wish.purge)
            return 0
    except daemon.PackagesMissing as trouble:
        print(trouble, file=sys.stderr)
        return 3
    except EngineTrouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    running = daemon.engine_answers(state) and daemon.registry_answers(state)
    print("\n".join(daemon.exports(state)) if running else f"no engine answers below {state.root}")
    return 0 if running else 1


def _build_images(state: EngineState) -> None:
    from tests.support.engine import images

    for recipe in images.RECIPES:
        image = images.ensure(state, recipe)
        print(f"{image.reference}  {image.id[:19]}  {image.size_bytes / 1e6:.0f} MB", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
