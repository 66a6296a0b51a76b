"""Choose a shell: a command was named → the command line; none, or ``gui`` → the window."""

import sys


def main() -> None:
    """Run the command line (``drydock`` without a command opens the window)."""
    from drydock.cli.app import drydock

    drydock()


def main_gui() -> None:
    """Open the window (the desktop entry's command)."""
    sys.argv.insert(1, "gui")
    main()


if __name__ == "__main__":
    main()
