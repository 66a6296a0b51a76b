"""Choose a shell: a command was named → the command line; none, or ``gui`` → the window."""

import gc
import os
import sys


def open_window(machine: str, page: str, quit_after: float | None, engine: str) -> int:
    """Open the window (Qt is imported only now) and return its exit code."""
    # nothing made on the way to the first paint is garbage, so looking for some waits until then
    gc.disable()
    from drydock.qt.application import run

    return run(machine=machine, page=page, quit_after=quit_after, engine=engine)


def main() -> None:
    """Run the command line (``drydock`` without a command opens the window)."""
    _stand_in_for_closed_streams()
    if sys.argv[1:] in ([], ["gui"]):
        sys.exit(_open_plain_window())
    try:
        from drydock.cli.last_resort import run_command_line
        from drydock.cli.shell import Shell

        run_command_line(Shell(open_window=open_window))
    except KeyboardInterrupt:
        # so early, or so late, that nobody else takes it
        sys.exit(130)


def _stand_in_for_closed_streams() -> None:
    # started with an output closed (``>&-``, or without a console) Python has none, and all of us write to it
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def _open_plain_window() -> int:
    # the usual start needs no parser of options, which takes an eighth of the time to the first paint
    try:
        return open_window("", "", None, "")
    except Exception as error:  # noqa: BLE001 - as for every command, a bug ends in words
        from drydock.cli.last_resort import say_bug

        return say_bug(error, as_json=False)


def main_gui() -> None:
    """Open the window (the desktop entry's command)."""
    sys.argv.insert(1, "gui")
    main()


if __name__ == "__main__":
    main()
